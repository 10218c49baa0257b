import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPrng } from '../core/prng.ts'
import { monoNs, NS_PER_SECOND } from '../core/time.ts'
import { createOffsetSlope, type OffsetSlope } from './offset-slope.ts'

const HOUR_NS = 3_600n * NS_PER_SECOND
const at = (second: number) => monoNs(BigInt(second) * NS_PER_SECOND)

function feed(slope: OffsetSlope, fromS: number, toS: number, offsetNs: (second: number) => number): void {
  for (let second = fromS; second <= toS; second++) slope.add(at(second), offsetNs(second))
}

test('an offset that grows by 0.01 ns a second is 1e-11, with no doubt about it', () => {
  const slope = createOffsetSlope(HOUR_NS)
  feed(slope, 0, 3_599, (second) => second / 100)
  assert.equal(slope.read(), undefined)
  assert.equal(Math.floor(slope.filled() * 100), 99)
  slope.add(at(3_600), 36)
  const read = slope.read()
  assert.ok(read !== undefined && Math.abs(read.e15 - 10_000) < 1 && read.uncertaintyE15 < 1)
})

test('with 20 ns of white noise the truth is within the uncertainty, as often as two standard errors promise', () => {
  let within = 0
  for (let seed = 1; seed <= 100; seed++) {
    const prng = createPrng(seed)
    const slope = createOffsetSlope(HOUR_NS)
    feed(slope, 0, 3_600, (second) => second / 100 + prng.nextNormal() * 20)
    const { e15, uncertaintyE15 } = slope.read() ?? assert.fail()
    assert.ok(uncertaintyE15 < 2_500, String(uncertaintyE15))
    if (Math.abs(e15 - 10_000) <= uncertaintyE15) within += 1
  }
  assert.ok(within >= 90, `${within} of 100`)
})

test('a clock that begins to walk in the middle makes the uncertainty as large as what it did', () => {
  const slope = createOffsetSlope(HOUR_NS)
  feed(slope, 0, 3_600, (second) => Math.max(0, second - 1_800) / 10)
  const { e15, uncertaintyE15 } = slope.read() ?? assert.fail()
  assert.ok(uncertaintyE15 > 0.45e5 && e15 < 1e5, `${e15} ± ${uncertaintyE15}`)
})

test('a jump, a step back in time and a restart begin anew; a few readings are no window', () => {
  const slope = createOffsetSlope(HOUR_NS)
  feed(slope, 0, 3_000, () => 0)
  slope.add(at(3_001), 5_000)
  assert.equal(slope.filled(), 0)
  feed(slope, 3_002, 4_000, () => 5_000)
  slope.add(at(100), 5_000)
  assert.equal(slope.filled(), 0)
  for (let hour = 1; hour <= 3; hour++) slope.add(at(hour * 3_600), 5_000)
  assert.equal(slope.read(), undefined)
})

test('property: any readings at any instants, memory stays bounded and nothing throws', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.bigInt(0n, 1n << 62n), fc.double()), { maxLength: 400 }), (readings) => {
      const slope = createOffsetSlope(HOUR_NS)
      for (const [instant, offsetNs] of readings) {
        slope.add(monoNs(instant), offsetNs)
        const filled = slope.filled()
        assert.ok(filled >= 0 && filled <= 1)
        slope.read()
      }
    }),
  )
})
