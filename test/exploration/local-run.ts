import { blockCodec } from '../../src/consensus/block.ts'
import { type Context, createContext } from '../../src/consensus/replica/context.ts'
import { epochMarkTai } from '../../src/consensus/replica/epoch-schedule.ts'
import { restore } from '../../src/consensus/replica/restore.ts'
import type { Effects, Input, JournalRecord } from '../../src/consensus/replica/types.ts'
import { type Replica, replicaOver } from '../../src/consensus/replica.ts'
import { encode } from '../../src/core/encoding.ts'
import { type MonoNs, monoNs, plus } from '../../src/core/time.ts'
import { testSign } from '../support/replica-cluster.ts'
import { createVirtualJournal, type VirtualJournal } from '../support/virtual-journal.ts'
import type { Delivery, Label, Said } from './delivery.ts'
import { checkEffects, ownMessages } from './local-checks.ts'
import { presentEpoch, type Universe } from './universe.ts'

/** Longer than any timer of a view, shorter than an epoch. */
const ALL_TIMERS_NS = 7_000_000_000n
/** Past the 100 ms for which a leader waits for proposals, and past the 50 ms before which no timer starts. */
const AFTER_MARK_NS = 110_000_000n

/** Where a member stood when it started, and what it has heard since: enough to bring a real replica there again. */
export interface History {
  readonly boots: number
  readonly journal: readonly JournalRecord[]
  readonly since: readonly Delivery[]
}

/** One honest member: the product's replica over a journal in memory. */
export interface LocalRun {
  readonly self: number
  replica: Replica
  context: Context
  journal: VirtualJournal
  boots: number
  now: MonoNs
  /** What it signed and sent in the last happening. */
  said: Said[]
  /** What no correct member does, seen in the last happening. */
  problems: string[]
}

/** Brings a replica to where a history led. Members that lead nothing share theirs: `heardBy` is whose it was. */
export function startRun(universe: Universe, self: number, history: History, heardBy: number = self): LocalRun {
  const { boots, journal, since } = history
  const memory = createVirtualJournal()
  memory.append(journal)
  const run: LocalRun = {
    self,
    journal: memory,
    boots,
    now: monoNs(0n),
    said: [],
    problems: [],
    ...boot(universe, self, boots, memory, monoNs(0n)),
  }
  begin(universe, run)
  for (const delivery of since) {
    const isOwn = delivery.kind === 'vote' && delivery.sender === self
    happen(universe, run, isOwn ? { ...delivery, sender: heardBy } : delivery)
  }
  return run
}

function boot(
  universe: Universe,
  self: number,
  bootCount: number,
  journal: VirtualJournal,
  now: MonoNs,
): Pick<LocalRun, 'replica' | 'context'> {
  const context = createContext(
    {
      membership: universe.membership,
      self,
      bootCount,
      attestationDigest: undefined,
      sign: (type, content) => testSign(self, type, content),
      journal: journal.records(),
    },
    now,
  )
  restore(context, journal.records(), now)
  return { context, replica: replicaOver(context) }
}

/** What every start begins with: the proposals of all, then a clock. */
function begin(universe: Universe, run: LocalRun): void {
  const epoch = presentEpoch(run.context.view)
  run.context.pool.moveTo(epoch)
  for (const message of universe.proposals)
    feed(universe, run, { type: 'signed', from: message.header.sender, message })
  tellTime(universe, run)
}

/** Lets something happen to the member, and everything that it does because of it. */
export function happen(universe: Universe, run: LocalRun, delivery: Delivery): void {
  run.said = []
  run.problems = []
  if (delivery.kind === 'crash') {
    run.boots += 1
    Object.assign(run, boot(universe, run.self, run.boots, run.journal, run.now))
    begin(universe, run)
    return
  }
  if (delivery.kind === 'timer') run.now = plus(run.now, ALL_TIMERS_NS)
  for (const input of inputsOf(universe, delivery)) {
    const before = run.context.view
    feed(universe, run, input)
    if (run.context.view !== before) tellTime(universe, run)
  }
}

function tellTime(universe: Universe, run: LocalRun): void {
  const mark = epochMarkTai(universe.membership, presentEpoch(run.context.view))
  feed(universe, run, { type: 'clock', clock: { monoNs: run.now, taiNs: plus(mark, AFTER_MARK_NS), ratePpb: 0n } })
}

function feed(universe: Universe, run: LocalRun, input: Input): void {
  const effects: Effects = run.replica.step(input, run.now)
  run.journal.append(effects.persist)
  run.problems.push(...checkEffects(universe, run, effects))
  run.said.push(...ownMessages(universe, run.self, effects))
}

function inputsOf(universe: Universe, delivery: Delivery): readonly Input[] {
  const from = universe.liar
  switch (delivery.kind) {
    case 'timer':
    case 'crash':
      return [{ type: 'wake' }]
    case 'vote': {
      const { sender, type, view, label } = delivery
      return [{ type: 'signed', from: sender, message: universe.vote(sender, type, view, label) }]
    }
    case 'quorum':
      return [{ type: 'quorum', from, certificate: universe.certificate(delivery.type, delivery.view, delivery.label) }]
    default:
      return blockInput(universe, delivery.kind, delivery.label)
  }
}

function blockInput(universe: Universe, kind: 'block' | 'bytes' | 'final', label: Label): readonly Input[] {
  const known = universe.blocks[label]
  if (known?.message === undefined || known.block === undefined) return []
  const { block, message, view } = known
  const from = universe.liar
  if (kind === 'block') return [{ type: 'signed', from: message.header.sender, message }]
  if (kind === 'bytes') return [{ type: 'block-bytes', from, bytes: encode(blockCodec, block) }]
  return [{ type: 'final', from, block, votes: universe.certificate('finalize', view, label).votes }]
}
