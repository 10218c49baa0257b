import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { createPrng } from '../core/prng.ts'
import type { Stamp } from '../core/stamp.ts'
import { monoNs, rangingNs } from '../core/time.ts'
import { createExchange, type Exchange, type ExchangeAction, type ExchangeLimits } from './exchange.ts'
import { decodePacket, encodePacket, PACKET_BYTES } from './packet.ts'
import { createPacketKey, type Mac } from './packet-key.ts'
import type { RangingClock } from './stamp.ts'

const mac: Mac = (key, bytes) => createHmac('sha256', key).update(bytes).digest()
const upward = new Uint8Array(32).fill(0x5a)
const downward = new Uint8Array(32).fill(0xa5)
const MS = 1_000_000n
const limits: ExchangeLimits = {
  requestPeriodNs: 125n * MS,
  answerNsMax: 2_000n * MS,
  outstandingMax: 4,
  answersPerSecond: 32,
  answersBurst: 16,
}

const clockOf = (node: number, segment = 0, shiftNs = 0n): RangingClock => {
  const bootId = new Uint8Array(16).fill(node)
  return { bootId, segment, boundPpb: 0n, at: (mono) => rangingNs(mono + shiftNs) }
}
const at = (ms: bigint): Stamp => ({ at: monoNs(ms * MS), errorNs: 0n, kind: 'user' })

/** Node 0, which asks, and node 1, which answers; its clock is 7 s ahead. */
const pair = (more: Partial<ExchangeLimits> = {}): { asking: Exchange; answering: Exchange } => {
  const common = { mac, limits: { ...limits, ...more }, startAt: monoNs(0n) }
  const asking = createExchange({
    ...common,
    self: 0,
    peer: 1,
    keys: { send: upward, receive: downward },
    prng: createPrng(1),
  })
  const answering = createExchange({
    ...common,
    self: 1,
    peer: 0,
    keys: { send: downward, receive: upward },
    prng: createPrng(2),
  })
  return { asking, answering }
}
const here = clockOf(0)
const there = clockOf(1, 0, 7_000n * MS)

const sendOf = (actions: readonly ExchangeAction[]) => {
  const send = actions.find((action) => action.type === 'send')
  assert.ok(send !== undefined, `expected a packet to send, got ${actions.map((action) => action.type).join()}`)
  return send
}
const samplesOf = (actions: readonly ExchangeAction[]) =>
  actions.flatMap((a) => (a.type === 'sample' ? [a.sample] : []))
const faultsOf = (actions: readonly ExchangeAction[]) =>
  actions.flatMap((a) => (a.type === 'fault' ? [a.fault.code] : []))

const ask = ({ asking }: { asking: Exchange }, ms: bigint, clock = here) => {
  const request = sendOf(asking.request(monoNs(ms * MS), clock))
  asking.sent(request.packet, at(ms), clock)
  return request.bytes
}
const answer = ({ answering }: { answering: Exchange }, bytes: Uint8Array, ms: bigint, clock = there) => {
  const response = sendOf(answering.receive(bytes, at(ms), clock))
  answering.sent(response.packet, at(ms + 1n), clock)
  return response.bytes
}
const take = ({ asking }: { asking: Exchange }, bytes: Uint8Array, ms: bigint, clock = here) =>
  asking.receive(bytes, at(ms), clock)

/** Of t1 = 100, t2 = 102, t3 = 103, t4 = 107 ms, at `at` of the own clock. */
const sampleAt = (at: bigint, phiNs: bigint, [own, peer]: readonly [RangingClock, RangingClock]) => ({
  at,
  phiNs,
  uncertaintyNs: 3n * MS + 2n,
  roundTripNs: 6n * MS,
  stampKind: 'user',
  own: { bootId: own.bootId, segment: 0 },
  peer: { bootId: peer.bootId, segment: 0 },
  peerRatePpb: 0n,
})

