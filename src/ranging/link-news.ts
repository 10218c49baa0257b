import { assert, unreachable } from '../core/assert.ts'
import { STAMP_KINDS } from '../core/stamp.ts'
import { type MonoNs, monoNs, rangingNs } from '../core/time.ts'
import type { RangingSample } from './link-clock.ts'
import type { SegmentId } from './stamp.ts'

/** What an exchange found out about the link to its peer. */
export type LinkNews =
  | { readonly type: 'sample'; readonly sample: RangingSample }
  /** An authentic answer came; its sample follows when the peer has told its transmit stamp. */
  | { readonly type: 'answered'; readonly at: MonoNs }
  | { readonly type: 'lost'; readonly count: number }
  /** The peer's ranging clock is in this segment from now on. */
  | { readonly type: 'segment'; readonly peer: SegmentId }

export interface PeerNews {
  readonly peer: number
  readonly news: LinkNews
}

/** News as bytes of one size, for memory that two threads share. */
export const NEWS_BYTES = 72
const TYPES = ['sample', 'answered', 'lost', 'segment'] as const satisfies readonly LinkNews['type'][]

// Offsets; `value` is the instant, count or φ of whatever it is.
const AT = {
  type: 0,
  stampKind: 1,
  peer: 2,
  peerRate: 4,
  value: 8,
  at: 16,
  uncertainty: 24,
  roundTrip: 32,
  ownSegment: 40,
  peerSegment: 48,
  peerBootId: 56,
} as const

export function writeNews(view: DataView, { peer, news }: PeerNews): void {
  view.setUint8(AT.type, TYPES.indexOf(news.type))
  view.setUint16(AT.peer, peer)
  switch (news.type) {
    case 'answered':
      view.setBigInt64(AT.value, news.at)
      break
    case 'lost':
      view.setBigInt64(AT.value, BigInt(news.count))
      break
    case 'segment':
      writePeerSegment(view, news.peer)
      break
    case 'sample':
      writeSample(view, news.sample)
      break
    default:
      unreachable(news)
  }
}

/** `ownBootId`: that of this node's ranging clock, which has one for as long as the process lives. */
export function readNews(view: DataView, ownBootId: Uint8Array): PeerNews {
  const type = TYPES[view.getUint8(AT.type)]
  assert(type !== undefined, 'memory in which news was written')
  return { peer: view.getUint16(AT.peer), news: newsOf(type, view, ownBootId) }
}

function newsOf(type: LinkNews['type'], view: DataView, ownBootId: Uint8Array): LinkNews {
  const value = view.getBigInt64(AT.value)
  if (type === 'answered') return { type, at: monoNs(value) }
  if (type === 'lost') return { type, count: Number(value) }
  const peer = readPeerSegment(view)
  if (type === 'segment') return { type, peer }
  const stampKind = STAMP_KINDS[view.getUint8(AT.stampKind)]
  assert(stampKind !== undefined, 'memory in which a sample was written')
  const sample: RangingSample = {
    at: rangingNs(view.getBigInt64(AT.at)),
    phiNs: value,
    uncertaintyNs: view.getBigInt64(AT.uncertainty),
    roundTripNs: view.getBigInt64(AT.roundTrip),
    stampKind,
    own: { bootId: ownBootId, segment: Number(view.getBigInt64(AT.ownSegment)) },
    peer,
    peerRatePpb: BigInt(view.getUint32(AT.peerRate)),
  }
  return { type, sample }
}

function writeSample(view: DataView, sample: RangingSample): void {
  view.setUint8(AT.stampKind, STAMP_KINDS.indexOf(sample.stampKind))
  view.setUint32(AT.peerRate, Number(sample.peerRatePpb))
  view.setBigInt64(AT.value, sample.phiNs)
  view.setBigInt64(AT.at, sample.at)
  view.setBigInt64(AT.uncertainty, sample.uncertaintyNs)
  view.setBigInt64(AT.roundTrip, sample.roundTripNs)
  view.setBigInt64(AT.ownSegment, BigInt(sample.own.segment))
  writePeerSegment(view, sample.peer)
}

function writePeerSegment(view: DataView, { bootId, segment }: SegmentId): void {
  view.setBigInt64(AT.peerSegment, BigInt(segment))
  for (const [index, byte] of bootId.entries()) view.setUint8(AT.peerBootId + index, byte)
}

function readPeerSegment(view: DataView): SegmentId {
  const bootId = new Uint8Array(NEWS_BYTES - AT.peerBootId)
  for (let index = 0; index < bootId.length; index++) bootId[index] = view.getUint8(AT.peerBootId + index)
  return { bootId, segment: Number(view.getBigInt64(AT.peerSegment)) }
}
