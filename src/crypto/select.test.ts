import assert from 'node:assert/strict'
import { test } from 'node:test'
import { selectMlDsa } from './select.ts'

test('the pinned runtime selects OpenSSL', () => {
  assert.match(selectMlDsa().name, /^OpenSSL 3\./)
})

test('a runtime whose OpenSSL lacks ML-DSA-87 selects noble', () => {
  assert.equal(selectMlDsa(false).name, '@noble/post-quantum')
})
