import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleReading } from '../../test/support/proposals.ts'
import type { Interval } from '../core/interval.ts'
import type { AgreedFrame } from './agreed-frame.ts'
import { frameIntervals } from './frame-intervals.ts'
import type { HardwareVerdict, Region } from './outcome.ts'
import { gradeOf, hardwareConfidencePpm, hardwareVerdict, outliersOf } from './verdict.ts'

const MS = 1_000_000n

function region(lo: bigint, hi: bigint, point: bigint): Region {
  return { lo, hi, point, method: 'multi-round', survivors: 1 }
}

/** A frame of member 0 whose own interval is 0 ± bound about T − R. */
function frame(bound: bigint | undefined, agreed: Region | undefined): AgreedFrame {
  const reading = sampleReading(0, 500n, bound === undefined ? undefined : { tai: 500n, bound })
  const observer = { member: 0, reading, ranging: [] }
  return { observer, intervals: frameIntervals(observer, [reading]).present, region: agreed }
}

test('hardware passes up to a correction of 1 ms; beyond, a region that it meets is too wide to judge by', () => {
  assert.equal(hardwareVerdict(frame(MS, region(-MS, 2n * MS, MS))), 'pass')
  assert.equal(hardwareVerdict(frame(MS, region(-MS, 2n * MS, MS + 1n))), 'none')
  assert.equal(hardwareVerdict(frame(MS, region(-2n * MS, 0n, -MS))), 'pass')
  assert.equal(hardwareVerdict(frame(MS, region(-2n * MS, 0n, -MS - 1n))), 'none')
})

test('hardware whose own interval misses the region fails, however wide its bound and however small the correction', () => {
  assert.equal(hardwareVerdict(frame(10n, region(10n, 20n, 15n))), 'pass')
  assert.equal(hardwareVerdict(frame(10n, region(11n, 20n, 15n))), 'fail')
  assert.equal(hardwareVerdict(frame(5n * MS, region(6n * MS, 7n * MS, 6n * MS))), 'fail')
})

test('there is no verdict without a region, without a node clock, and with a bound above 1 ms', () => {
  assert.equal(hardwareVerdict(frame(10n, undefined)), 'none')
  assert.equal(hardwareVerdict(frame(undefined, region(0n, 1n, 0n))), 'none')
  assert.equal(hardwareVerdict(frame(MS + 1n, region(0n, 1n, 0n))), 'none')
  assert.equal(hardwareVerdict(frame(MS, region(0n, 1n, 0n))), 'pass')
})

test('the grade is validated with f + 1 passes and at most f fails, partial with one pass', () => {
  const grade = (passes: number, fails: number, none: number, f: number): string => gradeOf(of(passes, fails, none), f)
  assert.equal(grade(2, 1, 1, 1), 'validated')
  assert.equal(grade(2, 2, 0, 1), 'partial')
  assert.equal(grade(1, 0, 3, 1), 'partial')
  assert.equal(grade(0, 0, 4, 1), 'unvalidated')
  assert.equal(grade(0, 1, 3, 1), 'unvalidated')
  assert.equal(grade(1, 0, 0, 0), 'validated')
  assert.equal(grade(1, 1, 0, 0), 'partial')
})

test('confidence is passes over passes and fails, in ppm rounded down', () => {
  assert.equal(hardwareConfidencePpm(of(2, 1, 5)), 666_666)
  assert.equal(hardwareConfidencePpm(of(3, 0, 0)), 1_000_000)
  assert.equal(hardwareConfidencePpm(of(0, 2, 0)), 0)
  assert.equal(hardwareConfidencePpm(of(0, 0, 4)), undefined)
})

test('an outlier misses the region in f + 1 frames of others', () => {
  const agreed = region(0n, 10n, 5n)
  const hit: Interval = { lo: 10n, hi: 20n }
  const miss: Interval = { lo: 11n, hi: 20n }
  const seenBy = (observer: number, second: Interval, agreedHere: Region | undefined = agreed): AgreedFrame => ({
    ...frame(10n, agreedHere),
    observer: { member: observer, reading: sampleReading(observer, 0n), ranging: [] },
    intervals: [
      { member: 1, ...hit, uncertaintyNs: 1n },
      { member: 2, ...second, uncertaintyNs: 1n },
    ],
  })
  assert.deepEqual(outliersOf([seenBy(0, miss), seenBy(1, miss), seenBy(3, hit)], 1), [2])
  assert.deepEqual(outliersOf([seenBy(0, miss), seenBy(1, hit), seenBy(3, hit)], 1), [], 'one frame may be a lie')
  assert.deepEqual(
    outliersOf([seenBy(0, miss), seenBy(2, miss), seenBy(3, hit)], 1),
    [],
    'its own frame is not counted',
  )
  assert.deepEqual(outliersOf([seenBy(0, miss), { ...seenBy(1, miss), region: undefined }], 1), [])
  assert.deepEqual(outliersOf([seenBy(0, miss)], 0), [2])
})

test('outliers are sorted by member', () => {
  const far: Interval = { lo: 100n, hi: 200n }
  const frames = [8, 9].map((member) => ({
    observer: { member, reading: sampleReading(member, 0n), ranging: [] },
    intervals: [11, 10, 3].map((outlier) => ({ member: outlier, ...far, uncertaintyNs: 1n })),
    region: region(0n, 10n, 5n),
  }))
  assert.deepEqual(outliersOf(frames, 1), [3, 10, 11])
})

function of(passes: number, fails: number, none: number): HardwareVerdict[] {
  const many = (count: number, verdict: HardwareVerdict): HardwareVerdict[] =>
    Array<HardwareVerdict>(count).fill(verdict)
  return [...many(passes, 'pass'), ...many(fails, 'fail'), ...many(none, 'none')]
}
