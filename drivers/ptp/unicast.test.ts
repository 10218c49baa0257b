import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeUnicast, encodeUnicast, type UnicastTlv } from './unicast.ts'

/** Like the objects that are read. */
function record<T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true })
}

const of = fc.constantFrom('announce' as const, 'sync' as const, 'delay-resp' as const, 'pdelay-resp' as const)
const terms = { of, logInterval: fc.integer({ min: -128, max: 127 }), seconds: fc.nat(0xffffffff) }
const unicast: fc.Arbitrary<UnicastTlv> = fc.oneof(
  record({ kind: fc.constant('request' as const), ...terms }),
  record({ kind: fc.constant('grant' as const), ...terms, renewal: fc.boolean() }),
  record({ kind: fc.constantFrom('cancel' as const, 'acknowledge-cancel' as const), of }),
)

test('what is negotiated reads back as it was written', () => {
  fc.assert(
    fc.property(unicast, (written) =>
      assert.deepEqual(decodeUnicast(encodeUnicast(written)), { ok: true, value: written }),
    ),
  )
})

test('a TLV of any type and length is terms, nothing or a fault', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), fc.uint8Array({ maxLength: 10 }), (type, value) => {
      const decoded = decodeUnicast({ type, value })
      if (!decoded.ok) assert.equal(decoded.fault.code, 'ptp.tlv')
      else if (decoded.value === undefined) assert.ok(type < 4 || type > 7)
    }),
  )
})

test('what cannot be negotiated is told', () => {
  const decoded = decodeUnicast({ type: 4, value: Uint8Array.of(0x80, 0, 0, 0, 0, 60) })
  assert.ok(!decoded.ok)
  assert.equal(decoded.fault.message, 'TLV of type 0x0004: expected a negotiable message, got 8')
})
