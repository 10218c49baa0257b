import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testMembership, testSign } from '../../test/support/replica-cluster.ts'
import type { Effects, Input, JournalRecord, Measurement } from '../consensus/replica/types.ts'
import { createReplica, type Replica } from '../consensus/replica.ts'
import type { WireMessage } from '../consensus/wire-message.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { type MonoNs, monoNs, plus, rangingNs } from '../core/time.ts'
import { createReplicaLoop, type ReplicaLoop, type ReplicaPorts } from './replica-loop.ts'

function valueText(message: WireMessage): string {
  return message.kind === 'want-quorums' ? message.value.join() : message.kind
}

const NOTHING: Effects = {
  persist: [],
  send: [],
  commit: [],
  evidence: [],
  sessionEnd: undefined,
  measure: undefined,
  nextWakeAt: undefined,
}

function record(number: number): JournalRecord {
  return { kind: 'notarize', number, bytes: Uint8Array.of(number) }
}

function sending(number: number): Effects['send'][number] {
  return { to: 'all', message: { kind: 'want-quorums', value: [number] } }
}

/** A loop around a replica that answers each input as the test says; everything that happens is written down in order. */
function setUp(answer: (input: Input) => Partial<Effects>, ports: Partial<ReplicaPorts> = {}) {
  const log: string[] = []
  const replica: Pick<Replica, 'step'> = {
    step: (input) => {
      log.push(`step ${input.type}`)
      return { ...NOTHING, ...answer(input) }
    },
  }
  const loop: ReplicaLoop = createReplicaLoop(replica as Replica, {
    now: () => monoNs(0n),
    persist: (records) => {
      if (records.length > 0) log.push(`persist ${records.map(({ number }) => number).join(' ')}`)
      return ok(undefined)
    },
    send: ({ message }) => log.push(`send ${valueText(message)}`),
    commit: ({ block }) => log.push(`commit ${block.height}`),
    evidence: ({ kind }) => log.push(`evidence ${kind}`),
    measure: () => undefined,
    wakeAt: (at) => log.push(`wake at ${at}`),
    halted: ({ code }) => log.push(`halted ${code}`),
    ...ports,
  })
  return { loop, log }
}

const MEASUREMENT: Measurement = {
  bootId: new Uint8Array(16),
  segment: 1,
  rangingNs: rangingNs(0n),
  nodeClock: undefined,
  rangingRatePpb: 200n,
  mode: 'acquiring',
  sources: [],
  ranging: [],
  links: [],
  leap: undefined,
  stampRoot: undefined,
  verdicts: [],
}

test('what is to be said is durable before anything of it is sent, and then comes the rest', () => {
  const { loop, log } = setUp(() => ({
    persist: [record(1), record(2)],
    send: [sending(7), sending(8)],
    evidence: [
      {
        format: 'quorumtime-evidence-1',
        proposals: [],
        parent: undefined,
        kind: 'conflicting-block',
        member: 1,
        number: 1,
        envelopes: [],
      },
    ],
    nextWakeAt: monoNs(5n),
  }))
  loop.take({ type: 'wake' })
  assert.deepEqual(log, ['step wake', 'persist 1 2', 'send 7', 'send 8', 'evidence conflicting-block', 'wake at 5'])
})

test('when the journal can not be written nothing is sent, and never anything again', () => {
  const full: Result<void> = fail('ledger.disk-full', 'a full disk')
  const { loop, log } = setUp(() => ({ persist: [record(1)], send: [sending(7)], nextWakeAt: monoNs(5n) }), {
    persist: () => full,
  })
  loop.take({ type: 'wake' })
  assert.deepEqual(log, ['step wake', 'wake at undefined', 'halted ledger.disk-full'])
  loop.take({ type: 'wake' })
  loop.take({ type: 'latency', receiveP99Ns: 1n })
  assert.equal(log.length, 3)
})

test('inputs that come while one is worked off wait for their turn, in their order', () => {
  let taken = 0
  const { loop, log } = setUp(
    (input) => (input.type === 'wake' ? { send: [sending(1), sending(2)], measure: { epoch: 9 } } : {}),
    {
      send: ({ message }) => {
        log.push(`send ${valueText(message)}`)
        taken += 1
        loop.take(taken === 1 ? { type: 'latency', receiveP99Ns: 1n } : { type: 'clock', clock: undefined })
      },
      measure: (epoch) => {
        log.push(`measure ${epoch}`)
        return MEASUREMENT
      },
      wakeAt: () => undefined,
    },
  )
  loop.take({ type: 'wake' })
  assert.deepEqual(log, [
    'step wake',
    'send 1',
    'send 2',
    'measure 9',
    'step latency',
    'step clock',
    'step measurement',
  ])
})

test('what waits behind an input that could not be made durable is not worked off', () => {
  let persisted = 0
  const { loop, log } = setUp(() => ({ persist: [record(1)], send: [sending(7)] }), {
    persist: () => {
      persisted += 1
      return persisted === 1 ? ok(undefined) : fail('ledger.disk-full', 'a full disk')
    },
    send: () => {
      loop.take({ type: 'wake' })
      loop.take({ type: 'wake' })
    },
  })
  loop.take({ type: 'wake' })
  assert.deepEqual(log, ['step wake', 'wake at undefined', 'step wake', 'wake at undefined', 'halted ledger.disk-full'])
})

test('a measurement that there is none of is not waited for', () => {
  const { loop, log } = setUp((input) => (input.type === 'wake' ? { measure: { epoch: 3 } } : {}))
  loop.take({ type: 'wake' })
  assert.deepEqual(log, ['step wake', 'wake at undefined'])
})

test('a real replica that can not journal its proposal never sends it', () => {
  const membership = testMembership(1)
  const sent: string[] = []
  const halted: string[] = []
  let now: MonoNs = monoNs(0n)
  const run = (persist: ReplicaPorts['persist']): void => {
    sent.length = 0
    const replica = createReplica(
      {
        membership,
        self: 0,
        bootCount: 1,
        attestationDigest: undefined,
        sign: (type, content) => testSign(0, type, content),
        journal: [],
      },
      now,
    )
    const loop = createReplicaLoop(replica, {
      now: () => now,
      persist,
      send: ({ message }) => sent.push(message.kind),
      commit: () => undefined,
      evidence: () => undefined,
      measure: () => MEASUREMENT,
      wakeAt: () => undefined,
      halted: ({ code }) => halted.push(code),
    })
    const taiNow = plus(membership.genesisTai, membership.epochPeriodNs)
    loop.take({ type: 'clock', clock: { monoNs: now, taiNs: taiNow, ratePpb: 0n } })
    now = plus(now, 1_000_000n)
    loop.take({ type: 'wake' })
  }
  run(() => ok(undefined))
  assert.ok(sent.includes('signed'), 'with a journal the proposal is sent')
  run((records) => (records.length === 0 ? ok(undefined) : fail('ledger.disk-full', 'a full disk')))
  assert.deepEqual([sent, halted], [[], ['ledger.disk-full']])
})
