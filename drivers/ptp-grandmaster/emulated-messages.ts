import type { Prng } from '../../src/core/prng.ts'
import type { PacketSend } from '../packet-driver.ts'
import { FLAGS } from '../ptp/header.ts'
import { encodeMessage, type PtpMessageParts } from '../ptp/message.ts'
import type { PortIdentity } from '../ptp/port-identity.ts'
import type { Tlv } from '../ptp/tlv.ts'
import type { FaultName } from './emulator-faults.ts'
import type { PtpOptions } from './options.ts'

/** What an emulated grandmaster says, word for word, with what its faults make of it. */
export interface EmulatedMessages {
  /** `from`: the port that says it. */
  packet(message: Said): PacketSend
  announce(from: PortIdentity, taiMinusUtcSeconds: number): PtpMessageParts['body']
  /** What an Announce says beside its body. */
  announceFlags(): number
}

export interface Said {
  readonly body: PtpMessageParts['body']
  readonly from: PortIdentity
  readonly sequenceId: number
  readonly logInterval: number
  readonly flags?: number
  readonly correctionScaledNs?: bigint
  readonly tlvs?: readonly Tlv[]
  readonly to?: string | undefined
  readonly token?: number
}

const ALL_ONES = 2n ** 63n - 1n
const UNKNOWN_TLVS: readonly Tlv[] = [
  { type: 0x0003, value: Uint8Array.of(0, 0x1b, 0x19, 0, 0, 1, 1, 2, 3, 4) },
  { type: 0x7f01, value: Uint8Array.of(1, 2) },
  { type: 0x8008, value: new Uint8Array(6) },
]
const ACCURACY_PICOSECOND = 0x17
const ACCURACY_WORSE = 0x31
const ACCURACY_UNKNOWN = 0xfe
const NS_FIELD_AT = 40

export function createEmulatedMessages(
  options: PtpOptions,
  isOn: (fault: FaultName) => boolean,
  prng: Prng,
): EmulatedMessages {
  const { emulator } = options
  const spoiled = (bytes: Uint8Array): Uint8Array => {
    if (isOn('bad-timestamp')) bytes[NS_FIELD_AT] = 0xff
    if (isOn('malformed-tlv')) return withTail(bytes, Uint8Array.of(0, 3, 1, 0))
    if (isOn('half-message')) return bytes.subarray(0, bytes.length >> 1)
    if (isOn('garbage')) return bytes.map((byte) => (prng.nextBelow(16) === 0 ? prng.nextBelow(256) : byte))
    return bytes
  }
  const classOf = (): number => {
    if (isOn('holdover')) return 7
    if (isOn('degraded')) return 52
    return isOn('no-reference') ? 248 : emulator.clockClass
  }
  const accuracyOf = (): number => {
    if (isOn('boasts')) return ACCURACY_PICOSECOND
    if (isOn('no-accuracy')) return ACCURACY_WORSE
    return isOn('unknown-accuracy') ? ACCURACY_UNKNOWN : emulator.clockAccuracy
  }
  return {
    packet: ({ body, from, sequenceId, logInterval, flags = 0, correctionScaledNs = 0n, tlvs = [], to, token }) => {
      const bytes = encodeMessage({
        header: {
          sdoId: 0,
          minorVersion: 1,
          domain: (options.domain + (isOn('other-domain') ? 1 : 0)) & 0xff,
          flags: flags | (to === undefined ? 0 : FLAGS.unicast),
          correctionScaledNs: isOn('huge-correction') ? ALL_ONES : correctionScaledNs,
          sourcePort: from,
          sequenceId,
          logInterval,
        },
        body,
        tlvs: isOn('unknown-tlvs') ? [...tlvs, ...UNKNOWN_TLVS] : tlvs,
      })
      const channel = body.type === 'sync' ? 'event' : 'general'
      return { type: 'send', channel, bytes: spoiled(bytes), to, ...(token === undefined ? {} : { token }) }
    },
    announce: ({ clockIdentity }, taiMinusUtcSeconds) => ({
      type: 'announce',
      originNs: 0n,
      currentUtcOffset: taiMinusUtcSeconds - (isOn('wrong-utc-offset') ? 1 : 0),
      priority1: 128,
      clockClass: classOf(),
      clockAccuracy: accuracyOf(),
      offsetScaledLogVariance: 0x4e5d,
      priority2: 128,
      grandmasterIdentity: clockIdentity,
      stepsRemoved: emulator.stepsRemoved,
      timeSource: emulator.timeSource,
    }),
    announceFlags: () =>
      (isOn('arbitrary-timescale') ? 0 : FLAGS.ptpTimescale) |
      (isOn('no-utc-offset') ? 0 : FLAGS.utcOffsetValid) |
      (isOn('uncertain') ? FLAGS.synchronizationUncertain : 0) |
      (isOn('leap-61') ? FLAGS.leap61 : 0) |
      FLAGS.timeTraceable |
      FLAGS.frequencyTraceable,
  }
}

/** The same message with something behind it that its length counts in. */
function withTail(bytes: Uint8Array, tail: Uint8Array): Uint8Array {
  const longer = new Uint8Array(bytes.length + tail.length)
  longer.set(bytes)
  longer.set(tail, bytes.length)
  new DataView(longer.buffer).setUint16(2, longer.length)
  return longer
}
