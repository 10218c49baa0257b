import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { DriverFamily } from '../../drivers/driver.ts'
import { monoNs, NS_PER_MILLISECOND } from '../../src/core/time.ts'
import { heapBytes } from '../support/heap.ts'
import { unwrap } from '../support/results.ts'
import { createVirtualSky, taiOf } from '../support/virtual-sky.ts'
import { openBench } from './bench.ts'
import { familiesUnderTest } from './families-under-test.ts'
import { FLOODS } from './floods.ts'
import { problemsOfHealth } from './trial.ts'

const MEBIBYTE = 1024 * 1024
/** One action a kibibyte, whatever comes. */
const ACTIONS_PER_MEBIBYTE_MAX = 1024
const CHUNK_BYTES = 16_384
/** What a driver may hold on to after so much; the noise of the measurement is below a tenth of it. */
const GROWTH_BYTES_MAX = MEBIBYTE

function floodOf(byteAt: (index: number) => number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => byteAt(index))
}

function staysQuietAndRecovers(family: DriverFamily<unknown>, byteAt: (index: number) => number): void {
  const bench = openBench(family)
  bench.run(10)
  bench.forget()
  const flood = floodOf(byteAt, MEBIBYTE)
  for (let start = 0; start < flood.length; start += CHUNK_BYTES) {
    bench.line.disturb(flood.subarray(start, start + CHUNK_BYTES))
  }
  assert.ok(bench.record.driverActions <= ACTIONS_PER_MEBIBYTE_MAX, `${bench.record.driverActions} actions`)
  bench.run(120)
  bench.forget()
  bench.run(60)
  assert.deepEqual(problemsOfHealth(bench), [])
}

/** As long as a flood lasts, ten minutes at 115200 baud, a driver keeps no more of it than after a moment. */
function keepsNothing(family: DriverFamily<unknown>): void {
  const sky = createVirtualSky({ monoAt: monoNs(0n), taiAt: taiOf('2026-01-15T12:00:00') })
  const options = unwrap(family.parseOptions({}, 'options'))
  const driver = family.create(options, { source: 'source0', leapTable: sky.leapTable })
  let now = 0n
  const pour = (bytes: number): void => {
    for (const [, byteAt] of FLOODS) {
      const chunk = floodOf(byteAt, CHUNK_BYTES)
      for (let poured = 0; poured < bytes / FLOODS.length; poured += CHUNK_BYTES) {
        now += 1_400n * NS_PER_MILLISECOND
        driver.receive(chunk, monoNs(now))
        const wakeAt = driver.nextWakeAt()
        if (wakeAt !== undefined && wakeAt <= now) driver.wake(monoNs(now))
      }
    }
  }
  pour(MEBIBYTE)
  const before = heapBytes()
  pour(6 * MEBIBYTE)
  const grown = heapBytes() - before
  assert.ok(grown <= GROWTH_BYTES_MAX, `expected memory to stay flat, got ${grown} bytes more after 6 MiB`)
}

function livesThroughRandomBytes(family: DriverFamily<unknown>): void {
  const bench = openBench(family)
  bench.run(10)
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (chunks) => {
      for (const chunk of chunks) bench.line.disturb(chunk)
      bench.run(1)
    }),
    { numRuns: 50, seed: 1 },
  )
  bench.run(120)
  bench.forget()
  bench.run(60)
  assert.deepEqual(problemsOfHealth(bench), [])
}

for (const family of familiesUnderTest()) {
  describe(`driver family ${family.kind}`, () => {
    test('lives through random bytes and recovers', () => livesThroughRandomBytes(family))
    for (const [name, byteAt] of FLOODS) {
      test(`stays quiet enough in a flood of ${name}, and recovers`, () => staysQuietAndRecovers(family, byteAt))
    }
    test('keeps nothing of a flood', () => keepsNothing(family))
  })
}
