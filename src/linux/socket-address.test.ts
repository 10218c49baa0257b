import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { faultOf, unwrap } from '../../test/support/results.ts'
import {
  addressBytes,
  decodeSocketAddress,
  encodeSocketAddress,
  interfaceIndex,
  parseAddress,
} from './socket-address.ts'
import { readControlData } from './stamping-abi.ts'

test('every address that is written is read back, as the same text', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6())
  fc.assert(
    fc.property(address, fc.integer({ min: 0, max: 65_535 }), (text, port) => {
      const parts = unwrap(parseAddress(text))
      const encoded = encodeSocketAddress(parts, port)
      const decoded = decodeSocketAddress(encoded)
      assert.ok(decoded !== undefined)
      assert.equal(decoded.port, port)
      assert.deepEqual(addressBytes(encoded), parts.bytes)
      assert.equal(isIP(decoded.address), parts.family)
      assert.deepEqual(unwrap(parseAddress(decoded.address)), parts)
    }),
  )
})

test('the longest run of zero groups is the one that is left out', () => {
  for (const text of ['::', '::1', '1::', 'fe80::1', '2001:db8:0:1::2', '1:0:2:3:4:5:6:7', '2001:db8::1:0:0:1']) {
    assert.equal(decodeSocketAddress(encodeSocketAddress(unwrap(parseAddress(text)), 1))?.address, text)
  }
})

test('an interface behind a link-local address is known by name or number', () => {
  const index = unwrap(interfaceIndex('lo'))
  assert.equal(unwrap(parseAddress('fe80::1%lo')).scope, index)
  assert.equal(unwrap(parseAddress(`fe80::1%${index}`)).scope, index)
  assert.match(faultOf(parseAddress('fe80::1%none-such')).message, /"none-such": expected one, got none/)
  assert.equal(faultOf(interfaceIndex('a name that is far too long')).code, 'socket.interface')
  for (const text of ['', 'localhost', '192.0.2.1%lo', '1.2.3', '256.0.0.1', '::1::', ':'.repeat(200)]) {
    assert.equal(faultOf(parseAddress(text)).code, 'socket.address', text)
  }
})

test('whatever the kernel writes is read without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      decodeSocketAddress(bytes)
      const { softwareNs, hardwareNs } = readControlData(bytes)
      assert.ok(softwareNs !== 0n && hardwareNs !== 0n)
    }),
  )
})

test('control data that was cut says what is whole', () => {
  const whole = new Uint8Array(64 + 32)
  const view = new DataView(whole.buffer)
  view.setBigUint64(0, 64n, true)
  view.setInt32(8, 1, true)
  view.setInt32(12, 37, true)
  view.setBigInt64(16, 1n, true)
  view.setBigUint64(64, 32n, true)
  view.setInt32(72, 0, true)
  view.setInt32(76, 11, true)
  view.setUint8(64 + 16 + 4, 4)
  const none = { softwareNs: undefined, hardwareNs: undefined, error: undefined }
  assert.deepEqual(readControlData(whole), {
    ...none,
    softwareNs: 1_000_000_000n,
    error: { origin: 4, info: 0 },
  })
  assert.deepEqual(readControlData(whole.subarray(0, 95)), { ...none, softwareNs: 1_000_000_000n })
  assert.deepEqual(readControlData(whole.subarray(0, 63)), none)
})
