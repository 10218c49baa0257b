import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPrng, type Prng } from '../core/prng.ts'
import { NS_PER_SECOND, plus } from '../core/time.ts'
import { createNodeClock } from './node-clock.ts'
import {
  anyCrystal,
  at,
  codes,
  createVirtualAppliance,
  going,
  honest,
  type Instrument,
  readTruly,
  sourceOf,
  threeDomains,
} from './virtual-appliance-fixture.ts'

/** An instrument that is right, each of whose readings after the first may be an outlier, or missing. */
function flawed(instrument: Instrument, prng: Prng): Instrument {
  return {
    ...instrument,
    errorNs: (second) => {
      if (second > 1 && prng.nextUnit() < 0.05) return undefined
      if (second > 1 && prng.nextUnit() < 0.03) return (prng.nextUnit() * 2 - 1) * 1e7
      return instrument.errorNs(second)
    },
  }
}

const DOMAINS = ['gnss', 'ptp', 'caesium'] as const

describe('the node clock', () => {
  it('knows nothing before the first reading, and starts wide', () => {
    const prng = createPrng(1)
    const appliance = createVirtualAppliance(prng, anyCrystal(prng), [honest({ name: 'gnss0' }, prng)])
    const { estimate, mode, clockClass, sources } = appliance.read(0.5)
    assert.deepEqual({ estimate, mode, clockClass }, { estimate: undefined, mode: 'acquiring', clockClass: 248 })
    assert.equal(sources[0]?.reason, 'no recent sample')
    appliance.tick(1)
    const first = readTruly(appliance, 1.9, 'first')
    assert.ok((first.estimate?.boundNs ?? 0n) > 40_000n, `${first.estimate?.boundNs}`)
    assert.deepEqual(first.flags, ['single-domain'])
  })

  it('keeps the truth in its interval, whatever noise, drift, outliers and gaps its healthy sources have', () => {
    let bounds = 0
    for (let seed = 1; seed <= 200; seed++) {
      const prng = createPrng(seed)
      const instruments = Array.from({ length: 1 + prng.nextBelow(4) }, (_, index) => {
        const instrument = honest({ name: `s${index}`, domain: DOMAINS[prng.nextBelow(3)] ?? 'gnss' }, prng)
        return flawed(instrument, prng)
      })
      const appliance = createVirtualAppliance(prng, anyCrystal(prng), instruments)
      for (let second = 1; second <= 25; second++) {
        appliance.tick(second)
        for (let read = 0; read < 2; read++)
          readTruly(appliance, second + 0.1 + prng.nextUnit() * 0.45 * (read + 1), `seed ${seed}`)
      }
      const last = appliance.read(26.5)
      if (last.mode === 'locked' && (last.estimate?.boundNs ?? 0n) < 5_000n) bounds += 1
    }
    assert.ok(bounds > 190, `only ${bounds} of 200 are sharp`)
  })

  it('covers a first reading that was wrong until it is found out, and is not led astray by it', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const prng = createPrng(seed)
      const gnss = honest({ name: 'gnss0' }, prng)
      const wrongNs = (prng.nextUnit() * 2 - 1) * 2e7
      const appliance = createVirtualAppliance(prng, anyCrystal(prng), [
        { ...gnss, errorNs: (second) => (second === 1 ? wrongNs : gnss.errorNs(second)) },
      ])
      for (let second = 1; second <= 20; second++) {
        appliance.tick(second)
        const reading = second === 1 ? appliance.read(1.5) : readTruly(appliance, second + 0.5, `seed ${seed}`)
        assert.deepEqual(codes(reading), [])
      }
      assert.ok((appliance.read(20.6).estimate?.boundNs ?? 0n) < 5_000n)
    }
  })

  it('gives the same readings whatever the order of its configuration and of what it is told', () => {
    const prng = createPrng(9)
    const crystal = anyCrystal(prng)
    const instruments = [going(threeDomains(prng)[0], 12, () => 90_000), ...threeDomains(prng).slice(1)]
    const sources = instruments.map(({ config }) => config)
    const clock = createNodeClock({ oscillator: 'crystal', sources })
    const turned = createNodeClock({ oscillator: 'crystal', sources: [...sources].reverse() })
    for (let second = 1; second <= 30; second++) {
      const samples = instruments.map(({ config, errorNs }, index) => ({
        kind: 'time' as const,
        source: config.name,
        monoNs: at(second + index / 100),
        taiNs: plus(crystal.truthAt(at(second + index / 100)), BigInt(Math.round(errorNs(second) ?? 0))),
        accuracyNs: 1_100n,
        precisionNs: 10n,
        quality: 'locked' as const,
      }))
      for (const sample of samples) clock.observe(sample)
      for (const sample of samples.reverse()) turned.observe(sample)
      assert.deepEqual(turned.read(at(second + 0.5)), clock.read(at(second + 0.5)))
      assert.deepEqual(turned.frequency(at(second + 0.6)), clock.frequency(at(second + 0.6)))
    }
    assert.equal(sourceOf(clock.read(at(30.6)), 'gnss0').state, 'falseticker')
  })

  it('reads twice the same at one instant, and asking for the rate changes nothing', () => {
    const prng = createPrng(4)
    const gnss = honest({ name: 'gnss0' }, prng)
    const appliance = createVirtualAppliance(prng, anyCrystal(prng), [going(gnss, 20, () => 500_000)])
    for (let second = 1; second <= 26; second++) {
      appliance.tick(second)
      appliance.clock.frequency(at(second + 0.4))
      const reading = appliance.read(second + 0.5)
      appliance.clock.frequency(at(second + 0.5))
      assert.deepEqual(appliance.read(second + 0.5), reading)
    }
  })

  it('dies of two sources with one name, and of a source that is not configured', () => {
    const config = { name: 'gnss0', class: 'gnss', role: 'time', domain: 'gnss' } as const
    assert.throws(() => createNodeClock({ oscillator: 'crystal', sources: [config, config] }), /one name/)
    const clock = createNodeClock({ oscillator: 'crystal', sources: [config] })
    const status = { quality: 'locked', dependsOn: 'sky', alarms: [] } as const
    assert.throws(() => clock.setStatus('gnss1', status, at(1)), /no source is named "gnss1"/)
  })

  it('runs without any source, and says nothing for ever', () => {
    const clock = createNodeClock({ oscillator: 'ocxo', sources: [] })
    const { estimate, mode, sources } = clock.read(at(Number(NS_PER_SECOND)))
    assert.deepEqual({ estimate, mode, sources }, { estimate: undefined, mode: 'acquiring', sources: [] })
    assert.equal(clock.frequency(at(1)), undefined)
  })
})
