import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createPrng } from '../core/prng.ts'
import type { LabelSample, TimeSample } from '../core/sample.ts'
import { monoNs, NS_PER_SECOND, taiNs } from '../core/time.ts'
import { createPulseNumbering } from './pulse-numbering.ts'
import { createSawtooth, type Polarity } from './sawtooth.ts'

interface World {
  readonly seed: number
  /** Half the tick of the receiver's clock, ns: how far a pulse is moved. */
  readonly sizeNs: number
  /** Standard deviation of everything else, ns. */
  readonly noiseNs: number
  /** How the word is meant; 0: it says something that has nothing to do with the pulses. */
  readonly meaning: Polarity
  /** Of the local oscillator, ppb; it wanders by 1 ppb besides. */
  readonly ratePpb: number
  /** Its pulses creep over a tick in a minute: little shows which way they are meant. */
  readonly slow?: boolean
}

/** Second `s`: where the pulse truly belongs, where it comes, and what is said of it. */
function* pulses({ seed, sizeNs, noiseNs, meaning, ratePpb, slow }: World, count: number) {
  const prng = createPrng(seed)
  // The receiver's clock drifts against its ticks: a sawtooth that folds over, with its hanging bridges.
  const phaseStep = slow ? 0.02 : 0.1 + 0.8 * prng.nextUnit()
  for (let s = 1; s <= count; s++) {
    const swayNs = 60 * Math.sin(s / 60)
    const trueNs = s * 1e9 + ratePpb * s + swayNs
    const lateNs = sizeNs * (2 * ((s * phaseStep + 0.01 * prng.nextNormal()) % 1) - 1)
    const shiftNs = meaning === 0 ? 0 : lateNs * meaning
    const at = BigInt(Math.round(trueNs + shiftNs + noiseNs * prng.nextNormal()))
    yield { s, trueAt: BigInt(Math.round(trueNs)), at: monoNs(at), latePs: BigInt(Math.round(lateNs * 1_000)) }
  }
}

function measured(world: World, count = 300): Polarity {
  const sawtooth = createSawtooth()
  for (const { at, latePs } of pulses(world, count)) sawtooth.add(at, latePs)
  return sawtooth.polarity()
}

const seeds = fc.integer({ min: 1, max: 1_000_000 })
const rates = fc.integer({ min: -50_000, max: 50_000 })

