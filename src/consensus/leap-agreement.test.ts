import assert from 'node:assert/strict'
import { test } from 'node:test'
import { taiNs } from '../core/time.ts'
import { agreeLeap } from './leap-agreement.ts'
import type { CertifiedLeap } from './outcome.ts'
import type { LeapClaim, LeapEvent } from './proposal.ts'

const NOW = taiNs(1_000n)
const AHEAD: LeapEvent = { at: taiNs(2_000n), taiMinusUtcSeconds: 38 }
const OTHER: LeapEvent = { at: taiNs(3_000n), taiMinusUtcSeconds: 38 }
const NOTHING: CertifiedLeap = { taiMinusUtcSeconds: undefined, event: undefined, resolved: false }

function claim(taiMinusUtcSeconds: number, event?: LeapEvent, validUntil = 9_000n): LeapClaim {
  return { taiMinusUtcSeconds, event, validUntil: taiNs(validUntil) }
}

function agreed(claims: readonly LeapClaim[], parent = NOTHING, f = 1): readonly unknown[] {
  const { taiMinusUtcSeconds, event, resolved } = agreeLeap(claims, parent, NOW, f)
  return [taiMinusUtcSeconds, event, resolved]
}

test('a value with f + 1 claims is certified, and "none" is a value', () => {
  assert.deepEqual(agreed([claim(37), claim(37), claim(19)]), [37, undefined, true])
  assert.deepEqual(agreed([claim(37, AHEAD), claim(37, AHEAD), claim(37)]), [37, AHEAD, true])
})

test('an event with f + 1 claims beats "none"', () => {
  assert.deepEqual(agreed([claim(37), claim(37), claim(37, AHEAD), claim(37, AHEAD)]), [37, AHEAD, true])
})

test('what f claim is not enough, and f liars cannot unsettle what f + 1 claim', () => {
  assert.deepEqual(agreed([claim(37)]), [undefined, undefined, false])
  assert.deepEqual(agreed([claim(37), claim(37), claim(37), claim(18, OTHER)]), [37, undefined, true])
})

test('two values with f + 1 claims each certify nothing, and the parent keeps its word', () => {
  const parent: CertifiedLeap = { taiMinusUtcSeconds: 37, event: AHEAD, resolved: true }
  assert.deepEqual(agreed([claim(36), claim(36), claim(37), claim(37)], parent), [37, undefined, false])
  const split = [claim(37, AHEAD), claim(37, AHEAD), claim(37, OTHER), claim(37, OTHER)]
  assert.deepEqual(agreed(split, parent), [37, AHEAD, false])
  assert.deepEqual(agreed(split), [37, undefined, false])
  // The same instant with another value is another event.
  const odd = { ...AHEAD, taiMinusUtcSeconds: 36 }
  assert.deepEqual(agreed([claim(37, AHEAD), claim(37, AHEAD), claim(37, odd), claim(37, odd)]), [37, undefined, false])
})

test('each field is certified on its own', () => {
  assert.deepEqual(agreed([claim(36, AHEAD), claim(37, AHEAD)]), [undefined, AHEAD, false])
})

test('claims that are void at the epoch abstain', () => {
  assert.deepEqual(agreed([claim(37, undefined, 1_000n), claim(37, undefined, 1_001n)]), [undefined, undefined, false])
  assert.deepEqual(agreed([claim(37, undefined, 1_001n), claim(37, undefined, 1_001n)]), [37, undefined, true])
})

test('an event that has come is applied, in claims made before it', () => {
  const due: LeapEvent = { at: NOW, taiMinusUtcSeconds: 38 }
  assert.deepEqual(agreed([claim(37, due), claim(38)]), [38, undefined, true])
  const next: LeapEvent = { at: taiNs(1_001n), taiMinusUtcSeconds: 38 }
  assert.deepEqual(agreed([claim(37, next), claim(37, next)]), [37, next, true])
})

test('an event that was certified takes effect also when nobody claims anything any more', () => {
  const due: CertifiedLeap = { taiMinusUtcSeconds: 37, event: { at: NOW, taiMinusUtcSeconds: 38 }, resolved: true }
  assert.deepEqual(agreed([], due), [38, undefined, false])
  const ahead: CertifiedLeap = { taiMinusUtcSeconds: 37, event: AHEAD, resolved: true }
  assert.deepEqual(agreed([], ahead), [37, AHEAD, false])
})
