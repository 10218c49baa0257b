import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { base64Bytes } from './base64.ts'

const text = (latin1: string): Uint8Array => new Uint8Array(Buffer.from(latin1, 'latin1'))

test('whatever the platform writes is read as it was', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (bytes) => {
      assert.deepEqual(base64Bytes(text(Buffer.from(bytes).toString('base64'))), bytes)
    }),
  )
})

test('nothing that is read could have been written otherwise', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const read = base64Bytes(bytes)
      if (read !== undefined) assert.deepEqual(text(Buffer.from(read).toString('base64')), bytes)
    }),
  )
  for (const other of ['', 'QQ', 'QQ=', 'QR==', 'Q===', 'QQ==QQ==', 'Q-_=', 'QUJ=']) {
    assert.equal(base64Bytes(text(other)), undefined, other)
  }
})
