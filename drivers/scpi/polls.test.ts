import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs } from '../../src/core/time.ts'
import { createPolls } from './polls.ts'

const at = (ns: number) => monoNs(BigInt(ns))

test('what is due together is asked in the given order, and again after its period', () => {
  const polls = createPolls({ fast: 10n, slow: 100n, seldom: undefined }, at(5))
  assert.equal(polls.next(at(4)), undefined)
  assert.equal(polls.nextAt(), 5n)
  assert.equal(polls.next(at(5)), 'fast')
  polls.asked('fast', at(5))
  assert.equal(polls.next(at(5)), 'slow')
  polls.asked('slow', at(6))
  assert.equal(polls.next(at(14)), undefined)
  assert.equal(polls.nextAt(), 15n)
  assert.equal(polls.next(at(500)), 'fast')
})

test('what is asked on demand is asked once, and anything can be put off', () => {
  const polls = createPolls({ fast: 10n, seldom: undefined }, at(0))
  polls.ask('seldom', at(3))
  polls.ask('fast', undefined)
  assert.equal(polls.next(at(3)), 'seldom')
  polls.asked('seldom', at(3))
  assert.equal(polls.nextAt(), undefined)
  polls.ask('fast', at(50))
  assert.equal(polls.next(at(50)), 'fast')
})
