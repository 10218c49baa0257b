import { abs, divFloor } from '../core/integer.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, type TaiNs } from '../core/time.ts'
import type { Edge, NamedEdge } from './label-pairing.ts'

/** What an oscillator may err by, far more than any in use, and what a pulse may jitter. */
const RATE_PPM = 1_000n
const JITTER_NS = 10n * NS_PER_MILLISECOND

/** Labels of one instrument come as late after their pulses as each other; so much later, one may name the pulse before. */
const UNSTEADY_NS = 250n * NS_PER_MILLISECOND

/** The second of `edge`, counted from a numbered edge, earlier or later. */
export function countTo(from: Pick<NamedEdge, 'edge' | 'taiNs'>, edge: Edge): TaiNs {
  return plus(from.taiNs, nearestSecond(between(from.edge.monoNs, edge.monoNs)))
}

/** Whether the later of two labels names what counting the pulses from the earlier gives: at least a second on. */
export function agrees(earlier: NamedEdge, later: NamedEdge): boolean {
  if (offSecondNs(earlier.edge.monoNs, later.edge.monoNs) !== undefined) return false
  return later.taiNs > earlier.taiNs && later.taiNs === countTo(earlier, later.edge)
}

/** Whether two labels came alike after the edges that they are taken to name. */
export function areSteady(earlier: NamedEdge, later: NamedEdge): boolean {
  return abs(later.latencyNs - earlier.latencyNs) <= UNSTEADY_NS
}

/** How far the time between two edges is from whole seconds; undefined when that is within what an edge may err. */
export function offSecondNs(from: MonoNs, to: MonoNs): bigint | undefined {
  const elapsedNs = between(from, to)
  const offNs = elapsedNs - nearestSecond(elapsedNs)
  const windowNs = JITTER_NS + divFloor(abs(elapsedNs) * RATE_PPM, 1_000_000n)
  return abs(offNs) <= windowNs ? undefined : offNs
}

/** Rounded to whole seconds; the half goes up. */
export function nearestSecond(elapsedNs: bigint): bigint {
  return divFloor(elapsedNs + NS_PER_SECOND / 2n, NS_PER_SECOND) * NS_PER_SECOND
}
