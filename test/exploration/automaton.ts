import type { Delivery, Label } from './delivery.ts'
import { fingerprint } from './fingerprint.ts'
import { contradictionIn } from './local-checks.ts'
import { type History, happen, type LocalRun, startRun } from './local-run.ts'
import type { SaidSets } from './said-sets.ts'
import type { Option } from './soup.ts'
import type { Universe } from './universe.ts'

const SPARES_MAX = 2_000
const SPARES_PER_STATE_MAX = 4

/** A state of one member, and how a real replica gets into it. */
export interface LocalState {
  readonly id: number
  readonly history: History
  /** The number of the set of everything that it has ever said. */
  readonly saidId: number
  /** Views in which its vote for or against a block is cast, and blocks that a certificate it holds names. */
  readonly votedViews: ReadonlySet<number>
  readonly certified: ReadonlySet<Label>
  /** What is wrong in it, or on the way to it. */
  readonly problem: string | undefined
  readonly steps: Map<string, number | undefined>
}

/**
 * The states of one honest member, made by the product's replica as they are needed. The replica is deterministic, so what
 * it does in a state is computed once, by a real replica that is brought there, and remembered.
 */
export interface Automaton {
  /** Whose states they are; others that do the same in the same states may share them. */
  readonly self: number
  readonly initial: number
  readonly states: readonly LocalState[]
  /** How often a real replica did something. */
  readonly executed: number
  /** What has been said, by `saidId`. */
  readonly saidSets: SaidSets
  /** Where an option leads; undefined: nothing changes. */
  step(from: number, option: Option): number | undefined
}

/** The states that were met, each once. */
interface Registry {
  readonly states: readonly LocalState[]
  enter(run: LocalRun, history: History, saidId: number, problems: readonly string[]): number
}

function createRegistry(universe: Universe, self: number, saidSets: SaidSets): Registry {
  const states: LocalState[] = []
  const ids = new Map<string, number>()
  return {
    states,
    enter: (run, history, saidId, problems) => {
      const print = `${fingerprint(universe, run)}#${saidId}#${problems.length}`
      const known = ids.get(print)
      if (known !== undefined) return known
      const contradiction = contradictionIn(saidSets.of(saidId))
      const problem = problems[0] ?? (contradiction && `n${self} signs ${contradiction}`)
      const id = states.length
      ids.set(print, id)
      const records = run.context.views.since(0)
      const voted = records.filter(({ own }) => own.notarize !== undefined || own.nullify !== undefined)
      const hashes = records.flatMap(({ notarization, finalization }) => [notarization?.hash, finalization?.hash])
      states.push({
        id,
        history,
        saidId,
        votedViews: new Set(voted.map(({ view }) => view)),
        certified: new Set(hashes.flatMap((hash) => (hash === undefined ? [] : (universe.labelOf(hash) ?? [])))),
        problem,
        steps: new Map(),
      })
      return id
    },
  }
}

/** Replicas that wait in a state for the next thing to happen there: quicker than to bring a new one there. */
interface Spares {
  take(state: number): LocalRun | undefined
  keep(state: number, run: LocalRun): void
}

function createSpares(): Spares {
  const spares = new Map<number, LocalRun[]>()
  let kept = 0
  return {
    take: (state) => {
      const run = spares.get(state)?.pop()
      if (run !== undefined) kept -= 1
      return run
    },
    keep: (state, run) => {
      const here = spares.get(state) ?? []
      if (here.length >= SPARES_PER_STATE_MAX || kept >= SPARES_MAX) return
      here.push(run)
      spares.set(state, here)
      kept += 1
    },
  }
}

export function createAutomaton(universe: Universe, self: number, saidSets: SaidSets): Automaton {
  const { states, enter } = createRegistry(universe, self, saidSets)
  const spares = createSpares()
  let executed = 0

  const after = (from: LocalState, run: LocalRun, delivery: Delivery): number => {
    const { boots, journal, since } = from.history
    const history =
      delivery.kind === 'crash'
        ? { boots: run.boots, journal: run.journal.records(), since: [] }
        : { boots, journal, since: [...since, delivery] }
    return enter(run, history, saidSets.with(from.saidId, run.said), run.problems)
  }
  const compute = (from: LocalState, delivery: Delivery): number | undefined => {
    const run = spares.take(from.id) ?? startRun(universe, self, from.history)
    executed += 1
    happen(universe, run, delivery)
    const silent = run.problems.length === 0 && saidSets.with(from.saidId, run.said) === from.saidId
    if (silent && comesTooEarly(universe, from, delivery)) return undefined
    const next = after(from, run, delivery)
    spares.keep(next, run)
    return next === from.id ? undefined : next
  }

  const start: History = { boots: 1, journal: [], since: [] }
  const first = startRun(universe, self, start)
  return {
    self,
    initial: enter(first, start, saidSets.with(0, first.said), first.problems),
    states,
    saidSets,
    get executed() {
      return executed
    },
    step: (id, { key, delivery }) => {
      const from = states[id]
      if (from === undefined) throw new RangeError(`no state ${id}`)
      if (canWait(universe, from, delivery)) return undefined
      if (!from.steps.has(key)) from.steps.set(key, compute(from, delivery))
      return from.steps.get(key)
    },
  }
}

/**
 * What may be put off without loss. A block is worth nothing to a member until it gets the member's vote or a certificate
 * names it: one that comes earlier, and only waits, may as well come then.
 */
function canWait(universe: Universe, state: LocalState, delivery: Delivery): boolean {
  if (!comesTooEarly(universe, state, delivery)) return false
  return delivery.kind === 'bytes' || state.votedViews.has(universe.blocks[delivery.label]?.view ?? 0)
}

/** Whether a delivery is a block that no certificate names yet: it is worth a vote at once, or nothing. */
function comesTooEarly({ bounds }: Universe, state: LocalState, delivery: Delivery): delivery is BlockDelivery {
  const isBlock = delivery.kind === 'block' || delivery.kind === 'bytes'
  return bounds.votes === 'certificates' && isBlock && !state.certified.has(delivery.label)
}

type BlockDelivery = Extract<Delivery, { kind: 'block' | 'bytes' }>
