import { monoNs } from '../../../src/core/time.ts'
import type { ReportedEvent } from '../../support/agent-process.ts'
import type { Cluster } from './cluster.ts'

/** A reading of a clock at a mark, against the truth. */
export interface JudgedReading {
  /** When it was, on the true clock of this machine. */
  readonly trueNs: bigint
  readonly errorNs: bigint
  /** How far its interval reaches to the side of the truth: the truth is in it when |error| is at most this. */
  readonly boundNs: bigint
}

/** What one appliance said of one epoch. */
export interface JudgedDecision {
  readonly member: number
  readonly epoch: number
  readonly precisionNs: bigint | undefined
  readonly named: readonly { readonly member: number; readonly kind: string }[]
  readonly certified: JudgedReading | undefined
  readonly served: JudgedReading | undefined
}

/** Everything that an appliance has decided so far. */
export function judgeDecisions(cluster: Cluster, member: number): readonly JudgedDecision[] {
  const decisions = cluster.appliances[member]?.agent.events.filter(({ type }) => type === 'decision') ?? []
  return decisions.map((event) => ({
    member,
    epoch: Number(event['epoch']),
    precisionNs: typeof event['precisionNs'] === 'string' ? BigInt(event['precisionNs']) : undefined,
    named: event['suspicions'] as JudgedDecision['named'],
    certified: judge(cluster, member, event['certified']),
    served: judge(cluster, member, event['served']),
  }))
}

function judge({ appliances, world }: Cluster, member: number, said: ReportedEvent[string]): JudgedReading | undefined {
  const { falseTime } = appliances[member] ?? {}
  if (falseTime === undefined || typeof said !== 'object' || said === null) return undefined
  const told = said as Readonly<Record<'monoNs' | 'taiNs' | 'loNs' | 'hiNs', string>>
  const trueNs = falseTime.trueAt(BigInt(told.monoNs))
  const taiNs = BigInt(told.taiNs)
  const errorNs = taiNs - world.truth(monoNs(trueNs))
  return { trueNs, errorNs, boundNs: errorNs > 0n ? taiNs - BigInt(told.loNs) : BigInt(told.hiNs) - taiNs }
}

/**
 * What a certificate's figure of precision would be if ranging were exact: in each frame the (f+1)-th largest distance to
 * another's corrected clock, and of these the (f+1)-th largest over frames. Undefined with fewer.
 */
export function truePrecisionNs(errorsNs: readonly bigint[], f: number): bigint | undefined {
  const perFrame = errorsNs.map((own, frame) => {
    const residuals = errorsNs
      .filter((_, other) => other !== frame)
      .map((error) => (error > own ? error - own : own - error))
    return largest(residuals, f + 1)
  })
  return largest(
    perFrame.filter((residual) => residual !== undefined),
    f + 1,
  )
}

function largest(values: readonly bigint[], rank: number): bigint | undefined {
  return values.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0)).at(-rank)
}
