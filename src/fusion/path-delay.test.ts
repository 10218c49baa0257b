import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PulseSample } from '../core/sample.ts'
import { monoNs } from '../core/time.ts'
import { advance } from './path-delay.ts'

const PULSE: PulseSample = { kind: 'pulse', source: 's', monoNs: monoNs(1_000n), uncertaintyNs: 5n }

test('an edge that came through a cable was there earlier, and its width stays', () => {
  assert.deepEqual(advance(PULSE, { delayNs: 77n, uncertaintyNs: 3n }), { ...PULSE, monoNs: 923n })
})

test('a receiver that advances its pulse too far is put later', () => {
  assert.equal(advance(PULSE, { delayNs: -20n, uncertaintyNs: 0n }).monoNs, 1_020n)
})

test('without a delay nothing is copied', () => {
  assert.equal(advance(PULSE, { delayNs: 0n, uncertaintyNs: 3n }), PULSE)
})
