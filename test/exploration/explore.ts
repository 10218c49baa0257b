import { type Automaton, createAutomaton } from './automaton.ts'
import { type Bounds, MEMBERS } from './bounds.ts'
import type { Label } from './delivery.ts'
import { createSaidSets } from './said-sets.ts'
import { makeSoup, type Option, type Soup } from './soup.ts'
import { createStateSet, type StateSet } from './state-set.ts'
import { createUniverse, type Universe } from './universe.ts'
import { type Outlook, outlook } from './words.ts'

/** Where the local states of the three honest members are put into one number. */
const LOCAL_MAX = 2 ** 17

const PROGRESS_STATES = 500

export interface Exploration {
  readonly bounds: Bounds
  readonly states: number
  readonly transitions: number
  /** States of single members, and happenings that a real replica was put through to find them. */
  readonly localStates: number
  readonly executed: number
  readonly blocks: number
  /** States in which some honest member has a final block. */
  readonly decided: number
  /** Whether every state within the bounds was visited. */
  readonly complete: boolean
  readonly violation: Violation | undefined
}

export interface Violation {
  readonly problem: string
  /** What happened, in order. */
  readonly trace: readonly string[]
}

/** A search under way, for those that look at its states afterwards. */
export interface Search {
  readonly universe: Universe
  readonly automata: readonly Automaton[]
  readonly visited: StateSet
  /** Local states of the honest members, in the order of `universe.honest`. */
  unpack(key: number): readonly number[]
}

