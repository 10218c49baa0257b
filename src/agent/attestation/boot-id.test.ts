import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOf, unwrap } from '../../../test/support/results.ts'
import { readBootId } from './boot-id.ts'

const TOLD = '6fd8ad1c-73b1-4a4f-8a0f-3c9a2c1b5f2e'

test('the start of a machine has one name, by the kernel or by systemd', () => {
  assert.equal(unwrap(readBootId(undefined)).length, 16)
  assert.equal(unwrap(readBootId(TOLD, '/nonexistent')).toHex(), TOLD.replaceAll('-', ''))
  assert.equal(unwrap(readBootId(TOLD)).toHex(), TOLD.replaceAll('-', ''))
  assert.equal(unwrap(readBootId(TOLD.replaceAll('-', ''), '/nonexistent')).toHex(), TOLD.replaceAll('-', ''))
  for (const told of [undefined, '', '%b'])
    assert.equal(faultOf(readBootId(told, '/nonexistent')).code, 'attestation.boot-id')
})
