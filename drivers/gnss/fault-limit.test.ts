import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { createFaultLimit, FAULTS_PER_SECOND_MAX } from './fault-limit.ts'

const FAULT = { code: 'nmea.checksum', message: 'expected another checksum' }

describe('fault limit', () => {
  test('passes so many faults a second and sums up the others when the second is over', () => {
    const limit = createFaultLimit('nmea.faults-suppressed')
    const passed = Array.from({ length: FAULTS_PER_SECOND_MAX + 5 }, (_, i) =>
      limit.offer(FAULT, monoNs(BigInt(i))),
    ).flat()
    assert.equal(passed.length, FAULTS_PER_SECOND_MAX)
    assert.equal(limit.nextAt(), NS_PER_SECOND)
    assert.deepEqual(limit.expire(monoNs(NS_PER_SECOND - 1n)), [])
    assert.deepEqual(limit.expire(monoNs(NS_PER_SECOND)), [
      {
        code: 'nmea.faults-suppressed',
        message: `expected at most ${FAULTS_PER_SECOND_MAX} faults a second, got 5 more, which were only counted`,
      },
    ])
    assert.equal(limit.nextAt(), undefined)
    assert.deepEqual(limit.offer(FAULT, monoNs(NS_PER_SECOND)), [FAULT])
  })

  test('never asks to be woken while nothing is held back', () => {
    const limit = createFaultLimit('nmea.faults-suppressed')
    limit.offer(FAULT, monoNs(0n))
    assert.equal(limit.nextAt(), undefined)
    assert.deepEqual(limit.expire(monoNs(5n * NS_PER_SECOND)), [])
  })
})
