import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { createLatch } from './latch.ts'

const at = (seconds: number) => monoNs(BigInt(seconds) * NS_PER_SECOND)

test('a bit that came once is kept for a minute, one that stays for as long as it does and a minute', () => {
  const latch = createLatch()
  latch.take([41, 4], at(0))
  latch.take([4], at(30))
  latch.release(at(59))
  assert.deepEqual([latch.present(), latch.held()], [[4], [4, 41]])
  assert.equal(latch.nextAt(), at(60))
  latch.release(at(60))
  assert.deepEqual(latch.held(), [4])
  latch.take([], at(61))
  assert.deepEqual([latch.present(), latch.held()], [[], [4]])
  latch.release(at(90))
  assert.deepEqual([latch.held(), latch.nextAt()], [[], undefined])
})
