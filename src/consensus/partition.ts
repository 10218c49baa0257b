import { abs } from '../core/integer.ts'
import { NS_PER_MILLISECOND } from '../core/time.ts'
import type { Quorum } from './membership.ts'
import type { LinkState } from './proposal.ts'

/** What one member says of its links to the others. */
export interface LinkReporter {
  readonly member: number
  readonly links: readonly LinkState[]
}

/**
 * `up`: both ends say so. `one-way`: one end sees the other and is not seen. `down`: no end sees the other. `untold`: an
 * end says nothing, because its proposal is not here or names no such link.
 */
export type ConnectionState = 'up' | 'one-way' | 'down' | 'untold'

/** What there is between two members, `a` < `b`; each direction is the word of its reporter. */
export interface Connection {
  readonly a: number
  readonly b: number
  readonly state: ConnectionState
  /** What `a` says of `b`, and `b` of `a`. */
  readonly claims: readonly [LinkState | undefined, LinkState | undefined]
  /** Both ends see each other and measure something else. */
  readonly asymmetric: boolean
}

/** Who sees whom. Diagnosis alone: nothing of it enters an agreement, and a quorum is counted in signatures. */
export interface Connectivity {
  /** Every pair of members, by `a` and then by `b`. */
  readonly connections: readonly Connection[]
  /** Members that reach each other over links that are up, the largest part first; each member is in exactly one. */
  readonly components: readonly (readonly number[])[]
  /** The part that has members enough to certify, if one has. */
  readonly quorate: readonly number[] | undefined
  /** Members outside of it; all, when there is none. */
  readonly affected: readonly number[]
  /** Members of which nothing has been heard. */
  readonly silent: readonly number[]
}

/** Round trips of one link that differ by more than this, and by more than a factor of four, are worth a word. */
const ROUND_TRIP_DIFFERENCE_NS = NS_PER_MILLISECOND
const ROUND_TRIP_FACTOR = 4n
const LOSS_DIFFERENCE_PPM = 200_000

/**
 * The connectivity matrix that the links in these proposals draw. A link counts as up when both of its ends say so, so a
 * liar can take its own links away and give itself none: what two others say of each other it does not touch.
 */
export function connectivityOf(reporters: readonly LinkReporter[], { n, q }: Quorum): Connectivity {
  const claims = new Map<number, ReadonlyMap<number, LinkState>>()
  for (const { member, links } of reporters) {
    if (member < n && !claims.has(member)) claims.set(member, new Map(links.map((link) => [link.peer, link])))
  }
  const connections: Connection[] = []
  for (let a = 0; a < n; a++) {
    for (let b = a + 1; b < n; b++) connections.push(connection(a, b, claims.get(a)?.get(b), claims.get(b)?.get(a)))
  }
  const components = componentsOf(connections, n)
  const [largest = []] = components
  const quorate = largest.length >= q ? largest : undefined
  const ids = Array.from({ length: n }, (_, id) => id)
  return {
    connections,
    components,
    quorate,
    affected: ids.filter((id) => quorate?.includes(id) !== true),
    silent: ids.filter((id) => !claims.has(id)),
  }
}

function connection(a: number, b: number, ab: LinkState | undefined, ba: LinkState | undefined): Connection {
  return { a, b, state: stateOf(ab, ba), claims: [ab, ba], asymmetric: isAsymmetric(ab, ba) }
}

function stateOf(ab: LinkState | undefined, ba: LinkState | undefined): ConnectionState {
  if (ab === undefined || ba === undefined) return 'untold'
  if (ab.up && ba.up) return 'up'
  return ab.up || ba.up ? 'one-way' : 'down'
}

function isAsymmetric(ab: LinkState | undefined, ba: LinkState | undefined): boolean {
  if (stateOf(ab, ba) !== 'up' || ab === undefined || ba === undefined) return false
  if (Math.abs(ab.lossPpm - ba.lossPpm) > LOSS_DIFFERENCE_PPM) return true
  const [there, back] = [ab.roundTripNs, ba.roundTripNs]
  if (there === undefined || back === undefined || abs(there - back) <= ROUND_TRIP_DIFFERENCE_NS) return false
  return there > back * ROUND_TRIP_FACTOR || back > there * ROUND_TRIP_FACTOR
}

/** Parts of the graph of links that are up; of equal size, the one with the lowest member first. */
function componentsOf(connections: readonly Connection[], n: number): readonly (readonly number[])[] {
  const part = Array.from({ length: n }, (_, id) => id)
  for (const { a, b, state } of connections) {
    const [from, to] = [part[b], part[a]]
    if (state !== 'up' || from === to) continue
    for (const [id, current] of part.entries()) if (current === from) part[id] = to ?? current
  }
  const members = Map.groupBy(part.keys(), (id) => part[id])
  return [...members.values()].sort((x, y) => y.length - x.length || (x[0] ?? 0) - (y[0] ?? 0))
}

/** The parts were others before this epoch. */
export interface ConnectivityChange {
  readonly epoch: number
  readonly before: readonly (readonly number[])[]
  readonly after: readonly (readonly number[])[]
}

export const CHANGES_KEPT = 64

/** How the parts have changed, newest last, as far as it is kept. */
export interface ConnectivityHistory {
  readonly newest: { readonly epoch: number; readonly connectivity: Connectivity } | undefined
  readonly changes: readonly ConnectivityChange[]
  /** Takes what was seen of an epoch; returns the change that it is. An epoch before the newest changes nothing. */
  observe(epoch: number, connectivity: Connectivity): ConnectivityChange | undefined
}

export function createConnectivityHistory(): ConnectivityHistory {
  const changes: ConnectivityChange[] = []
  let newest: ConnectivityHistory['newest']
  return {
    get newest() {
      return newest
    },
    changes,
    observe: (epoch, connectivity) => {
      if (newest !== undefined && epoch < newest.epoch) return undefined
      const before = newest?.connectivity.components
      newest = { epoch, connectivity }
      if (before === undefined || sameParts(before, connectivity.components)) return undefined
      const change = { epoch, before, after: connectivity.components }
      changes.push(change)
      if (changes.length > CHANGES_KEPT) changes.shift()
      return change
    },
  }
}

function sameParts(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): boolean {
  return a.length === b.length && a.every((part, index) => part.join() === b[index]?.join())
}
