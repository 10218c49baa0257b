import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../core/bytes.ts'
import { monoNs, plus } from '../core/time.ts'
import { createSentPackets, type SentPacket } from './sent-packets.ts'

const START = monoNs(1_000_000_000n)
const MS = 1_000_000n

function packet(token: string, bytes: readonly number[], address = [192, 0, 2, 1], port = 319): SentPacket<string> {
  const before = { at: START, errorNs: 100n, kind: 'user' } as const
  return { serial: 0, token, bytes: Uint8Array.from(bytes), address: Uint8Array.from(address), port, before }
}

/** The packet behind an Ethernet, an IPv4 and a UDP header, as the kernel returns it. */
function frameOf({ bytes, address, port }: SentPacket<string>, padding = 0): Uint8Array {
  const head = new Uint8Array(14 + 20 - 4)
  const udp = Uint8Array.of(1, 2, port >> 8, port & 0xff, 0, bytes.length + 8, 9, 9)
  return concatBytes(head, address, udp, bytes, new Uint8Array(padding))
}

test('a stamp goes to the packet that it came with, in whatever order', () => {
  const arbitrary = fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 12 }), {
    minLength: 2,
    maxLength: 20,
    selector: (bytes) => bytes.join(),
  })
  fc.assert(
    fc.property(arbitrary, fc.infiniteStream(fc.nat()), fc.nat({ max: 46 }), (all, picks, padding) => {
      const sent = createSentPackets<string>()
      const packets = all.map((bytes, index) => packet(String(index), [...bytes]))
      for (const each of packets) assert.deepEqual(sent.add(each), [])
      while (packets.length > 0) {
        const [picked] = packets.splice((picks.next().value ?? 0) % packets.length, 1)
        assert.ok(picked !== undefined)
        assert.equal(sent.take(frameOf(picked, padding)), picked)
        assert.equal(sent.take(frameOf(picked, padding)), undefined)
      }
    }),
  )
})

test('equal packets are told apart by where they went, or not at all', () => {
  const sent = createSentPackets<string>()
  const [first, second, third] = [
    packet('first', [1, 2, 3]),
    packet('second', [1, 2, 3], [192, 0, 2, 2]),
    packet('third', [1, 2, 3], [192, 0, 2, 2], 320),
  ] as const
  for (const each of [first, second, third]) sent.add(each)
  assert.equal(sent.take(frameOf(second))?.token, 'second')
  assert.equal(sent.take(frameOf(third))?.token, 'third')
  sent.add(packet('again', [1, 2, 3]))
  assert.equal(sent.take(frameOf(first)), undefined)
})

test('what is no frame of ours takes nothing out, whatever it is', () => {
  const sent = createSentPackets<string>()
  sent.add(packet('ours', [1, 2, 3, 4]))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (frame) => {
      assert.equal(sent.take(frame), undefined)
    }),
  )
  assert.equal(sent.take(frameOf(packet('', [1, 2, 3, 5]))), undefined)
  assert.equal(sent.take(frameOf(packet('', [0, 1, 2, 3, 4]))), undefined)
  assert.equal(sent.take(frameOf(packet('', [1, 2, 3, 4])))?.token, 'ours')
})

test('packets wait for a limited time, and a limited number of them', () => {
  const sent = createSentPackets<number>()
  assert.equal(sent.nextExpiryAt(), undefined)
  const numbered = (index: number): SentPacket<number> => {
    const before = { at: plus(START, BigInt(index) * MS), errorNs: 0n, kind: 'user' } as const
    return { ...packet('', [index >> 8, index & 0xff]), serial: index, token: index, before }
  }
  const packets = Array.from({ length: 300 }, (_, index) => numbered(index))
  const givenUp = packets.flatMap((each) => sent.add(each)).map(({ token }) => token)
  assert.deepEqual(
    givenUp,
    Array.from({ length: 300 - 256 }, (_, index) => index),
  )
  sent.withdraw(50)
  sent.withdraw(7)
  assert.equal(sent.nextExpiryAt(), plus(START, 244n * MS))
  const expired = sent.expire(plus(START, 260n * MS)).map(({ token }) => token)
  assert.deepEqual(expired, [44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60])
  assert.equal(sent.expire(plus(START, 10_000n * MS)).length, 300 - 61)
  assert.deepEqual(sent.expire(plus(START, 20_000n * MS)), [])
})
