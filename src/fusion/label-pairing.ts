import { divFloor } from '../core/integer.ts'
import type { LabelSample, PulseSample, SampleQuality } from '../core/sample.ts'
import { between, NS_PER_MILLISECOND, NS_PER_SECOND, type TaiNs } from '../core/time.ts'

/** A pulse that was accepted as the edge of a second. */
export interface Edge extends PulseSample {
  readonly quality: SampleQuality
  /** Whether it became a sample: it does so once. */
  emitted: boolean
  /** By how much it comes late, as its instrument says: LabelSample.pulseLatePs. */
  latePs?: bigint
}

/** An edge and the second that a label gives it. */
export interface NamedEdge {
  readonly edge: Edge
  readonly taiNs: TaiNs
  /** From the edge to the label's first byte. */
  readonly latencyNs: bigint
}

export function nameEdge(edge: Edge, { taiNs, firstByteAt }: LabelSample): NamedEdge {
  return { edge, taiNs, latencyNs: between(edge.monoNs, firstByteAt) }
}

/** The edge that a label names: a known one, one to come, none, or one so long ago that it is open which. */
type Pairing =
  | { readonly kind: 'edge'; readonly edge: Edge }
  | { readonly kind: 'to-come' }
  | { readonly kind: 'none' }
  | { readonly kind: 'late'; readonly sinceNs: bigint }

/** A label that names the preceding pulse begins within this after it … */
const FIRST_BYTE_NS_MAX = 900n * NS_PER_MILLISECOND
/** … and ends within this. */
const LAST_BYTE_NS_MAX = 950n * NS_PER_MILLISECOND

/** A label that names the following pulse ends within this before it; a slow oscillator counts a second shorter. */
const LEAD_NS_MAX = 999n * NS_PER_MILLISECOND

/** What a pulse may jitter. */
const JITTER_NS = 10n * NS_PER_MILLISECOND

/** `edges`: the known ones, oldest first. */
export function findEdge(edges: readonly Edge[], label: LabelSample): Pairing {
  if (label.names === 'following-pulse') {
    const next = edges.find((edge) => follows(edge, label))
    if (next === undefined) return { kind: 'to-come' }
    return between(label.lastByteAt, next.monoNs) < LEAD_NS_MAX ? { kind: 'edge', edge: next } : { kind: 'none' }
  }
  const edge = edges.findLast(({ monoNs }) => monoNs <= label.firstByteAt)
  if (edge === undefined || between(edge.monoNs, label.firstByteAt) > FIRST_BYTE_NS_MAX) return { kind: 'none' }
  const sinceNs = between(edge.monoNs, label.lastByteAt)
  return sinceNs > LAST_BYTE_NS_MAX ? { kind: 'late', sinceNs } : { kind: 'edge', edge }
}

/** Labels keep this far from the edges that they do not name. */
const WAIT_NS_HARMLESS = 150n * NS_PER_MILLISECOND

/**
 * Whether the edge of a second, seen or to be counted from those that were, lies between when a label may have come and
 * when it was read, `waitedNs` later: then it is open which edge it names.
 */
export function mayHaveMissedAnEdge(edges: readonly Edge[], label: LabelSample, waitedNs: bigint): boolean {
  if (waitedNs <= WAIT_NS_HARMLESS) return false
  const last = edges.at(-1)
  if (last === undefined) return true
  const readAt = label.names === 'following-pulse' ? label.lastByteAt : label.firstByteAt
  const sinceNs = between(last.monoNs, readAt)
  const sinceSecondNs = sinceNs - divFloor(sinceNs, NS_PER_SECOND) * NS_PER_SECOND
  return sinceSecondNs <= waitedNs + JITTER_NS || sinceSecondNs >= NS_PER_SECOND - JITTER_NS
}

/** Labels that name an edge to come. */
export interface PendingLabels {
  /** Returns the labels that had to give way. */
  add(label: LabelSample): readonly LabelSample[]
  /** Hands out the labels that name `edge`, and those whose edge did not come within a second. */
  take(edge: Edge): { readonly named: readonly LabelSample[]; readonly late: readonly LabelSample[] }
}

const PENDING_MAX = 4

export function pendingLabels(): PendingLabels {
  let labels: readonly LabelSample[] = []
  return {
    add: (label) => {
      const all = [...labels, label]
      labels = all.slice(-PENDING_MAX)
      return all.slice(0, -PENDING_MAX)
    },
    take: (edge) => {
      const due = labels.filter((label) => follows(edge, label))
      labels = labels.filter((label) => !follows(edge, label))
      const named = due.filter((label) => between(label.lastByteAt, edge.monoNs) < LEAD_NS_MAX)
      return { named, late: due.filter((label) => !named.includes(label)) }
    },
  }
}

/** Surely after the label: an edge that may lie on either side of its last byte is not named by it. */
function follows(edge: Edge, label: LabelSample): boolean {
  return edge.monoNs - edge.uncertaintyNs > label.lastByteAt
}