test('the sample of an exchange is complete when the next response tells when the response to it left', () => {
  const nodes = pair()
  assert.deepEqual(samplesOf(take(nodes, answer(nodes, ask(nodes, 100n), 102n), 107n)), [])
  const actions = take(nodes, answer(nodes, ask(nodes, 200n), 203n), 208n)
  // The earlier exchange, at its own t4.
  assert.deepEqual(samplesOf(actions), [sampleAt(107n * MS, 6_999n * MS, [here, there])])
})

test('whoever answers has the sample of the same exchange when the next request tells the two stamps of the asker', () => {
  const nodes = pair()
  take(nodes, answer(nodes, ask(nodes, 100n), 102n), 107n)
  const actions = nodes.answering.receive(ask(nodes, 200n), at(203n), there)
  // The same the other way round, at its t3.
  assert.deepEqual(samplesOf(actions), [sampleAt(7_103n * MS, -6_999n * MS, [there, here])])
})

test('whoever answers takes nothing that spans a new segment of either clock', () => {
  for (const { asker, answerer } of [
    { asker: clockOf(0, 1, 5n * MS), answerer: there },
    { asker: here, answerer: clockOf(1, 1, 0n) },
  ]) {
    const nodes = pair()
    take(nodes, answer(nodes, ask(nodes, 100n), 102n), 107n)
    assert.deepEqual(samplesOf(nodes.answering.receive(ask(nodes, 200n, asker), at(203n), answerer)), [])
  }
})

test('an asker that tells of an exchange in its new segment all the same is not believed', () => {
  const nodes = pair()
  take(nodes, answer(nodes, ask(nodes, 100n), 102n), 107n)
  const request = decodePacket(ask(nodes, 200n), 0, 1, createPacketKey(upward, mac))
  assert.ok(request.ok && request.value.type === 'request' && request.value.previous !== undefined)
  const moved = encodePacket({ ...request.value, segment: 1 }, createPacketKey(upward, mac))
  const actions = nodes.answering.receive(moved, at(203n), there)
  assert.deepEqual([samplesOf(actions), faultsOf(actions)], [[], []])
})

test('an asker whose stamps no honest exchange can have is a fault, and is answered', () => {
  const nodes = pair()
  take(nodes, answer(nodes, ask(nodes, 100n), 102n), 107n)
  const request = decodePacket(ask(nodes, 200n), 0, 1, createPacketKey(upward, mac))
  assert.ok(request.ok && request.value.type === 'request' && request.value.previous !== undefined)
  const { previous } = request.value
  const received = { ...previous.received, rangingNs: rangingNs(100n * MS) }
  const lying = encodePacket({ ...request.value, previous: { ...previous, received } }, createPacketKey(upward, mac))
  assert.deepEqual(
    nodes.answering.receive(lying, at(203n), there).map((action) => action.type),
    ['fault', 'send'],
  )
})

test('the larger of the rate bounds that the peer told during an exchange counts', () => {
  for (const bounds of [
    [200n, 50_000n],
    [50_000n, 200n],
  ]) {
    const nodes = pair()
    const [first, second] = bounds.map((boundPpb) => ({ ...there, boundPpb }))
    take(nodes, answer(nodes, ask(nodes, 100n), 102n, first), 107n)
    const [sample] = samplesOf(take(nodes, answer(nodes, ask(nodes, 200n), 203n, second), 208n))
    assert.equal(sample?.peerRatePpb, 50_000n)
  }
})

test('responses out of order and transmit stamps that come late complete the same samples', () => {
  const nodes = pair()
  const requests = [100n, 110n, 120n].map((ms) => sendOf(nodes.asking.request(monoNs(ms * MS), here)))
  const responses = requests.map((request, i) => answer(nodes, request.bytes, 130n + 2n * BigInt(i)))
  const actions = [2, 0, 1].flatMap((i) => take(nodes, responses[i]!, 140n))
  assert.deepEqual(samplesOf(actions), [])
  const late = requests.flatMap((request, i) => nodes.asking.sent(request.packet, at(100n + 10n * BigInt(i)), here))
  assert.deepEqual(
    samplesOf(late).map((sample) => sample.roundTripNs),
    [39n * MS, 29n * MS],
  )
})

