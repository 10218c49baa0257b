import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createReplayWindow } from './replay-window.ts'

test('each number is accepted at most once, and always when it is new and less than 64 below the highest', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.bigInt(1n, 200n), fc.bigInt(1n, 10n ** 6n)), { maxLength: 300 }), (numbers) => {
      const window = createReplayWindow()
      const accepted = new Set<bigint>()
      let highest = 0n
      for (const number of numbers) {
        const expected = !accepted.has(number) && number > highest - 64n
        assert.equal(window.accept(number), expected)
        if (expected) accepted.add(number)
        if (number > highest) highest = number
      }
    }),
  )
})

test('numbers up to the end of their field are told apart', () => {
  const window = createReplayWindow()
  const last = (1n << 64n) - 1n
  assert.deepEqual(
    [last, last, last - 1n, last - 64n, 1n].map((number) => window.accept(number)),
    [true, false, true, false, false],
  )
})

test('zero is no number of a request', () => {
  assert.equal(createReplayWindow().accept(0n), false)
})
