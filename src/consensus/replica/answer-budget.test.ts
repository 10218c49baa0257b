import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type MonoNs, monoNs } from '../../core/time.ts'
import { quorumOf } from '../membership.ts'
import { createAnswerBudget } from './answer-budget.ts'
import { viewsPerAnswer } from './views-per-answer.ts'

const at = (ms: number): MonoNs => monoNs(BigInt(ms) * 1_000_000n)

it('gives a peer each thing once in 25 ms, and others as well', () => {
  const budget = createAnswerBudget(quorumOf(4))
  assert.equal(budget.allows(1, 'block a', at(0)), true)
  assert.equal(budget.allows(1, 'block a', at(24)), false)
  assert.equal(budget.allows(1, 'block b', at(24)), true)
  assert.equal(budget.allows(1, 'quorum 7', at(24)), true)
  assert.equal(budget.allows(1, 'quorum 7', at(24)), false)
  assert.equal(budget.allows(2, 'block a', at(24)), true)
  assert.equal(budget.allows(1, 'block a', at(25)), true)
})

it('gives a peer no more things at once than a correct member may lack', () => {
  const budget = createAnswerBudget(quorumOf(4))
  const given = Array.from({ length: 200 }, (_, view) => budget.allows(1, `quorum ${view}`, at(3))).filter(Boolean)
  assert.equal(given.length, 2 * 4 + viewsPerAnswer(3) + 32)
  assert.equal(budget.allows(1, 'final', at(27)), false)
  assert.equal(budget.allows(1, 'final', at(28)), true)
})
