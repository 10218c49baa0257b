import type { LeapClaim, RangingEntry, RecordJudged } from '../consensus/proposal.ts'
import type { Measurement } from '../consensus/replica/types.ts'
import { abs } from '../core/integer.ts'
import { type LeapTable, leapTableExpired, taiMinusUtcAt } from '../core/leap.ts'
import { INSTANT_LIMIT_NS, type MonoNs, NS_PER_SECOND, type TaiNs, taiNs } from '../core/time.ts'
import type { NodeClockReading } from '../fusion/node-clock.ts'
import type { RangingClock } from '../fusion/ranging-clock.ts'
import type { LinkReport } from '../ranging/link-book.ts'

export interface MeasurementParts {
  readonly now: MonoNs
  readonly rangingClock: RangingClock
  readonly node: NodeClockReading
  readonly row: readonly RangingEntry[]
  readonly links: readonly LinkReport[]
  readonly leapTable: LeapTable
  readonly verdicts: readonly RecordJudged[]
}

/** Everything that this appliance says at a mark, read at one instant. */
export function measurementOf({
  now,
  rangingClock,
  node,
  row,
  links,
  leapTable,
  verdicts,
}: MeasurementParts): Measurement {
  const { estimate } = node
  const usable = estimate !== undefined && estimate.boundNs <= INSTANT_LIMIT_NS
  return {
    bootId: rangingClock.bootId,
    segment: rangingClock.segment,
    rangingNs: rangingClock.at(now),
    nodeClock: usable ? { taiNs: estimate.taiNs, boundNs: estimate.boundNs } : undefined,
    rangingRatePpb: rangingClock.boundPpb,
    mode: node.mode,
    sources: node.sources.map(({ name, class: sourceClass, domain, state, offsetNs }) => ({
      name,
      class: sourceClass,
      domain,
      state,
      offsetNs: offsetNs === undefined || abs(offsetNs) > INSTANT_LIMIT_NS ? undefined : offsetNs,
    })),
    ranging: row,
    links: links.map(({ peer, up, roundTripNs, lossPpm }) => ({ peer, up, roundTripNs, lossPpm })),
    leap: estimate === undefined ? undefined : leapClaimOf(leapTable, estimate.taiNs),
    stampRoot: undefined,
    verdicts,
  }
}

/** What the leap table says at `tai`; nothing once it has expired. */
function leapClaimOf(table: LeapTable, tai: TaiNs): LeapClaim | undefined {
  const taiMinusUtcSeconds = taiMinusUtcAt(table, tai)
  if (taiMinusUtcSeconds === undefined || leapTableExpired(table, tai)) return undefined
  const instantOf = (utcSecond: bigint, offset: number): TaiNs => taiNs((utcSecond + BigInt(offset)) * NS_PER_SECOND)
  const next = table.entries.find((entry) => instantOf(entry.sinceUtcSecond, entry.taiMinusUtcSeconds) > tai)
  return {
    taiMinusUtcSeconds,
    event:
      next === undefined
        ? undefined
        : { at: instantOf(next.sinceUtcSecond, next.taiMinusUtcSeconds), taiMinusUtcSeconds: next.taiMinusUtcSeconds },
    validUntil: instantOf(table.expiresAtUtcSecond, taiMinusUtcSeconds),
  }
}
