import { type LeapTable, taiMinusUtcAt } from '../core/leap.ts'
import { readMonoNs } from '../linux/clock.ts'
import { readKernelClock } from '../linux/timex.ts'
import type { Appliance } from './appliance.ts'
import type { Attestation } from './attestation/attestation.ts'
import { verdictsOf } from './attestation/describe.ts'
import type { Question } from './control-socket.ts'
import type { Member } from './member.ts'
import type { MemberClock } from './member-clock.ts'
import { type Outputs, readSystemTime } from './outputs.ts'
import type { Ptp4lOutput } from './ptp4l-output.ts'
import type { SteeringLoop } from './source-steering.ts'
import { describeSystemClock } from './system-clock.ts'

export interface StatusParts {
  readonly name: string
  readonly appliance: Appliance
  readonly member: Member
  readonly clock: MemberClock
  readonly steering: SteeringLoop
  readonly outputs: Outputs
  readonly leapTable: LeapTable
  readonly ptp4l: Pick<Ptp4lOutput, 'describe'> | undefined
  readonly attestation: Pick<Attestation, 'describe'>
}

/** The answer to a question on the control socket: one JSON object, nanoseconds as decimal strings. */
export function answerQuestion(question: Question, parts: StatusParts): string {
  return JSON.stringify(describe(question, parts), (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
}

function describe(question: Question, parts: StatusParts): object {
  const { name, appliance, member, clock, steering, ptp4l } = parts
  const now = readMonoNs()
  const node = clock.node(now)
  switch (question) {
    case 'status': {
      const served = clock.served(now)
      return {
        node: name,
        mode: node.mode,
        clockClass: node.clockClass,
        flags: node.flags,
        alarms: node.alarms,
        oscillatorTemperature: node.temperature ?? null,
        nodeClock: node.estimate === undefined ? null : { taiNs: node.estimate.taiNs, boundNs: node.estimate.boundNs },
        served:
          served === undefined
            ? null
            : { taiNs: served.taiNs, boundNs: served.boundNs, origin: served.origin, flags: served.flags },
        systemClock: systemClock(parts),
        outputs: parts.outputs.describe(),
        ...(ptp4l === undefined ? {} : { ptp4l: ptp4l.describe() }),
        cluster: member.standing(),
        attestation: verdictsOf(member.attestation()),
        ranging: member.ranging(),
        peerPort: member.peerPort(),
        convicted: member.convicted(),
        replica: member.status(),
        ...member.suspicions(),
        faults: member.faultCounts(),
      }
    }
    case 'sources':
      return {
        node: name,
        sources: appliance.reports().map((report) => ({
          ...report,
          ...node.sources.find((source) => source.name === report.name),
          ...steering.describe(report.name),
        })),
      }
    case 'peers':
      return { node: name, peers: member.peers() }
    case 'attestation':
      return { node: name, own: parts.attestation.describe(), ...member.attestation() }
    case 'partitions':
      return { node: name, ...member.partitions() }
  }
}

function systemClock(parts: StatusParts): object {
  const time = readSystemTime(parts)
  const served = parts.clock.served(readMonoNs())
  const taiMinusUtc = served === undefined ? undefined : taiMinusUtcAt(parts.leapTable, served.taiNs)
  return describeSystemClock(readKernelClock(), time, taiMinusUtc)
}
