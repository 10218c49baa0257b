import { assert } from '../core/assert.ts'
import type { Fault } from '../core/fault.ts'
import type { Prng } from '../core/prng.ts'
import type { Stamp } from '../core/stamp.ts'
import { type MonoNs, plus } from '../core/time.ts'
import { createAdmission } from './admission.ts'
import type { LinkNews } from './link-news.ts'
import { encodePacket, type PacketBody } from './packet.ts'
import { createPacketKey, type Mac, type RangingKeys } from './packet-key.ts'
import { createRequester, type RequesterLimits } from './requester.ts'
import { createResponder, type ResponderLimits } from './responder.ts'
import { freshMemory, type SessionMemory } from './session-memory.ts'
import { type RangingClock, type SegmentId, sameSegment, stampOn } from './stamp.ts'
import { type Completed, compareClocks } from './two-way.ts'

/** Which packet of an exchange a transmit stamp belongs to. */
export interface PacketRef {
  readonly type: PacketBody['type']
  readonly sequence: bigint
}

export type ExchangeAction =
  /** Send these bytes to the peer, and tell `sent` when they left. */
  | { readonly type: 'send'; readonly packet: PacketRef; readonly bytes: Uint8Array }
  | LinkNews
  | { readonly type: 'fault'; readonly fault: Fault }

/** The two-way exchange with one peer under the keys of one TLS session. Pure: packets and stamps in, actions out. */
export interface Exchange {
  /** When `request` is due. */
  nextRequestAt(): MonoNs
  /** Makes the next request, at any time; the one after it is due a jittered period later. */
  request(now: MonoNs, clock: RangingClock): readonly ExchangeAction[]
  /** Has the next request due at another instant. */
  requestAt(at: MonoNs): void
  /** When a packet left. Stamps that come too late to be of use are dropped. */
  sent(packet: PacketRef, stamp: Stamp, clock: RangingClock): readonly ExchangeAction[]
  /** A packet from anybody. Whatever is wrong with it is a fault, and no sample comes of it. */
  receive(bytes: Uint8Array, stamp: Stamp, clock: RangingClock): readonly ExchangeAction[]
  /** How many requests are still without an answer: they are lost when the session ends. */
  unanswered(): number
}

export interface ExchangeLimits extends RequesterLimits, ResponderLimits {
  /** The mean time from one request to the next. Both ends learn from each, so a link has two samples in that time. */
  readonly requestPeriodNs: bigint
}

export interface ExchangeOptions {
  readonly self: number
  readonly peer: number
  readonly keys: RangingKeys
  readonly mac: Mac
  /** Spreads the requests, so that peers neither lock step nor all ask at once. */
  readonly prng: Prng
  readonly limits: ExchangeLimits
  readonly startAt: MonoNs
  /** Absent: a fresh one, for an exchange that is the first and the last under its keys. */
  readonly memory?: SessionMemory
}

export function createExchange(options: ExchangeOptions): Exchange {
  const { self, peer, prng, limits, memory = freshMemory() } = options
  const sendKey = createPacketKey(options.keys.send, options.mac)
  const receiveKey = createPacketKey(options.keys.receive, options.mac)
  const requester = createRequester(peer, limits, memory)
  const responder = createResponder(peer, limits)
  const admission = createAdmission(self, peer, receiveKey, (sequence) => requester.awaits(sequence), memory)
  let own: SegmentId | undefined
  let nextRequestAt = plus(options.startAt, partOf(limits.requestPeriodNs, prng))

  /** Notices a new segment of the own clock: stamps of two segments must never meet in one exchange. */
  const follow = (clock: RangingClock): SegmentId => {
    if (own !== undefined && sameSegment(own, clock)) return own
    own = { bootId: clock.bootId, segment: clock.segment }
    requester.abandon()
    responder.forget()
    return own
  }

  const send = (body: PacketBody, { bootId, segment, boundPpb }: RangingClock): ExchangeAction => {
    const { type, sequence } = body
    const head = { sender: self, receiver: peer, bootId, segment, ratePpb: boundPpb }
    return { type: 'send', packet: { type, sequence }, bytes: encodePacket({ ...head, ...body }, sendKey) }
  }

  const sampleOf = (completed: Completed, own: SegmentId, clock: RangingClock): ExchangeAction => {
    const peerSegment = admission.peerSegment()
    assert(peerSegment !== undefined, 'a completed exchange had a packet from the peer')
    return sampleBetween(own, peerSegment, completed, clock.boundPpb)
  }

  return {
    nextRequestAt: () => nextRequestAt,
    request: (now, clock) => {
      follow(clock)
      nextRequestAt = plus(now, (3n * limits.requestPeriodNs) / 4n + partOf(limits.requestPeriodNs / 2n, prng))
      const { sequence, previous, lost } = requester.open(now)
      const request = send({ type: 'request', sequence, previous }, clock)
      return lost === 0 ? [request] : [{ type: 'lost', count: lost }, request]
    },
    requestAt: (at) => {
      nextRequestAt = at
    },
    sent: ({ type, sequence }, stamp, clock) => {
      const own = follow(clock)
      const reading = stampOn(clock, stamp)
      if (!reading.ok) return [faulty(reading.fault)]
      if (type === 'response') {
        responder.sent(sequence, reading.value)
        return []
      }
      const completed = requester.sent(sequence, reading.value)
      return completed === undefined ? [] : [sampleOf(completed, own, clock)]
    },
    receive: (bytes, stamp, clock) => {
      const own = follow(clock)
      const reading = stampOn(clock, stamp)
      if (!reading.ok) return [faulty(reading.fault)]
      const admitted = admission.admit(bytes)
      if (!admitted.ok) return [faulty(admitted.fault)]
      const { packet, entered } = admitted.value
      if (entered !== undefined) {
        requester.forgetPeerStamps()
        responder.forgetPeerStamps()
      }
      const news: ExchangeAction[] = entered === undefined ? [] : [{ type: 'segment', peer: entered }]
      if (packet.type === 'request') {
        const { sequence, ratePpb, previous } = packet
        const told = previous === undefined ? undefined : responder.told(previous, ratePpb)
        if (told !== undefined) news.push(sampleOf(told, own, clock))
        const answer = responder.answer(sequence, ratePpb, reading.value, stamp.at)
        if (!answer.ok) return [...news, faulty(answer.fault)]
        return [...news, send({ type: 'response', sequence, ...answer.value }, clock)]
      }
      const completed = requester.answered(packet, packet.ratePpb, reading.value, stamp.at)
      if (!completed.ok) return [...news, faulty(completed.fault), { type: 'lost', count: 1 }]
      const samples = completed.value.map((exchange) => sampleOf(exchange, own, clock))
      return [...news, { type: 'answered', at: stamp.at }, ...samples]
    },
    unanswered: () => requester.unanswered(),
  }
}

function sampleBetween(own: SegmentId, peer: SegmentId, completed: Completed, ownRatePpb: bigint): ExchangeAction {
  const comparison = compareClocks({ ...completed, ownRatePpb })
  if (!comparison.ok) return faulty(comparison.fault)
  const { peerRatePpb } = completed
  return { type: 'sample', sample: { ...comparison.value, own, peer, peerRatePpb } }
}

function faulty(fault: Fault): ExchangeAction {
  return { type: 'fault', fault }
}

/** A uniform part of a duration. */
function partOf(durationNs: bigint, prng: Prng): bigint {
  return (durationNs * BigInt(prng.nextUint32())) >> 32n
}