/** Visits every state of a cluster within the bounds, breadth first, until something is wrong. */
export function explore(
  bounds: Bounds,
  /** Told now and then how many states have been looked at, of how many that are known. */
  progress?: (done: number, known: number) => void,
): { readonly result: Exploration; readonly search: Search } {
  const universe = createUniverse(bounds)
  const { automata, alike } = createAutomata(universe)
  const visited = createStateSet()
  const moves: Move[] = []
  const soups = createSoups(universe, automata)
  const pack = packer(alike)
  visited.add(pack(automata.map(({ initial }) => initial)), -1, 0)
  const outlooks = createOutlooks(automata)
  let transitions = 0
  let decided = 0
  let violation: Violation | undefined
  const tell = (index: number, problem: string, move: Move | undefined): Violation => ({
    problem,
    trace: traceTo(universe, visited, moves, index, move),
  })

  let index = 0
  for (; index < visited.size && visited.size <= bounds.statesMax && violation === undefined; index++) {
    if (index % PROGRESS_STATES === 0) progress?.(index, visited.size)
    const locals = unpack(visited.keyAt(index))
    const soup = soups(locals.map((id, member) => automata[member]?.states[id]?.saidId ?? 0))
    if (soup.problem !== undefined) violation = tell(index, soup.problem, undefined)
    if (soup.decides) decided += 1
    for (const member of automata.keys()) {
      const { words, wrong } = outlooks(member, locals[member] ?? 0, soup.options[member] ?? [])
      const problem = wrong && automata[member]?.states[wrong.next]?.problem
      if (wrong !== undefined && problem !== undefined)
        violation ??= tell(index, problem, { member, trail: wrong.trail })
      for (const { next, trail } of words) {
        transitions += 1
        if (visited.add(pack(locals.with(member, next)), index, moves.length)) moves.push({ member, trail })
      }
    }
  }
  const owners = new Set(automata)
  const result = {
    bounds,
    states: visited.size,
    transitions,
    localStates: sum([...owners].map(({ states }) => states.length)),
    executed: sum([...owners].map(({ executed }) => executed)),
    blocks: universe.blocks.length,
    decided,
    complete: violation === undefined && index === visited.size,
    violation,
  }
  return { result, search: { universe, automata, visited, unpack } }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

/**
 * Members that lead no explored view do the same things in the same states, so they share their states, and two clusters that
 * differ only in which of them is where are one. With single votes it matters who sent them, so everybody is on its own.
 */
function createAutomata(universe: Universe): { automata: readonly Automaton[]; alike: readonly number[] } {
  const saidSets = createSaidSets()
  const leaders = new Set(Array.from({ length: universe.bounds.views }, (_, index) => universe.leaderOf(index + 1)))
  const follows = (id: number): boolean => universe.bounds.votes === 'certificates' && !leaders.has(id)
  const follower = universe.honest.find(follows)
  const shared = follower === undefined ? undefined : createAutomaton(universe, follower, saidSets)
  const automata = universe.honest.map((id) =>
    follows(id) && shared ? shared : createAutomaton(universe, id, saidSets),
  )
  return { automata, alike: universe.honest.flatMap((id, index) => (follows(id) ? [index] : [])) }
}

function packer(alike: readonly number[]): (locals: readonly number[]) => number {
  return (locals) => {
    const sorted = alike.map((member) => locals[member] ?? 0).sort((a, b) => a - b)
    return locals.reduce((key, local, member) => {
      const place = alike.indexOf(member)
      const id = place === -1 ? local : (sorted[place] ?? 0)
      if (id >= LOCAL_MAX) throw new RangeError(`expected fewer than ${LOCAL_MAX} states of one member`)
      return key * LOCAL_MAX + id
    }, 0)
  }
}

function unpack(key: number): readonly number[] {
  const locals: number[] = []
  for (let rest = key, member = 1; member < MEMBERS; member++) {
    locals.unshift(rest % LOCAL_MAX)
    rest = Math.floor(rest / LOCAL_MAX)
  }
  return locals
}

/** What can reach whom depends on what was said alone. */
function createSoups(universe: Universe, automata: readonly Automaton[]): (saidIds: readonly number[]) => Soup {
  const soups = new Map<string, Soup>()
  const blocksAt = new Map<string, number>()
  return (saidIds) => {
    const key = saidIds.join()
    const known = soups.get(key)
    // The liar's blocks appear with those that they stand on.
    if (known !== undefined && blocksAt.get(key) === universe.blocks.length) return known
    const soup = makeSoup(
      universe,
      saidIds.map((id, member) => automata[member]?.saidSets.of(id) ?? []),
    )
    soups.set(key, soup)
    blocksAt.set(key, universe.blocks.length)
    return soup
  }
}

/** A happening to one member: everything up to its next word. */
interface Move {
  readonly member: number
  readonly trail: readonly Option[]
}

/** What can come of a state of a member with the same options is worked out once. */
function createOutlooks(
  automata: readonly Automaton[],
): (member: number, from: number, options: readonly Option[]) => Outlook {
  const numbers = new Map<readonly Option[], number>()
  const byKeys = new Map<string, number>()
  const numberOf = (options: readonly Option[]): number => {
    const keys = options.map(({ key }) => key).join()
    const number = numbers.get(options) ?? byKeys.get(keys) ?? byKeys.size
    numbers.set(options, number)
    byKeys.set(keys, number)
    return number
  }
  const known = new Map(automata.map((automaton) => [automaton, new Map<number, Outlook>()]))
  return (member, from, options) => {
    const automaton = automata[member]
    const mine = automaton && known.get(automaton)
    if (automaton === undefined || mine === undefined) throw new RangeError(`no member ${member}`)
    const key = numberOf(options) * LOCAL_MAX + from
    const outlooked = mine.get(key) ?? outlook(automaton, from, options)
    mine.set(key, outlooked)
    return outlooked
  }
}

function traceTo(
  universe: Universe,
  visited: StateSet,
  moves: readonly Move[],
  index: number,
  last: Move | undefined,
): readonly string[] {
  const taken: Move[] = last === undefined ? [] : [last]
  for (let at = index; at > 0; ) {
    const { parent, move } = visited.cameFrom(at)
    const made = moves[move]
    if (made !== undefined) taken.unshift(made)
    at = parent
  }
  const nameOf = (label: Label): string => universe.blocks[label]?.name ?? 'nothing'
  return taken.flatMap(({ member, trail }) =>
    trail.map((option) => `n${universe.honest[member]} ${sentence(option, nameOf)}`),
  )
}

function sentence({ delivery }: Option, nameOf: (label: Label) => string): string {
  const what = (type: string, view: number, label: Label): string =>
    type === 'nullify' ? `nullify for view ${view}` : `${type} for ${nameOf(label)}`
  switch (delivery.kind) {
    case 'timer':
      return 'runs out of patience in its view'
    case 'crash':
      return 'dies and starts again from its journal'
    case 'block':
      return `gets the leader's ${nameOf(delivery.label)}`
    case 'bytes':
      return `gets the content of ${nameOf(delivery.label)}`
    case 'final':
      return `gets ${nameOf(delivery.label)} with its finalization`
    case 'quorum':
      return `gets a certificate of ${what(delivery.type, delivery.view, delivery.label)}`
    case 'vote':
      return `hears n${delivery.sender} vote ${what(delivery.type, delivery.view, delivery.label)}`
  }
}
