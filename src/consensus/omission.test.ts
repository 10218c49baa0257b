import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPrng } from '../core/prng.ts'
import { ABSENT_BLOCKS, isAbsent, nextOmission, notOmitted, type Omission } from './omission.ts'

function leftOutBy(leaders: readonly number[], f: number): Omission {
  return leaders.reduce((omission: Omission, leader) => nextOmission(omission, leader, f), notOmitted)
}

test('omitting leaders count once each, sorted, and up to f + 1; blocks count up to eight', () => {
  assert.deepEqual(leftOutBy([5], 2), { blocks: 1, leaders: [5] })
  assert.deepEqual(leftOutBy([5, 5], 2), { blocks: 2, leaders: [5] })
  assert.deepEqual(leftOutBy([5, 5, 2], 2), { blocks: 3, leaders: [2, 5] })
  assert.deepEqual(leftOutBy([5, 2, 10, 7], 2), { blocks: 4, leaders: [2, 5, 10] })
  assert.deepEqual(leftOutBy(Array(9).fill(1), 2), { blocks: 8, leaders: [1] })
})

test('absent is who was left out by eight blocks in a row and by f + 1 leaders, neither alone', () => {
  const [one, other] = [leftOutBy([0, 1, 2, 0, 1, 2, 0], 1), leftOutBy(Array(ABSENT_BLOCKS).fill(0), 1)]
  assert.equal(isAbsent(one, 1), false, 'seven blocks, whoever made them')
  assert.equal(isAbsent(other, 1), false, 'one leader, however often')
  assert.equal(isAbsent(nextOmission(one, 0, 1), 1), true)
  assert.equal(isAbsent(nextOmission(other, 1, 1), 1), true)
  const many = leftOutBy([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 10)
  assert.deepEqual(
    [isAbsent(many, 10), isAbsent(nextOmission(many, 10, 10), 10)],
    [false, true],
    'n = 31: eleven leaders',
  )
})

test('where f = 0 eight blocks of one leader are enough', () => {
  assert.equal(isAbsent(leftOutBy(Array(8).fill(0), 0), 0), true)
})

/** How many blocks find somebody absent when honest leaders in turn leave out whom `isLate` says; a leader lists itself. */
function falselyAbsent(n: number, isLate: (member: number, leader: number) => boolean): number {
  const f = Math.floor((n - 1) / 3)
  const omissions: Omission[] = Array.from({ length: n }, () => notOmitted)
  let absent = 0
  for (let view = 0; view < 10_000; view++) {
    const leader = view % n
    for (const [member, before] of omissions.entries()) {
      const late = member !== leader && isLate(member, leader)
      omissions[member] = late ? nextOmission(before, leader, f) : notOmitted
    }
    if (omissions.some((omission) => isAbsent(omission, f))) absent += 1
  }
  return absent
}

test('whoever is late is not absent: always, of four, since it lists itself; one time in ten, of ten', () => {
  const prng = createPrng(7)
  assert.equal(
    falselyAbsent(4, (member, leader) => member === (leader + 1) % 4 || member === 3),
    0,
  )
  assert.equal(
    falselyAbsent(10, () => prng.nextUnit() < 0.1),
    0,
  )
})