test('a lost response costs its own sample and that of the one before, no other', () => {
  const nodes = pair()
  let samples = 0
  for (let i = 0n; i < 10n; i++) {
    const response = answer(nodes, ask(nodes, 100n * i), 100n * i + 1n)
    if (i !== 5n) samples += samplesOf(take(nodes, response, 100n * i + 3n)).length
  }
  assert.equal(samples, 7)
})

test('no packet, repeated any number of times and in any order, has an effect twice', () => {
  const nodes = pair()
  const requests: Uint8Array[] = []
  const responses: Uint8Array[] = []
  for (let i = 0n; i < 100n; i++) {
    requests.push(ask(nodes, 100n * i))
    responses.push(answer(nodes, requests.at(-1)!, 100n * i + 1n))
    take(nodes, responses.at(-1)!, 100n * i + 3n)
  }
  const prng = createPrng(3)
  for (let i = 0; i < 500; i++) {
    const [request, response] = [requests[prng.nextBelow(100)]!, responses[prng.nextBelow(100)]!]
    assert.deepEqual(faultsOf(nodes.answering.receive(request, at(10_000n), there)), ['ranging.replay'])
    assert.deepEqual(
      nodes.asking.receive(response, at(10_000n), here).map((action) => action.type),
      ['fault'],
    )
    // Nor does a packet that is sent back to where it came from.
    assert.deepEqual(faultsOf(nodes.asking.receive(request, at(10_000n), here)), ['ranging.sender'])
  }
})

test('an answer that took too long is lost, and a request without one is given up', () => {
  const nodes = pair()
  const response = answer(nodes, ask(nodes, 0n), 1n)
  const late = take(nodes, response, 2_001n)
  assert.deepEqual(
    late.map((action) => action.type),
    ['segment', 'fault', 'lost'],
  )
  assert.deepEqual(faultsOf(late), ['ranging.late'])
  ask(nodes, 3_000n)
  const lost = nodes.asking.request(monoNs(5_001n * MS), here).filter((action) => action.type === 'lost')
  assert.deepEqual(lost, [{ type: 'lost', count: 1 }])
})

test('requests without an answer are bounded: the oldest is given up', () => {
  const nodes = pair()
  const first = ask(nodes, 0n)
  for (let i = 1n; i <= 10n; i++) ask(nodes, i)
  assert.equal(nodes.asking.unanswered(), limits.outstandingMax)
  assert.deepEqual(faultsOf(take(nodes, answer(nodes, first, 12n), 13n)), ['ranging.replay'])
})

test('a peer that asks too often is answered at the allowed rate, never with more bytes than it sent', () => {
  const nodes = pair({ outstandingMax: 2_000 })
  let answered = 0
  let refused = 0
  for (let ms = 0n; ms < 1_000n; ms++) {
    const actions = nodes.answering.receive(ask(nodes, ms), at(ms), there)
    for (const action of actions) {
      if (action.type === 'send') answered += 1
      if (action.type === 'send') assert.equal(action.bytes.length, PACKET_BYTES)
      if (action.type === 'fault') refused += Number(action.fault.code === 'ranging.rate')
    }
  }
  assert.equal(answered + refused, 1_000)
  assert.ok(answered >= 47 && answered <= 48, `got ${answered} answers`)
})

test('no sample spans a new segment of the own clock', () => {
  const nodes = pair()
  const fresh = clockOf(0, 1, 5n * MS)
  take(nodes, answer(nodes, ask(nodes, 100n), 101n), 103n)
  // One exchange waits for its transmit stamp, one for its response, when the clock starts afresh.
  const waiting = answer(nodes, ask(nodes, 200n), 201n)
  const useless = take(nodes, waiting, 203n, fresh)
  assert.deepEqual([faultsOf(useless), samplesOf(useless)], [[], []])
  assert.deepEqual(faultsOf(take(nodes, waiting, 204n, fresh)), ['ranging.replay'])
  assert.deepEqual(samplesOf(take(nodes, answer(nodes, ask(nodes, 300n, fresh), 301n), 303n, fresh)), [])
  const [sample] = samplesOf(take(nodes, answer(nodes, ask(nodes, 400n, fresh), 401n), 403n, fresh))
  assert.equal(sample?.own.segment, 1)
  assert.equal(sample?.at, 308n * MS)
})

