import type { MonoNs, TaiNs } from '../../core/time.ts'
import type { RecordsSummary } from './record-book.ts'

/** What one appliance said of one epoch, with what only the demo knows: how wrong it was. */
export interface NodeDecision {
  readonly node: number
  readonly epoch: number
  readonly view: number
  readonly signatures: number
  readonly quorum: number
  readonly markToCertificateMs: number | undefined
  readonly precisionNs: bigint | undefined
  readonly suspected: readonly number[]
  readonly grade: string
  /** What the certificate says of the attestation record of each member; empty where nobody is asked. */
  readonly attestation: readonly { readonly member: number; readonly verdict: string }[]
  readonly served:
    | {
        readonly monoNs: MonoNs
        readonly taiNs: TaiNs
        readonly loNs: bigint
        readonly hiNs: bigint
        readonly boundNs: bigint
      }
    | undefined
  /** When the demo heard of it. */
  readonly heardAtMs: number
}

export interface EpochLine {
  readonly type: 'epoch'
  readonly epoch: number
  readonly certified: boolean
  readonly signatures: number
  readonly quorum: number
  readonly grade: string | null
  /** From its own mark, of the appliance that had the certificate last. */
  readonly markToCertificateMs: number | null
  readonly precisionNs: bigint | null
  readonly boundNs: Readonly<Record<string, bigint>>
  readonly trueErrorNs: Readonly<Record<string, bigint>>
  /** Appliances whose served interval did not contain the truth. Always empty, or the product is broken. */
  readonly missedTruth: readonly number[]
  readonly suspected: readonly number[]
  readonly attestation: NodeDecision['attestation']
}

/** Gathers what the appliances say of an epoch into one line. */
export function summarizeEpoch(
  epoch: number,
  quorum: number,
  decisions: readonly NodeDecision[],
  truth: (at: MonoNs) => TaiNs,
): EpochLine {
  const boundNs: Record<string, bigint> = {}
  const trueErrorNs: Record<string, bigint> = {}
  const missedTruth: number[] = []
  for (const { node, served } of decisions.toSorted((a, b) => a.node - b.node)) {
    if (served === undefined) continue
    const trueTai = truth(served.monoNs)
    boundNs[String(node)] = served.boundNs
    trueErrorNs[String(node)] = served.taiNs - trueTai
    const contains = served.loNs <= trueTai && trueTai <= served.hiNs
    const errorNs = served.taiNs > trueTai ? served.taiNs - trueTai : trueTai - served.taiNs
    if (!contains || errorNs > served.boundNs) missedTruth.push(node)
  }
  const times = decisions.flatMap(({ markToCertificateMs }) => markToCertificateMs ?? [])
  return {
    type: 'epoch',
    epoch,
    certified: decisions.length > 0,
    signatures: Math.max(0, ...decisions.map(({ signatures }) => signatures)),
    quorum,
    grade: decisions[0]?.grade ?? null,
    markToCertificateMs: times.length === 0 ? null : round(Math.max(...times)),
    precisionNs: decisions[0]?.precisionNs ?? null,
    boundNs,
    trueErrorNs,
    missedTruth,
    suspected: [...new Set(decisions.flatMap(({ suspected }) => suspected))].sort((a, b) => a - b),
    attestation: decisions[0]?.attestation ?? [],
  }
}

export interface SummaryLine {
  readonly type: 'summary'
  readonly epochs: number
  readonly certified: number
  /** From the start of the processes to the first certificate. */
  readonly firstCertificateMs: number | null
  readonly markToCertificateMsP50: number | null
  readonly markToCertificateMsP95: number | null
  readonly boundNsMedian: bigint | null
  readonly boundNsMax: bigint | null
  readonly precisionNsMedian: bigint | null
  /** Longest time between two certificates. */
  readonly longestGapMs: number | null
  readonly missedTruth: number
  readonly suspected: readonly number[]
  /** Null where nobody attests. */
  readonly records: RecordsSummary | null
}

export function summarizeRun(
  lines: readonly EpochLine[],
  startedAtMs: number,
  heardAtMs: readonly number[],
  records: RecordsSummary | undefined,
): SummaryLine {
  const times = lines.flatMap(({ markToCertificateMs }) => markToCertificateMs ?? []).toSorted((a, b) => a - b)
  const bounds = sorted(lines.flatMap(({ boundNs }) => Object.values(boundNs)))
  const precisions = sorted(lines.flatMap(({ precisionNs }) => precisionNs ?? []))
  const gaps = heardAtMs.slice(1).map((at, index) => at - (heardAtMs[index] ?? at))
  const [first] = heardAtMs
  return {
    type: 'summary',
    epochs: lines.length,
    certified: lines.filter(({ certified }) => certified).length,
    firstCertificateMs: first === undefined ? null : round(first - startedAtMs),
    markToCertificateMsP50: quantile(times, 0.5),
    markToCertificateMsP95: quantile(times, 0.95),
    boundNsMedian: quantile(bounds, 0.5),
    boundNsMax: bounds.at(-1) ?? null,
    precisionNsMedian: quantile(precisions, 0.5),
    longestGapMs: gaps.length === 0 ? null : round(Math.max(...gaps)),
    missedTruth: lines.reduce((sum, { missedTruth }) => sum + missedTruth.length, 0),
    suspected: [...new Set(lines.flatMap(({ suspected }) => suspected))].sort((a, b) => a - b),
    records: records ?? null,
  }
}

function sorted(values: readonly bigint[]): readonly bigint[] {
  return values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

/** The value that a share of the sorted ones does not exceed (nearest rank). */
function quantile<T>(ascending: readonly T[], share: number): T | null {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? null
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