describe('the sawtooth of a receiver', () => {
  it('finds out which way the word is meant, both ways', () => {
    for (const meaning of [1, -1] as const) {
      fc.assert(
        fc.property(seeds, rates, fc.integer({ min: 5, max: 50 }), (seed, ratePpb, sizeNs) => {
          assert.equal(measured({ seed, ratePpb, sizeNs, noiseNs: sizeNs / 5, meaning }), meaning)
        }),
        { numRuns: 40 },
      )
    }
  })

  it('never takes it the wrong way where little shows', () => {
    fc.assert(
      fc.property(seeds, rates, fc.constantFrom<Polarity>(1, -1), (seed, ratePpb, meaning) => {
        const found = measured({ seed, ratePpb, sizeNs: 10, noiseNs: 3, meaning, slow: true })
        assert.ok(found === 0 || found === meaning)
      }),
      { numRuns: 40 },
    )
  })

  it('believes nothing where there is no sawtooth, or where the noise is larger', () => {
    fc.assert(
      fc.property(seeds, rates, fc.constantFrom<Polarity>(0, 1, -1), (seed, ratePpb, meaning) => {
        assert.equal(measured({ seed, ratePpb, sizeNs: 10, noiseNs: 3, meaning: 0 }), 0)
        assert.equal(measured({ seed, ratePpb, sizeNs: 10, noiseNs: 40, meaning }), 0)
      }),
      { numRuns: 40 },
    )
  })

  it('believes nothing before the evidence is clear, and gives up what does no good any longer', () => {
    assert.equal(measured({ seed: 1, ratePpb: 0, sizeNs: 20, noiseNs: 2, meaning: 1 }, 50), 0)
    const sawtooth = createSawtooth()
    const told: Polarity[] = []
    let offset = 0n
    for (const meaning of [1, 0, -1] as const) {
      for (const { at, latePs } of pulses({ seed: 2, ratePpb: 0, sizeNs: 20, noiseNs: 2, meaning }, 400)) {
        sawtooth.add(monoNs(at + offset), latePs)
      }
      offset += 400n * NS_PER_SECOND
      told.push(sawtooth.polarity())
    }
    assert.deepEqual(told, [1, 0, -1])
  })

  it('is not led by single wild pulses', () => {
    const sawtooth = createSawtooth()
    for (const { s, at, latePs } of pulses({ seed: 3, ratePpb: 0, sizeNs: 20, noiseNs: 2, meaning: 1 }, 300)) {
      sawtooth.add(s % 50 === 0 ? monoNs(at + 100_000n) : at, latePs)
    }
    assert.equal(sawtooth.polarity(), 1)
  })

  it('says how far an edge may still be from its place', () => {
    const sawtooth = createSawtooth()
    assert.deepEqual(sawtooth.correct(monoNs(5n), undefined), { at: 5n, restNs: 0n })
    for (const { at, latePs } of pulses({ seed: 4, ratePpb: 0, sizeNs: 20, noiseNs: 2, meaning: -1 }, 40)) {
      sawtooth.add(at, latePs)
    }
    assert.deepEqual(sawtooth.correct(monoNs(100n), 7_400n), { at: 100n, restNs: 8n })
    const { restNs } = sawtooth.correct(monoNs(100n), undefined)
    assert.ok(restNs >= 30n && restNs <= 40n)
    const offset = 40n * NS_PER_SECOND
    for (const { at, latePs } of pulses({ seed: 4, ratePpb: 0, sizeNs: 20, noiseNs: 2, meaning: -1 }, 200)) {
      sawtooth.add(monoNs(at + offset), latePs)
    }
    assert.deepEqual(sawtooth.correct(monoNs(100n), 7_400n), { at: 107n, restNs: 1n })
    assert.deepEqual(sawtooth.correct(monoNs(100n), -7_600n), { at: 92n, restNs: 1n })
  })

  it('never throws, whatever it is told', () => {
    const instants = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })
    fc.assert(
      fc.property(fc.array(fc.tuple(instants, instants), { maxLength: 200 }), (told) => {
        const sawtooth = createSawtooth()
        for (const [at, latePs] of told) {
          sawtooth.add(monoNs(at), latePs)
          assert.ok(sawtooth.correct(monoNs(at), latePs).restNs >= 0n)
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('numbering with a sawtooth', () => {
  function run(names: LabelSample['names'], meaning: Polarity): readonly { sample: TimeSample; trueAt: bigint }[] {
    const numbering = createPulseNumbering({ source: 'gnss0', accuracyNs: 100n })
    const given: { sample: TimeSample; trueAt: bigint }[] = []
    const truths = new Map<bigint, bigint>()
    const keep = ({ samples }: { readonly samples: readonly TimeSample[] }): void => {
      for (const sample of samples) given.push({ sample, trueAt: truths.get(sample.taiNs) ?? -1n })
    }
    for (const each of pulses({ seed: 5, ratePpb: 300, sizeNs: 20, noiseNs: 1, meaning }, 300)) {
      const following = names === 'following-pulse'
      const firstByteAt = monoNs(each.at + (following ? -600_000_000n : 100_000_000n))
      const named = taiNs(BigInt(each.s) * NS_PER_SECOND)
      truths.set(named, each.trueAt)
      const label: LabelSample = {
        kind: 'label',
        source: 'gnss0',
        firstByteAt,
        lastByteAt: monoNs(firstByteAt + 50_000_000n),
        taiNs: named,
        names,
        valid: true,
        quality: 'locked',
        pulseLatePs: each.latePs,
      }
      if (following) keep(numbering.label(label))
      keep(numbering.pulse({ kind: 'pulse', source: 'gnss0', monoNs: each.at, uncertaintyNs: 5n }, 'locked'))
      if (!following) keep(numbering.label(label))
    }
    return given
  }

  it('corrects the edge that the label names, and promises more of it, once the sign is measured', () => {
    for (const names of ['following-pulse', 'preceding-pulse'] as const) {
      for (const meaning of [1, -1] as const) {
        const given = run(names, meaning)
        assert.ok(given.length >= 298)
        for (const { sample, trueAt } of given.slice(10)) {
          const offNs = Number(sample.monoNs - trueAt)
          assert.ok(Math.abs(offNs) <= Number(sample.precisionNs), `${names}: ${offNs} of ${sample.precisionNs}`)
        }
        const late = given.slice(-100)
        assert.ok(late.every(({ sample }) => sample.precisionNs === 6n))
      }
    }
  })

  it('promises the whole sawtooth while the sign is unknown', () => {
    const given = run('following-pulse', 0)
    assert.ok(given.slice(-100).every(({ sample }) => sample.precisionNs <= 25n))
    assert.ok(given.slice(-100).some(({ sample }) => sample.precisionNs >= 20n))
  })
})
