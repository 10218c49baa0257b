import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stamp } from '../core/stamp.ts'
import { type MonoNs, monoNs, rangingNs } from '../core/time.ts'
import { hmacSha256 } from '../crypto/hmac.ts'
import type { PeerNews } from '../ranging/link-news.ts'
import { createNewsMemory, createNewsReader } from './news-ring.ts'
import { createRangingRun, type RangingRun } from './ranging-run.ts'
import { shareFreshMemory } from './shared-session-memory.ts'
import type { PacketToSend, StampBatch } from './stamp-messages.ts'

const MS = 1_000_000n
const FLIGHT_NS = 1_000n
const KEYS = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] as const
const AHEAD_NS = [0n, 5_000n] as const
const ADDRESSES = ['127.0.0.1', '127.0.0.2'] as const

interface End {
  run: RangingRun
  readonly memory: SharedArrayBuffer
  readonly out: PacketToSend[]
  news(): readonly PeerNews[]
}

/** Two ends on one oscillator, whose packets are carried by hand; the second one's ranging clock is 5 µs ahead. */
function createEnds() {
  let now: MonoNs = monoNs(1_000n * MS)
  const stamp = (kind: Stamp['kind'] = 'kernel'): Stamp => ({ at: now, errorNs: 10n, kind })
  const start = (self: 0 | 1, news: SharedArrayBuffer, out: PacketToSend[]): RangingRun =>
    createRangingRun(
      {
        self,
        family: 4,
        peers: [{ id: 1 - self, ranging: { address: ADDRESSES[1 - self] ?? '', port: 9 } }],
        seed: self,
        segment: segmentOf(self, 1),
        news,
      },
      { mac: hmacSha256, now: () => now, stampNow: () => stamp('user'), send: (packet) => out.push(packet) },
    )
  const open = (self: 0 | 1): End => {
    const [news, out]: [SharedArrayBuffer, PacketToSend[]] = [createNewsMemory(1), []]
    const reader = createNewsReader(news, segmentOf(self, 1).bootId)
    return { run: start(self, news, out), memory: news, out, news: reader.read }
  }
  const ends = [open(0), open(1)] as const
  const sessions = [shareFreshMemory(), shareFreshMemory()] as const
  const setKeys = (self: 0 | 1): void =>
    ends[self].run.obey({
      type: 'keys',
      peer: 1 - self,
      keys: { send: KEYS[self], receive: KEYS[1 - self] as Uint8Array },
      memory: sessions[self],
    })
  /** Everything that is to be sent leaves and comes, until there is nothing more. */
  const carry = (): void => {
    for (let self: 0 | 1 = 0; ends.some(({ out }) => out.length > 0); self = self === 0 ? 1 : 0) {
      for (const { bytes } of ends[self].out.splice(0)) {
        ends[self].run.take(batch({ sent: [{ frame: frameOf(bytes), stamp: stamp() }] }))
        now = monoNs(now + FLIGHT_NS)
        ends[1 - self]?.run.take(
          batch({ packets: [{ bytes, from: { address: '127.0.0.1', port: 9 }, stamp: stamp() }] }),
        )
      }
    }
  }
  const pass = (ms: bigint): void => {
    now = monoNs(now + ms * MS)
    for (const { run } of ends) run.wake(now)
  }
  const restart = (self: 0 | 1): void => {
    ends[self].run = start(self, ends[self].memory, ends[self].out)
    setKeys(self)
  }
  return { ends, setKeys, carry, pass, restart }
}

function segmentOf(self: 0 | 1, segment: number) {
  const course = { anchorMono: monoNs(0n), anchorRanging: rangingNs(AHEAD_NS[self]), ratePpb: 0n }
  return { bootId: new Uint8Array(16).fill(self + 1), segment, boundPpb: 200n, course }
}

function batch(part: Partial<StampBatch>): StampBatch {
  return { id: 1, packets: [], sent: [], unsent: [], lost: new Map(), fault: undefined, ...part }
}

/** As the kernel returns it: behind a UDP header. */
function frameOf(bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(8 + bytes.length)
  new DataView(frame.buffer).setUint16(4, frame.length)
  frame.set(bytes, 8)
  return frame
}

const samplesOf = (news: readonly PeerNews[]) =>
  news.flatMap(({ news: each }) => (each.type === 'sample' ? [each.sample] : []))

