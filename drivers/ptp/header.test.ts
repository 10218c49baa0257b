import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeHeader, FLAGS, HEADER_BYTES, MESSAGE_TYPES, type MessageType, writeHeader } from './header.ts'
import { formatClock, formatPort, PORT_IDENTITY_BYTES, samePort } from './port-identity.ts'

const header = fc.record(
  {
    type: fc.constantFrom(...(Object.keys(MESSAGE_TYPES) as MessageType[])),
    sdoId: fc.nat(0xfff),
    minorVersion: fc.nat(0xf),
    domain: fc.nat(0xff),
    flags: fc.nat(0xffff),
    correctionScaledNs: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    sourcePort: fc.record(
      { clockIdentity: fc.uint8Array({ minLength: 8, maxLength: 8 }), portNumber: fc.nat(0xffff) },
      { noNullPrototype: true },
    ),
    sequenceId: fc.nat(0xffff),
    logInterval: fc.integer({ min: -128, max: 127 }),
  },
  { noNullPrototype: true },
)

test('a header that is written reads back as it was', () => {
  fc.assert(
    fc.property(header, fc.integer({ min: HEADER_BYTES, max: 200 }), (written, messageBytes) => {
      const bytes = new Uint8Array(messageBytes)
      writeHeader(bytes, written)
      assert.deepEqual(decodeHeader(bytes), { ok: true, value: { ...written, messageBytes } })
    }),
  )
})

test('any bytes are a header or a fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const decoded = decodeHeader(bytes)
      if (decoded.ok) assert.ok(decoded.value.messageBytes <= bytes.length)
      else assert.match(decoded.fault.code, /^ptp\.(length|version|type)$/)
    }),
  )
})

test('a Sync of ptp4l 3.1.1 is read field by field', () => {
  const written = '0002002c00000200000000000000000000000000001122fffe334455000100070000'
  const bytes = Uint8Array.fromHex(written.padEnd(88, '0'))
  const decoded = decodeHeader(bytes)
  assert.ok(decoded.ok)
  const { type, flags, sourcePort, sequenceId, messageBytes } = decoded.value
  assert.deepEqual([type, flags, sequenceId, messageBytes], ['sync', FLAGS.twoStep, 7, 44])
  assert.equal(formatPort(sourcePort), '001122.fffe.334455-1')
  assert.equal(formatClock(sourcePort.clockIdentity), '001122.fffe.334455')
  assert.equal(bytes.length - HEADER_BYTES, PORT_IDENTITY_BYTES)
  assert.ok(samePort(sourcePort, { ...sourcePort }))
  assert.ok(!samePort(sourcePort, { ...sourcePort, portNumber: 2 }))
})

test('lengths that do not fit are told', () => {
  const bytes = new Uint8Array(44)
  writeHeader(bytes, {
    type: 'sync',
    sdoId: 0,
    minorVersion: 1,
    domain: 0,
    flags: 0,
    correctionScaledNs: 0n,
    sourcePort: { clockIdentity: new Uint8Array(8), portNumber: 1 },
    sequenceId: 0,
    logInterval: 0,
  })
  const cut = decodeHeader(bytes.subarray(0, 40))
  assert.ok(!cut.ok)
  assert.equal(cut.fault.message, 'PTP sync: expected a length from 34 to the 40 bytes received, got 44')
})
