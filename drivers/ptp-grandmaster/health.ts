import { between, type MonoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import type { DriverStatus } from '../driver.ts'
import type { PacketAction } from '../packet-driver.ts'
import type { ManagementKnowledge } from '../ptp/management-poller.ts'
import type { Alarms } from './alarms.ts'
import { detailsOf, type Judgement } from './announcement.ts'
import type { ChosenPort } from './chosen-port.ts'
import type { PathEstimate } from './path-filter.ts'
import { DOUBTS } from './time-estimate.ts'

/** What a time receiver knows of its grandmaster when its status is due. */
export interface Knowledge {
  readonly chosen: ChosenPort | undefined
  readonly judgement: Judgement | undefined
  readonly estimate: PathEstimate | undefined
  readonly ratePpb: number
  /** What it says of itself when it is asked. */
  readonly managed: ManagementKnowledge
  /** Whether its time was known before, or should be by now. */
  readonly expected: boolean
  readonly counts: Readonly<Record<string, number>>
}

export function statusOf(knowledge: Knowledge, alarms: Alarms, now: MonoNs): DriverStatus {
  const { chosen, judgement, estimate, ratePpb, managed, counts } = knowledge
  const reasons = alarms.standing(now)
  const path =
    estimate === undefined
      ? {}
      : { roundTripNsMin: Number(2n * estimate.halfPathNs), estimateErrorNs: Number(estimate.errorNs) }
  return {
    quality: qualityOf(knowledge, alarms, now),
    dependsOn: judgement?.dependsOn ?? 'unknown',
    alarms: Object.keys(reasons),
    reasons,
    ...(chosen === undefined ? {} : { identity: identityOf(chosen, managed) }),
    ...(judgement?.taiMinusUtcSeconds === undefined ? {} : { taiMinusUtcSeconds: judgement.taiMinusUtcSeconds }),
    details: {
      ...(chosen === undefined
        ? {}
        : { port: chosen.port, address: chosen.address, ...detailsOf(chosen.announcement) }),
      ...managed.details,
      ...path,
      ratePpb: Math.round(ratePpb),
      ...counts,
    },
  }
}

function identityOf({ grandmaster }: ChosenPort, { identity }: ManagementKnowledge): string {
  return identity === undefined ? `grandmaster ${grandmaster}` : `grandmaster ${grandmaster} (${identity})`
}

function qualityOf(knowledge: Knowledge, alarms: Alarms, now: MonoNs): DriverStatus['quality'] {
  const { judgement, estimate, expected } = knowledge
  if (DOUBTS.some((code) => alarms.has(code, now))) return 'unlocked'
  if (judgement === undefined || estimate === undefined) return expected ? 'unlocked' : 'unknown'
  return judgement.quality
}

/** Details that change all the time alone are said so often. */
const DETAILS_PERIOD_NS = 10n * NS_PER_SECOND

/** A status is said at once when more than its details changes. */
export function createStatusReport(): { update(status: DriverStatus, now: MonoNs): readonly PacketAction[] } {
  let last: { readonly text: string; readonly at: MonoNs } | undefined
  return {
    update: (status, now) => {
      const text = JSON.stringify({ ...status, details: undefined, reasons: undefined })
      if (text === last?.text && between(last.at, now) < DETAILS_PERIOD_NS) return []
      last = { text, at: now }
      return [{ type: 'status', status }]
    },
  }
}
