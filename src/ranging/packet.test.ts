import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../core/bytes.ts'
import { STAMP_KINDS } from '../core/stamp.ts'
import { INSTANT_LIMIT_NS, rangingNs } from '../core/time.ts'
import {
  decodePacket,
  encodePacket,
  PACKET_BYTES,
  type RangingPacket,
  type ResponseBody,
  readSender,
} from './packet.ts'
import { createPacketKey, type Mac } from './packet-key.ts'

const mac: Mac = (key, bytes) => createHmac('sha256', key).update(bytes).digest()
const key = createPacketKey(
  Uint8Array.from({ length: 32 }, (_, i) => i),
  mac,
)
const otherKey = createPacketKey(
  Uint8Array.from({ length: 32 }, (_, i) => 255 - i),
  mac,
)

/** Records as they are written, not with a null prototype. */
const plain = { noNullPrototype: true }

const stampArbitrary = fc.record(
  {
    rangingNs: fc.bigInt(-INSTANT_LIMIT_NS, INSTANT_LIMIT_NS).map(rangingNs),
    errorNs: fc.bigInt(0n, 1_000_000_000n),
    kind: fc.constantFrom(...STAMP_KINDS),
  },
  plain,
)
const sequenceArbitrary = fc.bigInt(1n, (1n << 64n) - 1n)
const headArbitrary = {
  sender: fc.constant(3),
  receiver: fc.constant(65_535),
  ratePpb: fc.bigInt(0n, 1_000_000_000n),
  sequence: sequenceArbitrary,
  bootId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  segment: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
}
const packetArbitrary: fc.Arbitrary<RangingPacket> = fc.oneof(
  fc.record(
    {
      type: fc.constant('request' as const),
      ...headArbitrary,
      previous: fc.option(
        fc.record({ sequence: sequenceArbitrary, sent: stampArbitrary, received: stampArbitrary }, plain),
        { nil: undefined },
      ),
    },
    plain,
  ),
  fc.record(
    {
      type: fc.constant('response' as const),
      ...headArbitrary,
      received: stampArbitrary,
      previous: fc.option(fc.record({ sequence: sequenceArbitrary, sent: stampArbitrary }, plain), { nil: undefined }),
    },
    plain,
  ),
)

/** The example of docs/wire.md. */
const example: RangingPacket & ResponseBody = {
  type: 'response',
  sender: 2,
  receiver: 0,
  ratePpb: 50_000n,
  sequence: 7n,
  bootId: Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i),
  segment: 1,
  received: { rangingNs: rangingNs(1_800_000_037_000_000_123n), errorNs: 210n, kind: 'user' },
  previous: { sequence: 6n, sent: { rangingNs: rangingNs(1_800_000_036_875_042_001n), errorNs: 210n, kind: 'user' } },
}

const codeOf = (bytes: Uint8Array, sender = 3, receiver = 65_535, under = key) => {
  const decoded = decodePacket(bytes, sender, receiver, under)
  return decoded.ok ? undefined : decoded.fault.code
}

/** A packet with some bytes changed by somebody who holds the key. */
const resigned = (bytes: Uint8Array, at: number, ...values: readonly number[]) => {
  const changed = Uint8Array.from(bytes)
  changed.set(values, at)
  changed.set(key.tag(changed.subarray(0, 88)), 88)
  return changed
}

test('every packet comes back as it was, and a response is exactly as large as a request', () => {
  fc.assert(
    fc.property(packetArbitrary, (packet) => {
      const bytes = encodePacket(packet, key)
      assert.equal(bytes.length, PACKET_BYTES)
      assert.deepEqual(readSender(bytes), { ok: true, value: 3 })
      assert.deepEqual(decodePacket(bytes, 3, 65_535, key), { ok: true, value: packet })
    }),
  )
})

test('the published layout is the one that is sent, to the byte', () => {
  const wire = readFileSync(new URL('../../docs/wire.md', import.meta.url), 'utf8')
  const block = /```hex\n([0-9a-f\s]+)```/.exec(wire)?.[1]?.replaceAll(/\s/g, '')
  assert.equal(block, toHex(encodePacket(example, key)))
})

