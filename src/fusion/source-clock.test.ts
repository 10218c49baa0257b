import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { abs } from '../core/integer.ts'
import { createPrng, type Prng } from '../core/prng.ts'
import type { SampleQuality, TimeSample } from '../core/sample.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, taiNs } from '../core/time.ts'
import { createSourceClock, type SourceClock } from './source-clock.ts'

const START_TAI_NS = 1_760_000_000n * NS_PER_SECOND
const AGE_NS_MAX = 5n * NS_PER_SECOND

function clock(): SourceClock {
  return createSourceClock({ source: 'gnss0', ageNsMax: AGE_NS_MAX })
}

/** A reading at local second `atS` of a source that is `offNs` off, by an oscillator that is right. */
function reading(atS: number, offNs = 0n, quality: SampleQuality = 'locked'): TimeSample {
  const at = BigInt(Math.round(atS * 1e9))
  return {
    kind: 'time',
    source: 'gnss0',
    monoNs: monoNs(at),
    taiNs: taiNs(START_TAI_NS + at + offNs),
    accuracyNs: 100n,
    precisionNs: 50n,
    quality,
  }
}

function codes(clockUnderTest: SourceClock, sample: TimeSample): readonly string[] {
  return clockUnderTest.observe(sample).map(({ code }) => code)
}

function settled(): SourceClock {
  const source = clock()
  for (let s = 1; s <= 20; s++) assert.deepEqual(source.observe(reading(s, s % 2 === 0 ? 20n : -20n)), [])
  return source
}

interface Sky {
  /** True TAI − START_TAI_NS at a local instant in seconds. */
  truthNs(atS: number): number
}

/** A local oscillator up to 49 ppm off whose rate wanders by ±90 ppb, faster or slower than the window. */
function oscillator(prng: Prng): Sky {
  const ratePpb = (prng.nextUnit() - 0.5) * 98_000
  const periodS = 20 + prng.nextUnit() * 600
  const phase = prng.nextUnit() * 2 * Math.PI
  const turn = (2 * Math.PI) / periodS
  return {
    truthNs: (atS) => atS * 1e9 + ratePpb * atS + (90 / turn) * (Math.cos(phase) - Math.cos(turn * atS + phase)),
  }
}

