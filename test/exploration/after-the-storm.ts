import { blockCodec } from '../../src/consensus/block.ts'
import { decodeEnvelope } from '../../src/consensus/messages.ts'
import { epochMarkTai } from '../../src/consensus/replica/epoch-schedule.ts'
import type { Effects, Input, Outgoing } from '../../src/consensus/replica/types.ts'
import type { WireMessage } from '../../src/consensus/wire-message.ts'
import { decode } from '../../src/core/encoding.ts'
import { type MonoNs, monoNs, plus } from '../../src/core/time.ts'
import { createEventQueue, type EventQueue } from '../support/event-queue.ts'
import { honestMeasurement } from '../support/virtual-measurement.ts'
import { MEMBERS } from './bounds.ts'
import type { Search } from './explore.ts'
import { type LocalRun, startRun } from './local-run.ts'
import { PERIOD_NS, type Universe } from './universe.ts'

/** One millisecond from anybody to anybody. */
const DELAY_NS = 1_000_000n
/** In virtual time; three epochs and what the views before them took. */
const PATIENCE_NS = 5n * PERIOD_NS

interface Calm {
  readonly universe: Universe
  readonly runs: readonly LocalRun[]
  readonly queue: EventQueue
  /** What a replica's own clock showed when the calm began. */
  readonly startedAt: ReadonlyMap<LocalRun, MonoNs>
  readonly wakes: Map<LocalRun, number>
  now: MonoNs
}

/**
 * From one visited state on nothing is lost any more and the liar is silent: the real replicas ask, answer, repeat and
 * measure by themselves. Returns whether all three make the same new block final, in how many views.
 */
export async function findsItsWay({ universe, automata, unpack }: Search, key: number): Promise<number | undefined> {
  const runs = unpack(key).flatMap((id, member) => {
    const [automaton, self] = [automata[member], universe.honest[member]]
    const state = automaton?.states[id]
    return state && automaton && self !== undefined ? [startRun(universe, self, state.history, automaton.self)] : []
  })
  const calm: Calm = {
    universe,
    runs,
    queue: createEventQueue(),
    startedAt: new Map(runs.map((run) => [run, run.now])),
    wakes: new Map(),
    now: monoNs(0n),
  }
  const highest = Math.max(...runs.map(({ context }) => context.view))
  const before = Math.max(...runs.map(({ context }) => context.chain.finalized.view), universe.bounds.views)
  // An epoch for which nobody has a proposal yet: a second one of anybody would be a lie.
  const mark = epochMarkTai(universe.membership, universe.bounds.views + 2)
  for (const run of runs) step(calm, run, { type: 'clock', clock: { monoNs: run.now, taiNs: mark, ratePpb: 0n } })
  const end = monoNs(PATIENCE_NS)
  for (let next = calm.queue.takeUntil(end); next !== undefined; next = calm.queue.takeUntil(end)) {
    calm.now = next.at
    await next.run()
    const finalized = runs.map(({ context }) => context.chain.finalized.view)
    if (finalized.every((view) => view > before)) return Math.max(...finalized) - highest + 1
  }
  return undefined
}

function step(calm: Calm, run: LocalRun, input: Input): void {
  const now = plus(calm.startedAt.get(run) ?? monoNs(0n), calm.now)
  const effects = run.replica.step(input, now)
  run.journal.append(effects.persist)
  for (const outgoing of effects.send) sendOut(calm, run, outgoing)
  wakeLater(calm, run, effects)
  if (effects.measure === undefined) return
  const { epoch } = effects.measure
  const tai = epochMarkTai(calm.universe.membership, epoch)
  step(calm, run, { type: 'measurement', epoch, measurement: honestMeasurement(run.self, MEMBERS, now, tai) })
}

function wakeLater(calm: Calm, run: LocalRun, { nextWakeAt }: Effects): void {
  const ticket = (calm.wakes.get(run) ?? 0) + 1
  calm.wakes.set(run, ticket)
  if (nextWakeAt === undefined) return
  const elapsed = nextWakeAt - (calm.startedAt.get(run) ?? 0n)
  const at = monoNs(elapsed > calm.now ? elapsed : calm.now)
  calm.queue.add({
    at,
    run: () => {
      if (calm.wakes.get(run) === ticket) step(calm, run, { type: 'wake' })
    },
  })
}

function sendOut(calm: Calm, from: LocalRun, { to, message }: Outgoing): void {
  const input = inputOf(from.self, message)
  if (input === undefined) return
  for (const run of calm.runs) {
    if (run === from || (to !== 'all' && to !== run.self)) continue
    calm.queue.add({ at: plus(calm.now, DELAY_NS), run: () => step(calm, run, input) })
  }
}

/** What the gate would make of it: everything here comes from correct members. */
function inputOf(from: number, message: WireMessage): Input | undefined {
  switch (message.kind) {
    case 'signed': {
      const decoded = decodeEnvelope(message.value)
      return decoded.ok ? { type: 'signed', from, message: decoded.value } : undefined
    }
    case 'quorum':
      return { type: 'quorum', from, certificate: message.value }
    case 'final': {
      const block = decode(blockCodec, message.value.block, 'final')
      return block.ok ? { type: 'final', from, block: block.value, votes: message.value.votes } : undefined
    }
    case 'want-proposals':
      return { type: 'want-proposals', from, digests: message.value }
    case 'want-block':
      return { type: 'want-block', from, hash: message.value }
    case 'want-quorums':
      return { type: 'want-quorums', from, views: message.value }
    case 'want-blocks':
      return { type: 'want-blocks', from, wanted: message.value }
    case 'block-bytes':
      return { type: 'block-bytes', from, bytes: message.value }
    case 'blocks':
      return { type: 'blocks', from, blocks: message.value }
    default:
      return undefined
  }
}
