import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeMessage, encodeMessage, type PtpMessageParts } from './message.ts'

/** Like the objects that are read. */
function record<T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true })
}

const identity = fc.uint8Array({ minLength: 8, maxLength: 8 })
const port = record({ clockIdentity: identity, portNumber: fc.nat(0xffff) })
const timestampNs = fc
  .tuple(fc.bigInt(0n, 2n ** 48n - 1n), fc.bigInt(0n, 999_999_999n))
  .map(([seconds, ns]) => seconds * 1_000_000_000n + ns)

const body: fc.Arbitrary<PtpMessageParts['body']> = fc.oneof(
  record({
    type: fc.constantFrom('sync' as const, 'delay-req' as const, 'follow-up' as const),
    originNs: timestampNs,
  }),
  record({ type: fc.constant('delay-resp' as const), receivedNs: timestampNs, requestingPort: port }),
  record({ type: fc.constant('signaling' as const), targetPort: port }),
  record({
    type: fc.constant('announce' as const),
    originNs: timestampNs,
    currentUtcOffset: fc.integer({ min: -0x8000, max: 0x7fff }),
    priority1: fc.nat(0xff),
    clockClass: fc.nat(0xff),
    clockAccuracy: fc.nat(0xff),
    offsetScaledLogVariance: fc.nat(0xffff),
    priority2: fc.nat(0xff),
    grandmasterIdentity: identity,
    stepsRemoved: fc.nat(0xffff),
    timeSource: fc.nat(0xff),
  }),
)
const header = record({
  sdoId: fc.nat(0xfff),
  minorVersion: fc.nat(0xf),
  domain: fc.nat(0xff),
  flags: fc.nat(0xffff),
  correctionScaledNs: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  sourcePort: port,
  sequenceId: fc.nat(0xffff),
  logInterval: fc.integer({ min: -128, max: 127 }),
})
const tlv = record({
  type: fc.nat(0xffff),
  value: fc.uint8Array({ maxLength: 20 }).map((value) => value.subarray(0, value.length & ~1)),
})

test('a message that is written reads back as it was, whatever padding follows', () => {
  fc.assert(
    fc.property(
      header,
      body,
      fc.array(tlv, { maxLength: 3 }),
      fc.nat(20),
      (writtenHeader, writtenBody, tlvs, padding) => {
        const bytes = encodeMessage({ header: writtenHeader, body: writtenBody, tlvs })
        const padded = new Uint8Array(bytes.length + padding)
        padded.set(bytes)
        const decoded = decodeMessage(padded)
        assert.ok(decoded.ok && decoded.value !== undefined)
        const { type, messageBytes, ...rest } = decoded.value.header
        assert.deepEqual([type, messageBytes], [writtenBody.type, bytes.length])
        assert.deepEqual({ ...decoded.value, header: rest }, { header: writtenHeader, body: writtenBody, tlvs })
      },
    ),
  )
})

const SYNC: PtpMessageParts = {
  header: {
    sdoId: 0,
    minorVersion: 1,
    domain: 0,
    flags: 0,
    correctionScaledNs: 0n,
    sourcePort: { clockIdentity: new Uint8Array(8), portNumber: 1 },
    sequenceId: 0,
    logInterval: 0,
  },
  body: { type: 'sync', originNs: 1n },
}

function complaintOf(bytes: Uint8Array): string {
  const decoded = decodeMessage(bytes)
  assert.ok(!decoded.ok)
  return `${decoded.fault.code}: ${decoded.fault.message}`
}

test('bodies that are cut, timestamps that are none and TLVs that do not fit are told', () => {
  const bytes = encodeMessage({ ...SYNC, tlvs: [{ type: 3, value: new Uint8Array(6) }] })
  const changed = (at: number, value: number): Uint8Array => bytes.with(at, value)
  assert.equal(complaintOf(changed(3, 40)), 'ptp.length: PTP sync: expected at least 44 bytes, got 40')
  assert.equal(
    complaintOf(changed(40, 0xff)),
    'ptp.timestamp: PTP sync: expected nanoseconds below 1000000000, got 4278190081',
  )
  assert.equal(
    complaintOf(changed(47, 7)),
    'ptp.tlv: PTP sync: TLV 0 of type 0x0003: expected an even length up to 6, got 7',
  )
  assert.equal(
    complaintOf(changed(47, 8)),
    'ptp.tlv: PTP sync: TLV 0 of type 0x0003: expected an even length up to 6, got 8',
  )
  assert.equal(complaintOf(changed(47, 4)), 'ptp.tlv: PTP sync: TLV 1: expected at least 4 bytes, got 2')
})

test('messages that tell no time are passed over', () => {
  const bytes = encodeMessage(SYNC)
  assert.deepEqual(decodeMessage(bytes.with(0, 0x0d)), { ok: true, value: undefined })
})