test('no sample spans a new segment of the peer, and packets of the old one are refused', () => {
  const nodes = pair()
  const fresh = clockOf(1, 1, 0n)
  take(nodes, answer(nodes, ask(nodes, 100n), 101n), 103n)
  const held = answer(nodes, ask(nodes, 150n), 151n)
  const actions = take(nodes, answer(nodes, ask(nodes, 200n), 201n, fresh), 203n)
  assert.deepEqual(
    actions.map((action) => action.type),
    ['segment', 'answered'],
  )
  assert.deepEqual(faultsOf(take(nodes, held, 204n)), ['ranging.segment'])
  const [sample] = samplesOf(take(nodes, answer(nodes, ask(nodes, 300n), 301n, fresh), 303n))
  assert.equal(sample?.peer.segment, 1)
  assert.equal(sample?.phiNs, -500_000n + 500_000n)
})

test('a transmit stamp is not told in a later segment, and not taken when a peer tells it all the same', () => {
  const nodes = pair()
  const fresh = clockOf(1, 1, 0n)
  take(nodes, answer(nodes, ask(nodes, 100n), 101n), 103n)
  const honest = answer(nodes, ask(nodes, 200n), 201n, fresh)
  const key = createPacketKey(downward, mac)
  const response = decodePacket(honest, 1, 0, key)
  assert.ok(response.ok && response.value.type === 'response')
  assert.equal(response.value.previous, undefined)
  const sent = { rangingNs: rangingNs(7_102n * MS), errorNs: 0n, kind: 'user' } as const
  const telling = encodePacket({ ...response.value, previous: { sequence: 1n, sent } }, key)
  assert.deepEqual(samplesOf(take(nodes, telling, 203n)), [])
})

test('a peer cannot change its bootId within a session', () => {
  const nodes = pair()
  take(nodes, answer(nodes, ask(nodes, 100n), 101n), 103n)
  const reborn = { ...there, bootId: new Uint8Array(16).fill(9) }
  assert.deepEqual(faultsOf(take(nodes, answer(nodes, ask(nodes, 200n), 201n, reborn), 203n)), ['ranging.boot'])
})

test('a transmit stamp that came too late for the next response, or in another segment, is not told', () => {
  const nodes = pair()
  const first = sendOf(nodes.answering.receive(ask(nodes, 100n), at(101n), there))
  take(nodes, first.bytes, 103n)
  const second = answer(nodes, ask(nodes, 200n), 201n)
  nodes.answering.sent(first.packet, at(102n), there)
  assert.deepEqual(samplesOf(take(nodes, second, 203n)), [])
  const samples = samplesOf(take(nodes, answer(nodes, ask(nodes, 300n), 301n), 303n))
  assert.deepEqual(
    samples.map((sample) => sample.at),
    [203n * MS],
  )
})

test('a stamp that could be anything is a fault, and its packet is not used', () => {
  const nodes = pair()
  const request = ask(nodes, 100n)
  const wild: Stamp = { at: monoNs(101n * MS), errorNs: 1_000_000_001n, kind: 'kernel' }
  assert.deepEqual(faultsOf(nodes.answering.receive(request, wild, there)), ['ranging.stamp'])
  assert.equal(sendOf(nodes.answering.receive(request, at(102n), there)).packet.sequence, 1n)
})

test('requests are spread over three quarters to five quarters of the period', () => {
  const { asking } = pair()
  const gaps: bigint[] = []
  let now = asking.nextRequestAt()
  assert.ok(now < 125n * MS)
  for (let i = 0; i < 1_000; i++) {
    asking.request(now, here)
    gaps.push(asking.nextRequestAt() - now)
    now = asking.nextRequestAt()
  }
  assert.ok(gaps.every((gap) => gap >= (125n * MS * 3n) / 4n && gap <= (125n * MS * 5n) / 4n))
  const mean = gaps.reduce((sum, gap) => sum + gap) / 1_000n
  assert.ok(mean > 122n * MS && mean < 128n * MS, `got a mean of ${mean} ns`)
})
