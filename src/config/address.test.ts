import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinAddress, splitAddress } from './address.ts'

test('addresses are taken apart and put together again, IPv6 with its brackets', () => {
  for (const [text, host, port] of [
    ['10.0.0.1:7400', '10.0.0.1', 7400],
    ['ts0.example:1', 'ts0.example', 1],
    ['[2001:db8::1]:65535', '2001:db8::1', 65_535],
    ['[::]:7401', '::', 7401],
  ] as const) {
    assert.deepEqual(splitAddress(text), { host, port })
    assert.equal(joinAddress({ host, port }), text)
  }
})
