import { FLAGS } from '../../drivers/ptp/header.ts'
import { decodeMessage, encodeMessage, type PtpMessageParts } from '../../drivers/ptp/message.ts'
import { decodeUnicast, encodeUnicast } from '../../drivers/ptp/unicast.ts'
import { almostBytes } from './mutation.ts'
import { ACCEPTED, type Target } from './target.ts'

const PORT = { clockIdentity: Uint8Array.of(0, 0x11, 0x22, 0xff, 0xfe, 0x33, 0x44, 0x55), portNumber: 1 }
const HEADER: PtpMessageParts['header'] = {
  sdoId: 0,
  minorVersion: 1,
  domain: 24,
  flags: FLAGS.twoStep | FLAGS.ptpTimescale,
  correctionScaledNs: -1n,
  sourcePort: PORT,
  sequenceId: 0xffff,
  logInterval: -3,
}
const ORIGIN_NS = 1_768_478_437_123_456_789n

const MESSAGES: readonly PtpMessageParts[] = [
  { header: HEADER, body: { type: 'sync', originNs: ORIGIN_NS } },
  { header: HEADER, body: { type: 'follow-up', originNs: ORIGIN_NS }, tlvs: [{ type: 3, value: new Uint8Array(28) }] },
  { header: HEADER, body: { type: 'delay-req', originNs: 0n } },
  { header: HEADER, body: { type: 'delay-resp', receivedNs: ORIGIN_NS, requestingPort: PORT } },
  {
    header: HEADER,
    body: {
      type: 'announce',
      originNs: 0n,
      currentUtcOffset: 37,
      priority1: 128,
      clockClass: 6,
      clockAccuracy: 0x21,
      offsetScaledLogVariance: 0x4e5d,
      priority2: 128,
      grandmasterIdentity: PORT.clockIdentity,
      stepsRemoved: 0,
      timeSource: 0x20,
    },
    tlvs: [{ type: 8, value: PORT.clockIdentity }],
  },
  {
    header: HEADER,
    body: { type: 'signaling', targetPort: PORT },
    tlvs: [
      encodeUnicast({ kind: 'request', of: 'sync', logInterval: -3, seconds: 300 }),
      encodeUnicast({ kind: 'grant', of: 'delay-resp', logInterval: -3, seconds: 300, renewal: true }),
      encodeUnicast({ kind: 'cancel', of: 'announce' }),
    ],
  },
]

export const PTP_TARGETS: readonly Target[] = [
  {
    name: 'ptp messages',
    corpus: MESSAGES.map(encodeMessage),
    inputs: almostBytes,
    take(bytes) {
      const decoded = decodeMessage(bytes)
      if (!decoded.ok) return decoded
      const refused = decoded.value?.tlvs.map(decodeUnicast).find((each) => !each.ok)
      return refused === undefined || refused.ok ? ACCEPTED : refused
    },
  },
]