function rangedEnds() {
  const world = createEnds()
  world.setKeys(0)
  world.setKeys(1)
  for (let round = 0; round < 8; round++) {
    world.pass(170n)
    world.carry()
  }
  return world
}

test('two ends measure how their clocks stand, and there is nothing to tell', () => {
  const { ends } = rangedEnds()
  const [here, there] = ends.map((end) => samplesOf(end.news()))
  assert.ok(here !== undefined && there !== undefined && here.length >= 6 && there.length >= 6)
  for (const { phiNs, uncertaintyNs } of here)
    assert.ok(phiNs - uncertaintyNs <= 5_000n && 5_000n <= phiNs + uncertaintyNs)
  for (const { phiNs, uncertaintyNs } of there)
    assert.ok(phiNs - uncertaintyNs <= -5_000n && -5_000n <= phiNs + uncertaintyNs)
  for (const { run } of ends) assert.equal(run.tell(), undefined)
})

test('who takes over ranges on under the same keys, and refuses what was accepted before', () => {
  const { ends, carry, pass, restart } = rangedEnds()
  const [first, second] = ends
  // A request that was answered, and is kept by somebody.
  pass(170n)
  const request = first.out[0]
  assert.ok(request !== undefined)
  carry()
  second.run.tell()
  second.news()
  restart(1)
  second.run.take(
    batch({
      packets: [
        {
          bytes: request.bytes,
          from: { address: '127.0.0.1', port: 9 },
          stamp: { at: monoNs(0n), errorNs: 0n, kind: 'kernel' },
        },
      ],
    }),
  )
  assert.deepEqual(
    second.run.tell()?.packetFaults.map(({ fault, times }) => [fault.code, times]),
    [['ranging.replay', 1]],
  )
  assert.equal(second.out.length, 0)
  for (let round = 0; round < 4; round++) {
    pass(170n)
    carry()
  }
  assert.ok(samplesOf(second.news()).length >= 2)
  // Its own numbers go on as well: the other end takes none of them for an old one.
  assert.deepEqual([first.run.tell(), second.run.tell()], [undefined, undefined])
})

test('samples are of the segment that it was told of', () => {
  const { ends, carry, pass } = rangedEnds()
  ends[0].news()
  ends[0].run.obey({ type: 'segment', segment: segmentOf(0, 2) })
  for (let round = 0; round < 4; round++) {
    pass(170n)
    carry()
  }
  const segments = samplesOf(ends[0].news()).map(({ own }) => own.segment)
  assert.ok(segments.length >= 2 && segments.every((segment) => segment === 2))
})

test('faults are counted by their codes, refused packets apart from those of the socket', () => {
  const { ends, pass } = rangedEnds()
  const { run, out } = ends[0]
  const from = { address: '127.0.0.1', port: 9 }
  const stamp: Stamp = { at: monoNs(0n), errorNs: 0n, kind: 'user' }
  const forged = { bytes: new Uint8Array(104), from, stamp }
  run.take(batch({ packets: [forged, forged], lost: new Map([['socket.cut', 3]]) }))
  pass(170n)
  const serial = out[0]?.serial ?? 0
  run.take(batch({ unsent: [{ serial, fault: { code: 'socket.send', message: 'no way' } }] }))
  const told = run.tell()
  assert.deepEqual(
    told?.packetFaults.map(({ times }) => times),
    [2],
  )
  assert.deepEqual(told?.faults, [{ fault: { code: 'socket.send', message: 'no way' }, times: 1 }])
  assert.deepEqual(told?.lost, new Map([['socket.cut', 3]]))
  assert.equal(run.tell(), undefined)
})

test('without a stamp in time that of the program stands in, and is counted', () => {
  const { ends, pass } = rangedEnds()
  pass(170n)
  pass(201n)
  assert.ok((ends[0].run.tell()?.lost.get('stamp.late') ?? 0) >= 1)
})

test('without keys nothing is sent, and nobody is woken', () => {
  const { ends, pass } = rangedEnds()
  for (const [self, { run, out }] of ends.entries()) {
    run.obey({ type: 'drop-keys', peer: 1 - self })
    out.length = 0
  }
  pass(1_000n)
  assert.deepEqual(
    ends.map(({ out, run }) => [out.length, run.nextWakeAt()]),
    [
      [0, undefined],
      [0, undefined],
    ],
  )
})
