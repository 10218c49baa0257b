import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPrng, type Prng } from '../core/prng.ts'
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
  swinging,
  threeDomains,
} from './virtual-appliance-fixture.ts'

describe('the node clock in holdover', () => {
  it('is in holdover, not spoilt, while only a serial time of day is left', () => {
    const prng = createPrng(13)
    const gnss = going(honest({ name: 'gnss0' }, prng), 20, () => undefined)
    const config = { name: 'nmea0', class: 'serial', role: 'time', domain: 'gnss' } as const
    const serial = { config, accuracyNs: 1e8, noiseNs: 1e7, errorNs: () => 8e7 }
    const appliance = createVirtualAppliance(prng, anyCrystal(prng), [gnss, serial])
    for (let second = 1; second <= 80; second++) {
      appliance.tick(second)
      const reading = readTruly(appliance, second + 0.5, 'serial')
      assert.deepEqual(codes(reading), [])
      if (second >= 26) assert.equal(reading.mode, 'holdover')
    }
    assert.ok((appliance.read(81).estimate?.boundNs ?? 0n) < 150_000n)
  })

  it('keeps the truth for a minute without any source, in holdover, and locks again', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const prng = createPrng(seed)
      const gone = (instrument: Instrument): Instrument => ({
        ...instrument,
        errorNs: (second) => (second > 20 && second <= 80 ? undefined : instrument.errorNs(second)),
      })
      const instruments = threeDomains(prng)
        .slice(0, 1 + prng.nextBelow(3))
        .map(gone)
      const appliance = createVirtualAppliance(prng, anyCrystal(prng), instruments)
      let beforeNs = 0n
      for (let second = 1; second <= 90; second++) {
        appliance.tick(second)
        const { mode, estimate, clockClass, sources } = readTruly(appliance, second + 0.5, `seed ${seed}`)
        if (second === 20) beforeNs = estimate!.boundNs
        if (second >= 26 && second <= 80) {
          assert.equal(mode, 'holdover')
          assert.equal(clockClass, 7)
          assert.ok(sources.every(({ state }) => state === 'abstaining'))
        }
        if (second === 80) assert.ok(estimate!.boundNs > beforeNs + 30_000n && estimate!.boundNs < 150_000n)
        if (second === 90) assert.equal(mode, 'locked')
      }
    }
  })

  it('stays locked by a disciplined oscillator whose sky is gone, at the drift of its class, in its own domain', () => {
    const prng = createPrng(17)
    const gnss = going(honest({ name: 'gnss0' }, prng), 30, () => undefined)
    const gpsdo = honest({ name: 'gpsdo0', class: 'gpsdo', holdoverDomain: 'gpsdo0' }, prng)
    const drifting: Instrument = {
      ...gpsdo,
      errorNs: (second) => (gpsdo.errorNs(second) ?? 0) + 0.9 * Math.max(second - 30, 0),
      quality: (second) => (second < 30 ? 'locked' : 'holdover'),
    }
    const appliance = createVirtualAppliance(prng, anyCrystal(prng), [gnss, drifting])
    appliance.clock.setStatus('gpsdo0', { quality: 'locked', dependsOn: 'sky', alarms: [] }, at(29))
    for (let second = 1; second <= 300; second++) {
      const lost = { quality: 'holdover', dependsOn: 'own', alarms: ['gpsdo.holdover'] } as const
      if (second === 31) appliance.clock.setStatus('gpsdo0', lost, at(second))
      appliance.tick(second)
      const reading = readTruly(appliance, second + 0.5, 'gpsdo')
      assert.equal(reading.mode, 'locked')
      assert.deepEqual(codes(reading), [])
      assert.equal(sourceOf(reading, 'gpsdo0').domain, second < 31 ? 'gnss' : 'gpsdo0')
      assert.ok((reading.estimate?.boundNs ?? 0n) < 3_500n || second < 8)
    }
  })

  it('holds over longer by a better oscillator', () => {
    const prng = createPrng(18)
    const gnss = going(honest({ name: 'gnss0' }, prng), 40, () => undefined)
    const appliance = createVirtualAppliance(prng, swinging(1_234, 2, 100), [gnss], 'ocxo')
    for (let second = 1; second <= 640; second++) {
      if (second < 40) appliance.tick(second)
      readTruly(appliance, second + 0.5, 'ocxo')
    }
    assert.ok((appliance.read(641).estimate?.boundNs ?? 0n) < 150_000n)
  })

  it('holds over for ten minutes within a few microseconds by a frequency source', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const prng = createPrng(seed)
      const gnss = honest({ name: 'gnss0' }, prng)
      const rubidium = honest({ name: 'rb0', class: 'rubidium', role: 'frequency', domain: 'rb0' }, prng)
      const free = { ...rubidium, noiseNs: 100, errorNs: (second: number) => 5e8 + 0.9 * second }
      const appliance = createVirtualAppliance(prng, anyCrystal(prng), [going(gnss, 30, () => undefined), free])
      for (let second = 1; second <= 630; second += 3) {
        appliance.tick(second)
        const reading = readTruly(appliance, second + 0.5, `seed ${seed}`)
        if (second > 36) assert.equal(reading.mode, 'holdover')
        assert.equal(sourceOf(reading, 'rb0').state, 'frequency')
        assert.deepEqual(codes(reading), [])
      }
      assert.ok((appliance.read(630.6).estimate?.boundNs ?? 0n) < 10_000n, `${appliance.read(630.6).estimate?.boundNs}`)
    }
  })

  describe('by a rubidium that was learnt', () => {
    /** Its time minus TAI at so many seconds, ns; a step of its rate at `jumpS`. */
    const rubidiumOf = (prng: Prng, jumpS: number): Instrument => {
      const base = honest({ name: 'rb0', class: 'rubidium', role: 'frequency', domain: 'rb0' }, prng)
      return { ...base, noiseNs: 20, errorNs: (s) => 5e8 + 0.7 * s + (s > jumpS ? 0.5 * (s - jumpS) : 0) }
    }
    const run = (lostS: number, jumpS: number, interruptedS = -1) => {
      const prng = createPrng(21)
      const gnss = going({ ...honest({ name: 'gnss0' }, prng), noiseNs: 20, accuracyNs: 200 }, lostS, () => undefined)
      const rubidium = rubidiumOf(prng, jumpS)
      const errorNs = (s: number): number | undefined =>
        s > interruptedS && s < interruptedS + 60 ? undefined : rubidium.errorNs(s)
      const appliance = createVirtualAppliance(prng, swinging(1_234, 90, 700), [gnss, { ...rubidium, errorNs }])
      for (let second = 1; second <= lostS + 7_200; second += 4) {
        appliance.tick(second)
        readTruly(appliance, second + 0.5, 'learnt')
      }
      return Number(appliance.read(lostS + 7_201).estimate?.boundNs)
    }

    it('promises less drift than its class, and keeps the truth', () => {
      // Two hours at 1 ppb are 7,200 ns; four hours of learning leave about a tenth.
      const [learnt, unlearnt] = [run(14_400, 1e9), run(1_200, 1e9)]
      assert.ok(learnt < unlearnt - 5_000, `${learnt} and ${unlearnt}`)
    })

    it('falls back to its class when it was interrupted shortly before, or had jumped to another rate', () => {
      const learnt = run(14_400, 1e9)
      assert.ok(run(14_400, 1e9, 14_000) > learnt + 5_000)
      assert.ok(run(14_400, 12_600) > learnt + 5_000)
    })
  })
})
