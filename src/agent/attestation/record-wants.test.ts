import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecordWants } from './record-wants.ts'

const DIGEST = new Uint8Array(48).fill(1)
const OTHER = new Uint8Array(48).fill(200)

test('a record is asked for of its node first, then of the others in turn, ever more slowly', () => {
  const wants = createRecordWants(0, 4)
  assert.equal(wants.nextAtMs(), undefined)
  wants.want(2, DIGEST, false, 1_000)
  const asked: (readonly [number, number])[] = []
  for (let nowMs = 1_000; nowMs < 60_000; nowMs += 100) {
    for (const { of } of wants.due(nowMs)) asked.push([nowMs, of])
  }
  assert.deepEqual(asked, [
    [1_000, 2],
    [1_500, 3],
    [2_500, 1],
    [4_500, 2],
    [8_500, 3],
    [16_500, 1],
    [32_500, 2],
  ])
})

test('of each member the newest is wanted, and so many questions leave at once', () => {
  const wants = createRecordWants(0, 20)
  for (let member = 1; member < 20; member++) wants.want(member, new Uint8Array(48).fill(member), false, 0)
  assert.deepEqual([wants.due(0).length, wants.due(0).length, wants.due(0).length, wants.due(0).length], [8, 8, 3, 0])
  wants.want(1, OTHER, false, 700)
  assert.equal(wants.find(DIGEST), undefined)
  assert.equal(wants.find(OTHER)?.member, 1)
  // The log of a record that is here already is asked for at once, and the record has been wanted since then.
  wants.want(1, OTHER, true, 900)
  assert.deepEqual(wants.find(OTHER), { member: 1, digest: OTHER, withEventLog: true, sinceMs: 700 })
  wants.drop(1)
  assert.equal(wants.find(OTHER), undefined)
})
