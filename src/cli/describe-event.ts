import type { AgentEvent, DecisionEvent, SteeringEvent } from '../agent/agent-event.ts'
import { partsOf } from './describe-partitions.ts'
import { formatDurationNs } from './present.ts'

const STAMPED_BY = { user: 'agent itself', kernel: 'kernel', hardware: 'network card' }

/** An agent's event as a line for a person. */
export function describeEvent(event: AgentEvent): string {
  switch (event.type) {
    case 'started':
      return `started: ${event.node} is member ${event.member}, start ${event.bootCount} under its key`
    case 'keys':
      return event.message
    case 'session':
      return `session ${event.session}: takes part as member ${event.member} of ${event.members.join(', ')}`
    case 'source':
      return `source ${event.source} ${event.state}: ${event.reason}`
    case 'peer':
      return `peer ${event.peer} ${event.state}: ${event.reason}`
    case 'mode':
      return `node clock ${event.mode}${event.boundNs === undefined ? '' : `, bound ${formatDurationNs(event.boundNs)}`}`
    case 'epoch-clock':
      return `epoch clock ${event.state}: ${event.reason}`
    case 'ranging':
      return `ranging with stamps of the ${STAMPED_BY[event.stamps]}${event.reason === undefined ? '' : `: ${event.reason}`}`
    case 'segment':
      return `ranging segment ${event.segment}: rate ${event.ratePpb} ppb ± ${event.boundPpb} ppb`
    case 'alarm':
      return `ALARM ${event.code}: ${event.message}`
    case 'cluster':
      return `cluster ${event.from} → ${event.state}: ${event.reason}`
    case 'partition':
      return `network in epoch ${event.epoch}: ${partsOf(event.after)}, before: ${partsOf(event.before)}${event.affected.length === 0 ? '' : `; cannot certify: ${event.affected.join(', ')}`}`
    case 'catch-up':
      return `catch-up: ${event.done} of ${event.of} missed decisions are here`
    case 'divergence':
      return `divergence after ${formatDurationNs(event.durationNs)} of hardware fallback: ${formatDurationNs(event.offsetNs)}, own bound ${formatDurationNs(event.ownBoundNs)}, certified ± ${formatDurationNs(event.certifiedBoundNs)}${event.meets ? '' : ', which do not meet'}`
    case 'grandmaster':
      return `ptp4l announces class ${event.clockClass}, accuracy 0x${event.clockAccuracy.toString(16)}, UTC offset ${event.currentUtcOffset} s: ${event.reason}`
    case 'steering':
      return describeSteering(event)
    case 'decision': {
      const bound = event.served === undefined ? 'nothing served' : `served ± ${formatDurationNs(event.served.boundNs)}`
      const precision = event.precisionNs === undefined ? 'unknown' : formatDurationNs(event.precisionNs)
      return `epoch ${event.epoch}: ${event.signatures} signatures (${event.quorum} decide), ${event.grade}, precision ${precision}, ${bound}${attested(event.attestation)}`
    }
    case 'attestation': {
      const reasons = event.reasons.map(({ code, message }) => `${code}: ${message}`).join('; ')
      return `attestation of ${event.member}: ${event.verdict}${reasons === '' ? '' : `, ${reasons}`}`
    }
    case 'stopped':
      return `stopped: ${event.reason}`
  }
}

/** `, 3 of 4 records verified (2 flagged)`; nothing where none is asked for. */
function attested(members: DecisionEvent['attestation']): string {
  if (members.length === 0) return ''
  const others = members.filter(({ verdict }) => verdict !== 'verified')
  const named = others.map(({ member, verdict }) => `${member} ${verdict}`).join(', ')
  return `, ${members.length - others.length} of ${members.length} records verified${named === '' ? '' : ` (${named})`}`
}

function describeSteering(event: SteeringEvent): string {
  const who = `steering ${event.source}`
  if (event.kind === 'refused') return `${who} refused: ${event.reason}`
  const measured = `measured ${fraction(event.offsetE15)} ± ${fraction(event.uncertaintyE15)}`
  if (event.kind === 'held') return `${who} held: ${measured}; ${event.reason}`
  return `${who} from ${fraction(event.fromE15)} to ${fraction(event.toE15)}: ${measured}; ${event.reason}`
}

function fraction(e15: number): string {
  return (e15 * 1e-15).toExponential(2)
}
