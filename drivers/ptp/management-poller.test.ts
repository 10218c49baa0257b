import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type MonoNs, monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { unwrap } from '../../test/support/results.ts'
import { CLOCK_DESCRIPTION_ID } from './clock-description.ts'
import { decodeHeader, FLAGS } from './header.ts'
import { decodeManagement, encodeManagement, type Management } from './management.ts'
import { decodeAnswer } from './management-answer.ts'
import { DATA_SETS, encodeDataSet } from './management-data-sets.ts'
import { createManagementPoller } from './management-poller.ts'

const OWN = { clockIdentity: new Uint8Array(8).fill(1), portNumber: 7 }
const CLOCK = { clockIdentity: Uint8Array.fromHex('001122fffe334455'), portNumber: 1 }

function poller(isUnicast = false) {
  const asking = createManagementPoller({ port: OWN, domain: 4, isUnicast })
  asking.follow(CLOCK)
  return asking
}

function second(number: number): MonoNs {
  return monoNs(BigInt(number) * NS_PER_SECOND)
}

function read(bytes: Uint8Array) {
  const header = unwrap(decodeHeader(bytes))
  return { header, management: unwrap(decodeManagement(header, bytes)) }
}

function answer(content: Management['content'], from = CLOCK, to = OWN): Uint8Array {
  const hops = { startingBoundaryHops: 0, boundaryHops: 0 }
  const header = { sdoId: 0, domain: 4, sourcePort: from, sequenceId: 1 }
  return encodeManagement(header, { targetPort: to, ...hops, action: 'RESPONSE', content })
}

function hear(asking: ReturnType<typeof poller>, bytes: Uint8Array) {
  return asking.receive(unwrap(decodeHeader(bytes)), bytes)
}

test('a question a second, and a round of them a minute', () => {
  const asking = poller()
  const askedAt: number[] = []
  for (let at = 0; at < 130; at++) if (asking.due(second(at)) !== undefined) askedAt.push(at)
  assert.deepEqual(askedAt, [0, 1, 2, 3, 4, 64, 65, 66, 67, 68, 128, 129])
})

test('it asks the one clock, in its domain, and goes through no boundary clock', () => {
  const { header, management } = read(poller(true).due(second(0)) ?? new Uint8Array(0))
  assert.deepEqual([header.domain, header.flags, header.sourcePort], [4, FLAGS.unicast, OWN])
  const { targetPort, action, boundaryHops, content } = management
  assert.deepEqual([targetPort, action, boundaryHops], [CLOCK, 'GET', 0])
  assert.deepEqual(content, { kind: 'data', id: CLOCK_DESCRIPTION_ID, data: new Uint8Array(0) })
})

const CURRENT = encodeDataSet('CURRENT_DATA_SET', {
  stepsRemoved: 1,
  offsetFromMasterScaledNs: -3n * 65_536n,
  meanDelayScaledNs: 98_304n,
})
const DESCRIPTION = Uint8Array.fromHex(
  '80000a49454545203830322e3300060000000000120003000600000000001200000000094143453b54313b393908312e303b322e3b3306726f6f6d2035001b19000200',
)

test('what the clock says of itself is kept; a refusal, a stranger and an answer to somebody else are not', () => {
  const asking = poller()
  const data = { kind: 'data', id: DATA_SETS.CURRENT_DATA_SET.id, data: CURRENT } as const
  assert.ok(hear(asking, answer(data, { ...CLOCK, clockIdentity: new Uint8Array(8) })).ok)
  assert.ok(hear(asking, answer(data, CLOCK, { ...OWN, portNumber: 8 })).ok)
  assert.ok(hear(asking, answer({ kind: 'error', error: 6, id: DATA_SETS.CURRENT_DATA_SET.id })).ok)
  assert.deepEqual(asking.knowledge(), { identity: undefined, details: {} })
  assert.ok(hear(asking, answer(data, { ...CLOCK, portNumber: 0 })).ok)
  assert.deepEqual(asking.knowledge().details, {
    managedStepsRemoved: 1,
    offsetFromParentNs: -3,
    delayToParentNs: 1.5,
  })
  assert.ok(hear(asking, answer({ kind: 'data', id: CLOCK_DESCRIPTION_ID, data: DESCRIPTION })).ok)
  assert.equal(asking.knowledge().identity, 'ACE T1 99, 1.0 2. 3, room 5')
  asking.follow({ ...CLOCK, portNumber: 2 })
  assert.deepEqual(asking.knowledge(), { identity: undefined, details: {} })
})

test('nobody is asked while there is nobody', () => {
  const asking = poller()
  asking.follow(undefined)
  assert.equal(asking.due(second(0)), undefined)
  assert.ok(hear(asking, answer({ kind: 'data', id: DATA_SETS.CURRENT_DATA_SET.id, data: CURRENT })).ok)
  assert.deepEqual(asking.knowledge().details, {})
})

test('any answer is taken or told, and what is kept of it does not grow', () => {
  const asking = poller()
  const ids = [...Object.values(DATA_SETS).map(({ id }) => id), CLOCK_DESCRIPTION_ID]
  fc.assert(
    fc.property(fc.constantFrom(...ids), fc.uint8Array({ maxLength: 200 }), (id, data) => {
      const bytes = answer({ kind: 'data', id, data })
      const heard = hear(asking, bytes)
      assert.equal(heard.ok, decodeAnswer(bytes).ok)
      assert.ok(JSON.stringify(asking.knowledge()).length < 2_000)
    }),
  )
})