test('a packet with any one bit flipped is refused', () => {
  fc.assert(
    fc.property(packetArbitrary, fc.nat({ max: PACKET_BYTES * 8 - 1 }), (packet, bit) => {
      const bytes = encodePacket(packet, key)
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      assert.notEqual(codeOf(bytes), undefined)
    }),
    { numRuns: 1_000 },
  )
})

test('a packet of any other length is refused, and arbitrary bytes never throw', () => {
  fc.assert(
    fc.property(packetArbitrary, fc.nat({ max: 200 }), (packet, length) => {
      const bytes = new Uint8Array(length)
      bytes.set(encodePacket(packet, key).subarray(0, length))
      assert.equal(codeOf(bytes), length === PACKET_BYTES ? undefined : 'ranging.length')
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ minLength: PACKET_BYTES, maxLength: PACKET_BYTES }), (bytes) => {
      assert.equal(codeOf(bytes), 'ranging.version')
    }),
  )
})

test('a packet of other members, of another session or under a forged tag is told apart', () => {
  const bytes = encodePacket(example, key)
  assert.equal(codeOf(bytes, 2, 0), undefined)
  assert.equal(codeOf(bytes, 1, 0), 'ranging.sender')
  assert.equal(codeOf(bytes, 2, 1), 'ranging.sender')
  assert.equal(codeOf(bytes, 2, 0, otherKey), 'ranging.key')
  const forged = encodePacket(example, { ...otherKey, id: key.id })
  assert.equal(codeOf(forged, 2, 0), 'ranging.mac')
})

test('a field outside its range is refused also when the tag is right', () => {
  const response = encodePacket(example, key)
  const request = encodePacket({ ...example, type: 'request', previous: undefined }, key)
  const { received, previous } = example
  assert.ok(previous !== undefined)
  const telling = encodePacket({ ...example, type: 'request', previous: { ...previous, received } }, key)
  const code = (bytes: Uint8Array) => codeOf(bytes, 2, 0)
  assert.equal(code(resigned(response, 4, 2)), 'ranging.version')
  assert.equal(code(resigned(response, 5, 3)), 'ranging.format', 'type')
  assert.equal(code(resigned(response, 6, 0)), 'ranging.format', 'a response without its receive stamp')
  assert.equal(code(resigned(response, 7, 4)), 'ranging.format', 'kind of stamp')
  assert.equal(code(resigned(response, 16, 0, 0, 0, 0, 0, 0, 0, 0)), 'ranging.format', 'sequence 0')
  assert.equal(code(resigned(response, 40, 0, 0x20)), 'ranging.format', 'segment 2^53')
  assert.equal(code(resigned(response, 48, 0x3b, 0x9a, 0xca, 0x01)), 'ranging.format', 'rate of 10^9 + 1 ppb')
  assert.equal(code(resigned(response, 52, 0x3b, 0x9a, 0xca, 0x01)), 'ranging.format', 'stamp error of 1 s + 1 ns')
  assert.equal(code(resigned(response, 56, 0x40, 0, 0, 0, 0, 0, 0, 1)), 'ranging.format', 'instant of 2^62 + 1')
  assert.equal(code(resigned(response, 64, 0, 0, 0, 0, 0, 0, 0, 0)), 'ranging.format', 'a transmit stamp of nothing')
  assert.equal(code(resigned(response, 87, 1)), 'ranging.format', 'reserved')
  assert.equal(code(resigned(request, 63, 1)), 'ranging.format', 'a request with a stamp')
  assert.equal(code(resigned(request, 6, 1)), 'ranging.format', 'a request with a kind of stamp')
  assert.equal(code(telling), undefined)
  assert.equal(code(resigned(telling, 6, 0)), 'ranging.format', 'an exchange without its receive stamp')
  assert.equal(code(resigned(telling, 7, 0)), 'ranging.format', 'an exchange without its transmit stamp')
  assert.equal(code(resigned(telling, 64, 0, 0, 0, 0, 0, 0, 0, 0)), 'ranging.format', 'stamps of no exchange')
})
