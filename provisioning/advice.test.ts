import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ADVICE, withAdvice } from './advice.ts'

const page = readFileSync(new URL('../docs/provisioning.md', import.meta.url), 'utf8')

test('the document for technicians has every advice that the scripts give, and no other', () => {
  const rows = [...page.matchAll(/^\| `([a-z.-]+)` \| (.+) \|$/gm)].map(([, code = '', advice]) => [code, advice])
  assert.deepEqual(Object.fromEntries(rows), ADVICE)
})

test('the advice of the longest code that begins a fault is given', () => {
  const adviceOf = (code: string): string => withAdvice({ code, message: 'expected a, got b' }).message
  assert.equal(adviceOf('ek.issuer'), `expected a, got b; ${ADVICE['ek.issuer']}`)
  assert.equal(adviceOf('ek.signature'), `expected a, got b; ${ADVICE['ek']}`)
  assert.equal(adviceOf('quote.ak-name'), `expected a, got b; ${ADVICE['quote.ak']}`)
  assert.equal(adviceOf('something.else'), 'expected a, got b')
})
