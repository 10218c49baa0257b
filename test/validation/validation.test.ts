import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { capturesPresent, withoutCaptures } from '../support/captures.ts'
import { validationPage } from './page.ts'
import { validateCaptures } from './validate.ts'

// A suite that is skipped counts as no test at all.
if (!capturesPresent) test('compares recorded bytes with gpsd', { skip: withoutCaptures }, () => undefined)

describe('recorded bytes against gpsd', { skip: withoutCaptures }, () => {
  const validation = capturesPresent ? validateCaptures() : undefined

  test('every difference has its explanation, and every trap is recognised', () => {
    assert.deepEqual(validation?.problems, [])
    assert.ok((validation?.rows.length ?? 0) >= 10)
  })

  test('hardware-docs/validation.md is what npm run validate:captures -- --write makes', () => {
    assert.ok(validation !== undefined)
    const page = readFileSync(new URL('../../hardware-docs/validation.md', import.meta.url), 'utf8')
    assert.equal(validationPage(validation), page)
  })
})
