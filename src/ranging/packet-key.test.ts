import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { createPacketKey, equalTags, type Mac, TAG_BYTES } from './packet-key.ts'

const mac: Mac = (key, bytes) => createHmac('sha256', key).update(bytes).digest()

test('the tag is the first half of the MAC, and the id the beginning of that of its label', () => {
  // The id was computed apart, with the hmac module of Python.
  const key = createPacketKey(
    Uint8Array.from({ length: 32 }, (_, i) => i),
    mac,
  )
  assert.equal(key.id, 0x96dc53b4)
  assert.equal(key.tag(new Uint8Array()).length, TAG_BYTES)
})

test('tags are equal only when every byte and the length are', () => {
  const tag = Uint8Array.from({ length: TAG_BYTES }, (_, i) => i)
  assert.equal(equalTags(tag, Uint8Array.from(tag)), true)
  for (let i = 0; i < TAG_BYTES; i++) {
    assert.equal(
      equalTags(
        tag,
        tag.map((byte, at) => (at === i ? byte ^ 0x80 : byte)),
      ),
      false,
    )
  }
  assert.equal(equalTags(tag, tag.subarray(0, 15)), false)
  assert.equal(equalTags(tag.subarray(0, 15), tag), false)
})
