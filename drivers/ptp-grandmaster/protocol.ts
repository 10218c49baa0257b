import { type MonoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import type { PacketLink, PacketSend } from '../packet-driver.ts'
import { FLAGS } from '../ptp/header.ts'
import { encodeMessage } from '../ptp/message.ts'
import type { PortIdentity } from '../ptp/port-identity.ts'
import { encodeUnicast, type UnicastTlv } from '../ptp/unicast.ts'
import type { PtpOptions } from './options.ts'

/** What a time receiver sends, and where PTP is spoken (IEEE 1588-2019, annexes C and D). */

const GROUPS = { udp4: '224.0.1.129', udp6: 'ff0e::181' } as const

export function linkOf({ network, eventPort, generalPort, unicast }: PtpOptions): PacketLink {
  return { network, eventPort, generalPort, group: unicast === 'no' ? GROUPS[network] : undefined }
}

/** Where a logarithm of an interval means nothing: in requests, and in unicast messages (IEEE 1588-2019, table 42). */
export const NO_INTERVAL = 0x7f

/** 2 to the power of `logInterval`, s in ns. */
export function intervalNs(logInterval: number): bigint {
  return logInterval >= 0 ? NS_PER_SECOND << BigInt(logInterval) : NS_PER_SECOND >> BigInt(-logInterval)
}

const VERSION_2_1 = 1

interface Speaking {
  readonly options: PtpOptions
  readonly port: PortIdentity
  readonly sequenceId: number
}

/** Its origin is 0: when it leaves is known only afterwards, and concerns nobody else. */
export function delayRequest({ options, port, sequenceId }: Speaking): PacketSend {
  const bytes = encodeMessage({
    header: { ...headerOf(options, port), sequenceId, logInterval: NO_INTERVAL },
    body: { type: 'delay-req', originNs: 0n },
  })
  return { type: 'send', channel: 'event', bytes, to: recipientOf(options), token: sequenceId }
}

const EVERY_PORT: PortIdentity = { clockIdentity: new Uint8Array(8).fill(0xff), portNumber: 0xffff }

export function signaling({ options, port, sequenceId }: Speaking, terms: readonly UnicastTlv[]): PacketSend {
  const bytes = encodeMessage({
    header: { ...headerOf(options, port), sequenceId, logInterval: NO_INTERVAL },
    body: { type: 'signaling', targetPort: EVERY_PORT },
    tlvs: terms.map(encodeUnicast),
  })
  return { type: 'send', channel: 'general', bytes, to: recipientOf(options) }
}

/** For its state: what it is, beside what it announces. */
export function managementQuestion(options: PtpOptions, bytes: Uint8Array): PacketSend {
  return { type: 'send', channel: 'general', bytes, to: recipientOf(options) }
}

function recipientOf({ unicast, address }: PtpOptions): string | undefined {
  return unicast === 'no' ? undefined : address
}

function headerOf({ domain, unicast }: PtpOptions, sourcePort: PortIdentity) {
  return {
    sdoId: 0,
    minorVersion: VERSION_2_1,
    domain,
    flags: unicast === 'no' ? 0 : FLAGS.unicast,
    correctionScaledNs: 0n,
    sourcePort,
  }
}

const SCALE_BITS = 16n
/** A correction is a time spent in switches: more is nonsense, and all ones say that it did not fit (13.3.2.9). */
const CORRECTION_NS_MAX = NS_PER_SECOND

/** Whole ns, rounded down; undefined for a correction that is none. */
export function correctionNs(correctionScaledNs: bigint): bigint | undefined {
  const ns = correctionScaledNs >> SCALE_BITS
  return ns < -CORRECTION_NS_MAX || ns > CORRECTION_NS_MAX ? undefined : ns
}

/**
 * One packet's word on TAI − MonoNs. No packet comes before it left: a Sync says what that is at least, an answered
 * request what it is at most.
 */
export interface OneWay {
  /** When it came or left here. */
  readonly at: MonoNs
  readonly limitNs: bigint
  /** How far the stamp may be off. */
  readonly errorNs: bigint
}