describe('source clock', () => {
  it('has an estimate from the first reading on, wide by what an unlearnt oscillator may err', () => {
    const source = clock()
    assert.equal(source.estimateAt(monoNs(0n)), undefined)
    source.observe(reading(1))
    const estimate = source.estimateAt(reading(2).monoNs)
    assert.ok(estimate !== undefined)
    assert.equal(estimate.taiNs, reading(2).taiNs)
    assert.equal(estimate.ageNs, NS_PER_SECOND)
    assert.equal(estimate.accuracyNs, 100n)
    assert.ok(estimate.boundNs >= 50_150n && estimate.boundNs < 50_200n, `${estimate.boundNs}`)
  })

  it('follows a crystal that the warmth of a room bends by a microsecond within the window', () => {
    const prng = createPrng(7)
    const turn = (2 * Math.PI) / 280
    const courseNs = (atS: number): number => 3_000 * Math.sin(turn * atS) + 23_000 * atS
    const source = clock()
    let worstNs = 0n
    for (let s = 1; s <= 600; s++) {
      source.observe(reading(s, BigInt(Math.round(courseNs(s) + 20 * prng.nextNormal()))))
      const estimate = source.estimateAt(reading(s + 0.5).monoNs)
      if (estimate === undefined || s < 80) continue
      const errorNs = abs(estimate.taiNs - reading(s + 0.5, BigInt(Math.round(courseNs(s + 0.5)))).taiNs)
      assert.ok(errorNs <= estimate.boundNs)
      if (errorNs > worstNs) worstNs = errorNs
    }
    // One line through all of the window is off by 600 ns at its end.
    assert.ok(worstNs < 200n, `${worstNs} ns`)
  })

  it('keeps the truth within its bound whatever the noise, the drift, the outliers and the gaps', () => {
    const violations: string[] = []
    let reads = 0
    for (let seed = 1; seed <= 320; seed++) {
      const prng = createPrng(seed)
      const sky = oscillator(prng)
      const source = clock()
      const biasNs = (prng.nextUnit() - 0.5) * 200
      const noiseNs = 5 + prng.nextUnit() * 200
      const sawtoothS = 3 + prng.nextUnit() * 40
      const precisionNs = BigInt(Math.ceil(noiseNs * 1.2)) + 1n
      for (let s = 1; s <= 45; s++) {
        const atS = s + prng.nextUnit() * 0.2
        const lost = s > 1 && prng.nextUnit() < 0.1
        if (!lost) {
          const wrong = s > 1 && prng.nextUnit() < 0.05
          const errorNs = wrong
            ? (prng.nextUnit() - 0.5) * 1e7
            : biasNs + (prng.nextUnit() * 2 - 1) * noiseNs + ((atS / sawtoothS) % 1) * 0.2 * noiseNs
          const at = BigInt(Math.round(atS * 1e9))
          const heard = START_TAI_NS + BigInt(Math.round(sky.truthNs(Number(at) / 1e9) + errorNs))
          source.observe({ ...reading(0), monoNs: monoNs(at), taiNs: taiNs(heard), precisionNs })
        }
        for (const laterS of [0.3, 0.7, prng.nextUnit() * 5]) {
          const now = BigInt(Math.round((atS + laterS) * 1e9))
          const estimate = source.estimateAt(monoNs(now))
          if (estimate === undefined) continue
          reads += 1
          const truth = START_TAI_NS + BigInt(Math.round(sky.truthNs(Number(now) / 1e9)))
          const offNs = abs(estimate.taiNs - truth)
          if (offNs > estimate.boundNs) violations.push(`seed ${seed}, ${s} s: ${offNs} > ${estimate.boundNs}`)
        }
      }
    }
    assert.ok(reads > 40_000, `${reads} reads`)
    assert.deepEqual(violations, [])
  })

  it('promises a rate that holds, for the oscillator that wanders and the source that is noisy', () => {
    let estimates = 0
    for (let seed = 1; seed <= 100; seed++) {
      const prng = createPrng(seed)
      const sky = oscillator(prng)
      const source = clock()
      for (let s = 1; s <= 40; s++) {
        const errorNs = prng.nextUnit() < 0.05 ? 1e6 * prng.nextNormal() : 100 * (prng.nextUnit() * 2 - 1)
        const heard = START_TAI_NS + BigInt(Math.round(sky.truthNs(s) + errorNs))
        source.observe({ ...reading(s), taiNs: taiNs(heard), precisionNs: 100n })
        const frequency = source.frequency()
        if (frequency === undefined) continue
        estimates += 1
        const nowPpb = sky.truthNs(s + 1) - sky.truthNs(s) - 1e9
        const offPpb = Math.abs(nowPpb - frequency.ppb)
        assert.ok(offPpb <= frequency.uncertaintyPpb, `seed ${seed}, ${s} s: ${offPpb} > ${frequency.uncertaintyPpb}`)
      }
    }
    assert.ok(estimates > 2_500, `${estimates} estimates`)
  })

  it('is within 2 µs after 20 s of 100 ns noise and 100 ns accuracy', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const prng = createPrng(seed)
      const source = clock()
      for (let s = 1; s <= 20; s++) {
        const noiseNs = BigInt(Math.round(prng.nextNormal() * 100))
        source.observe({ ...reading(s, noiseNs + 30_000n * BigInt(s)), precisionNs: 100n })
      }
      const boundNs = source.estimateAt(reading(21).monoNs)?.boundNs ?? 1_000_000n
      assert.ok(boundNs <= 2_000n, `seed ${seed}: ${boundNs}`)
    }
  })

  it('reports an outlier and does not take it', () => {
    const source = settled()
    const before = source.estimateAt(reading(22).monoNs)
    assert.deepEqual(codes(source, reading(21, 1_000_000n)), ['source.outlier'])
    assert.deepEqual(source.estimateAt(reading(22).monoNs), before)
  })

  it('discards, with a fault, what was wrong among the first readings', () => {
    const source = clock()
    const heard = [0n, 3_000_000n, 10n, -10n, 5n, 0n].map((offNs, index) => codes(source, reading(index + 1, offNs)))
    assert.deepEqual(heard.flat(), ['source.outlier'])
    assert.ok((source.estimateAt(reading(6).monoNs)?.boundNs ?? 1_000_000n) < 1_000n)
  })

  it('begins anew, visibly, after four alike readings that contradict it', () => {
    const source = settled()
    const heard = [21, 22, 23, 24].map((s) => codes(source, reading(s, 40_000n)))
    assert.deepEqual(heard, [['source.outlier'], ['source.outlier'], ['source.outlier'], ['source.step']])
    assert.equal(source.frequency(), undefined)
    const estimate = source.estimateAt(reading(24).monoNs)
    assert.ok(estimate !== undefined && abs(estimate.taiNs - reading(24, 40_000n).taiNs) < 100n)
  })

  it('does not take scattered outliers for a step, however many', () => {
    const source = settled()
    const offsNs = [1_000_000n, -2_000_000n, 3_000_000n, -500_000n]
    assert.deepEqual(
      offsNs.map((offNs, index) => codes(source, reading(21 + index, offNs)).join()),
      offsNs.map(() => 'source.outlier'),
    )
  })

  it('believes two alike readings once its own line is too old to be served', () => {
    const source = settled()
    assert.deepEqual(codes(source, reading(30, 2_000_000n)), ['source.outlier'])
    assert.deepEqual(codes(source, reading(31, 2_000_000n)), ['source.step'])
  })

  it('refuses a reading that stands still and one that goes back', () => {
    const source = settled()
    const stuck = { ...reading(21), taiNs: reading(20, 20n).taiNs }
    assert.deepEqual(codes(source, stuck), ['source.stuck'])
    assert.deepEqual(codes(source, reading(22, -10n * NS_PER_SECOND)), ['source.backwards'])
    assert.deepEqual(codes(source, { ...reading(22), taiNs: reading(23).taiNs }), ['source.backwards'])
  })

  it('finds its way back after one reading from a far future of the local oscillator', () => {
    const source = settled()
    source.observe(reading(1_000_000))
    assert.deepEqual(codes(source, reading(21)), ['source.backwards'])
    assert.deepEqual(codes(source, reading(22)), [])
    assert.equal(source.estimateAt(reading(22).monoNs)?.taiNs, reading(22).taiNs)
  })

  it('passes over readings of an unlocked source', () => {
    const source = clock()
    assert.deepEqual(source.observe(reading(1, 0n, 'unlocked')), [])
    assert.equal(source.estimateAt(reading(1).monoNs), undefined)
  })

  it('has no estimate once its newest reading is too old, nor after a restart', () => {
    const source = settled()
    const last: MonoNs = reading(25).monoNs
    assert.ok(source.estimateAt(last) !== undefined)
    assert.equal(source.estimateAt(monoNs(last + 1n)), undefined)
    source.restart()
    assert.equal(source.estimateAt(reading(20).monoNs), undefined)
    assert.equal(source.frequency(), undefined)
  })

  it('knows no frequency before six readings over eight seconds', () => {
    const source = clock()
    for (let s = 1; s <= 8; s++) source.observe(reading(s))
    assert.equal(source.frequency(), undefined)
    source.observe(reading(9))
    const frequency = source.frequency()
    assert.ok(frequency !== undefined)
    assert.equal(frequency.baselineNs, 8n * NS_PER_SECOND)
    assert.ok(Math.abs(frequency.ppb) < 1)
    assert.ok(frequency.uncertaintyPpb >= 200)
  })

  it('holds at most 128 readings of 64 seconds', () => {
    const source = clock()
    for (let tick = 1; tick <= 400; tick++) source.observe(reading(tick / 4))
    assert.equal(source.frequency()?.baselineNs, 31_750_000_000n)
    for (let s = 101; s <= 300; s++) source.observe(reading(s))
    assert.equal(source.frequency()?.baselineNs, 64n * NS_PER_SECOND)
  })

  it('is as wide as an instrument whose own claim is wide', () => {
    const source = clock()
    for (let s = 1; s <= 10; s++) source.observe({ ...reading(s), accuracyNs: 1_000_000n, quality: 'holdover' })
    const estimate = source.estimateAt(reading(10).monoNs)
    assert.equal(estimate?.quality, 'holdover')
    assert.ok((estimate?.boundNs ?? 0n) > 1_000_000n)
  })
})
