import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contains } from '../core/interval.ts'
import { createPrng, type Prng } from '../core/prng.ts'
import { NS_PER_SECOND } from '../core/time.ts'
import { createNodeClock, type NodeClockReading } from './node-clock.ts'
import type { SourceReading } from './source-reading.ts'
import {
  anyCrystal,
  at,
  createVirtualAppliance,
  honest,
  type Instrument,
  swinging,
  type VirtualAppliance,
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

/** An instrument whose error changes from `fromS` on. */
function going(instrument: Instrument, fromS: number, errorNs: (since: number) => number | undefined): Instrument {
  return {
    ...instrument,
    errorNs: (second) => (second < fromS ? instrument.errorNs(second) : errorNs(second - fromS)),
  }
}

const DOMAINS = ['gnss', 'ptp', 'caesium'] as const

function threeDomains(prng: Prng): readonly [Instrument, Instrument, Instrument] {
  return [
    honest({ name: 'gnss0' }, prng),
    honest({ name: 'ptp0', class: 'ptp', domain: 'ptp' }, prng),
    honest({ name: 'cs0', class: 'caesium', domain: 'caesium' }, prng),
  ]
}

/** Reads, and dies when TAI is not where the reading says. */
function readTruly(appliance: VirtualAppliance, second: number, where: string): NodeClockReading {
  const reading = appliance.read(second)
  const truth = appliance.oscillator.truthAt(at(second))
  const { estimate } = reading
  assert.ok(estimate !== undefined, `${where}, ${second} s: nothing`)
  assert.ok(
    contains(estimate.interval, truth),
    `${where}, ${second} s: ${truth - estimate.taiNs} of ${estimate.boundNs}`,
  )
  const farther = estimate.taiNs > truth ? estimate.taiNs - truth : truth - estimate.taiNs
  assert.ok(farther <= estimate.boundNs, where)
  return reading
}

function sourceOf(reading: NodeClockReading, name: string): SourceReading {
  const found = reading.sources.find((source) => source.name === name)
  assert.ok(found !== undefined)
  return found
}

function codes({ alarms }: NodeClockReading): readonly string[] {
  return alarms.map(({ code }) => code)
}

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

  it('keeps the truth while one of three domains lies in any way, and names the liar', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const prng = createPrng(seed)
      const [liar, ...right] = threeDomains(prng)
      const sizeNs = (prng.nextBelow(2) === 0 ? 1 : -1) * (20_000 + prng.nextUnit() * 2e7)
      const lies: readonly ((since: number) => number)[] = [
        () => sizeNs,
        (since) => (sizeNs * since) / 100,
        (since) => sizeNs * Math.sin(since / 5),
        () => sizeNs * (prng.nextUnit() * 2 - 1),
      ]
      const from = prng.nextBelow(2) === 0 ? 0 : 15
      const lie = going(liar, from, lies[seed % lies.length] ?? (() => sizeNs))
      const appliance = createVirtualAppliance(prng, anyCrystal(prng), [lie, ...right])
      const states = new Set<string>()
      for (let second = 1; second <= 45; second++) {
        appliance.tick(second)
        const reading = readTruly(appliance, second + 0.5, `seed ${seed}`)
        assert.deepEqual(codes(reading), [], `seed ${seed}`)
        const { state, reason } = sourceOf(reading, 'gnss0')
        states.add(state)
        if (state === 'falseticker')
          assert.match(reason ?? '', /^gnss0: [\d.]+ [µm]?s outside \[−[\d.]+ [µnm]s, \+[\d.]+ [µnm]s\]$/)
        for (const name of ['ptp0', 'cs0']) assert.equal(sourceOf(reading, name).state, 'selected', `seed ${seed}`)
      }
      assert.ok(seed % lies.length === 3 || states.has('falseticker'), `seed ${seed}: ${[...states].join()}`)
    }
  })

  it('names a domain that re-locks elsewhere, and does not move for it', () => {
    for (const [index, stepNs] of [10_000, -41_000, 300_000, -20_000_000].entries()) {
      const prng = createPrng(index)
      const [gnss, ...others] = threeDomains(prng)
      const stepped = going(gnss, 20, () => stepNs)
      const appliance = createVirtualAppliance(prng, anyCrystal(prng), [stepped, ...others])
      for (let second = 1; second <= 40; second++) {
        appliance.tick(second)
        const reading = readTruly(appliance, second + 0.5, `${stepNs}`)
        assert.deepEqual(codes(reading), [])
        assert.equal(reading.mode, 'locked')
        if (second >= 28) assert.equal(sourceOf(reading, 'gnss0').state, 'falseticker', `${stepNs}, ${second} s`)
      }
    }
  })

  it('covers old and new for 10 s when a single domain jumps, with an alarm, and then believes it', () => {
    for (const [index, stepNs] of [10_000, -41_000, 150_000, -300_000, 1_000_000, -20_000_000].entries()) {
      const prng = createPrng(100 + index)
      const gnss = honest({ name: 'gnss0' }, prng)
      const appliance = createVirtualAppliance(prng, anyCrystal(prng), [
        going(gnss, 30, () => (gnss.errorNs(0) ?? 0) + stepNs),
      ])
      const where = `${stepNs} ns`
      let alarmedAt: number | undefined
      for (let second = 1; second <= 60; second++) {
        appliance.tick(second)
        const now = second + 0.5
        const reading = appliance.read(now)
        const old = appliance.oscillator.truthAt(at(now))
        const { estimate } = reading
        assert.ok(estimate !== undefined)
        const alarmed = codes(reading).includes('fusion.jump')
        if (alarmed) alarmedAt ??= second
        if (alarmedAt === undefined || second < alarmedAt + 10) {
          assert.ok(contains(estimate.interval, old), `${where}, ${second} s`)
          assert.equal(alarmed, alarmedAt !== undefined, `${where}, ${second} s`)
        }
        if (alarmed) {
          assert.ok(contains(estimate.interval, old + BigInt(stepNs)), `${where}, ${second} s`)
          assert.equal(appliance.clock.frequency(at(now)), undefined)
        }
        if (alarmedAt !== undefined && second >= alarmedAt + 10) {
          assert.ok(!alarmed && !contains(estimate.interval, old), `${where}, ${second} s`)
          assert.ok(contains(estimate.interval, old + BigInt(stepNs)), `${where}, ${second} s`)
        }
      }
      assert.ok(alarmedAt !== undefined && alarmedAt <= 37, `${where}: ${alarmedAt}`)
    }
  })

  it('asks no more of a word that it believed, even if the flywheel remembers another one better', () => {
    const prng = createPrng(21)
    const rubidium = honest({ name: 'rb0', class: 'rubidium', role: 'frequency', domain: 'rb0' }, prng)
    const sharp = going(honest({ name: 'gnss0' }, prng), 30, () => undefined)
    const blunt = {
      ...going(honest({ name: 'gnss1' }, prng), 0, (second) => (second < 30 ? undefined : 200_000)),
      accuracyNs: 30_000,
    }
    const appliance = createVirtualAppliance(prng, anyCrystal(prng), [sharp, blunt, { ...rubidium, noiseNs: 20 }])
    const jumps: number[] = []
    for (let second = 1; second <= 90; second++) {
      appliance.tick(second)
      if (codes(appliance.read(second + 0.5)).includes('fusion.jump')) jumps.push(second)
    }
    assert.equal(jumps.length, 10)
    assert.equal((jumps[9] ?? 0) - (jumps[0] ?? 0), 9)
    const said = appliance.oscillator.truthAt(at(90.5)) + 200_000n
    assert.ok(contains(appliance.read(90.5).estimate!.interval, said))
  })

  it('follows a single domain that walked away before it was locked, without an alarm', () => {
    const prng = createPrng(5)
    const gnss = honest({ name: 'gnss0' }, prng)
    const walked = { ...gnss, errorNs: (second: number) => 20_000 * second }
    const appliance = createVirtualAppliance(prng, anyCrystal(prng), [walked])
    for (let second = 1; second <= 40; second++) {
      appliance.tick(second)
      const reading = appliance.read(second + 0.5)
      assert.deepEqual(codes(reading), [])
      const walkNs = BigInt(Math.round(20_000 * (second + 0.5)))
      const said = appliance.oscillator.truthAt(at(second + 0.5)) + walkNs
      if (second >= 6) assert.ok(contains(reading.estimate!.interval, said), `${second} s`)
    }
  })

  it('goes with the right one of two domains by its flywheel, names the other, and stays sharp', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const prng = createPrng(seed)
      const [gnss, ptp] = threeDomains(prng)
      const sizeNs = (seed % 2 === 0 ? 1 : -1) * (30_000 + prng.nextUnit() * 2e7)
      const [lying, right] = seed % 4 < 2 ? [gnss, ptp] : [ptp, gnss]
      const appliance = createVirtualAppliance(prng, anyCrystal(prng), [going(lying, 20, () => sizeNs), right])
      for (let second = 1; second <= 60; second++) {
        appliance.tick(second)
        const reading = readTruly(appliance, second + 0.5, `seed ${seed}`)
        assert.equal(reading.mode, 'locked')
        if (second < 28) continue
        assert.deepEqual(codes(reading), ['fusion.domains-disagree'], `seed ${seed}, ${second} s`)
        assert.equal(sourceOf(reading, lying.config.name).state, 'falseticker')
        assert.equal(sourceOf(reading, right.config.name).state, 'selected')
        assert.ok((reading.estimate?.boundNs ?? 0n) < 5_000n)
      }
    }
  })

  it('does not follow one of two domains that walks away, and never trusts it on the way', () => {
    for (const [seed, walkPpb] of [1_500, -5_000, 20_000].entries()) {
      const prng = createPrng(seed)
      const [gnss, ptp] = threeDomains(prng)
      const walking = going(ptp, 20, (since) => (ptp.errorNs(0) ?? 0) + walkPpb * since)
      const appliance = createVirtualAppliance(prng, anyCrystal(prng), [gnss, walking])
      for (let second = 1; second <= 90; second++) {
        appliance.tick(second)
        readTruly(appliance, second + 0.5, `${walkPpb} ppb`)
      }
      assert.equal(sourceOf(appliance.read(91), 'gnss0').state, 'selected')
      assert.equal(sourceOf(appliance.read(91), 'ptp0').state, 'falseticker')
    }
  })

  it('never believes the wrong one of two domains that disagree from the start, whichever comes first', () => {
    let covered = 0
    for (let seed = 1; seed <= 70; seed++) {
      const prng = createPrng(seed)
      const [gnss, ptp] = threeDomains(prng)
      const sizeNs = 30_000 + 270_000 * prng.nextUnit()
      const lying = { ...ptp, errorNs: () => (seed % 2 === 0 ? sizeNs : -sizeNs) }
      const instruments = [gnss, lying].map((each, index) => ({
        ...each,
        errorNs: (second: number) => (second < (seed % 7) * index ? undefined : each.errorNs(second)),
      }))
      const appliance = createVirtualAppliance(prng, anyCrystal(prng), instruments)
      for (let second = 1; second <= 40; second++) {
        appliance.tick(second)
        // As long as both are wide they overlap, and look healthy.
        const settled = second >= 15
        const reading = settled ? readTruly(appliance, second + 0.5, `seed ${seed}`) : appliance.read(second + 0.5)
        if (!settled) continue
        assert.deepEqual(codes(reading), ['fusion.domains-disagree'], `seed ${seed}`)
        if (sourceOf(reading, 'gnss0').state !== 'selected' || sourceOf(reading, 'ptp0').state !== 'selected') continue
        covered += 1
        assert.ok((reading.estimate?.boundNs ?? 0n) > BigInt(Math.round(sizeNs / 2)))
        assert.equal(appliance.clock.frequency(at(second + 0.5)), undefined)
      }
    }
    assert.ok(covered > 500, `${covered}`)
  })

  it('goes into holdover when the two sources of its only domain part, with an alarm', () => {
    const prng = createPrng(12)
    const [first, second] = [honest({ name: 'gnss0' }, prng), honest({ name: 'gnss1' }, prng)]
    const appliance = createVirtualAppliance(prng, anyCrystal(prng), [first, going(second, 20, () => 200_000)])
    for (let tick = 1; tick <= 40; tick++) {
      appliance.tick(tick)
      const reading = readTruly(appliance, tick + 0.5, 'split')
      if (tick < 28) continue
      assert.equal(reading.mode, 'holdover')
      assert.deepEqual(codes(reading), ['fusion.domain-split'])
      for (const { state, reason } of reading.sources) {
        assert.deepEqual([state, reason], ['abstaining', 'its failure domain does not agree'])
      }
    }
  })

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

  it('promises a rate that holds against the true oscillator, one liar among three domains or not', () => {
    let rates = 0
    for (let seed = 1; seed <= 60; seed++) {
      const prng = createPrng(seed)
      const [liar, ...right] = threeDomains(prng)
      const walkPpb = (prng.nextUnit() * 2 - 1) * 20_000
      const zeroAt = 5 + prng.nextBelow(25)
      const walking = { ...liar, noiseNs: 5, errorNs: (second: number) => walkPpb * (second - zeroAt) }
      const appliance = createVirtualAppliance(prng, anyCrystal(prng), seed % 3 === 0 ? right : [walking, ...right])
      for (let second = 1; second <= 32; second++) {
        appliance.tick(second)
        appliance.read(second + 0.5)
        const now = at(second + 0.6)
        const rate = appliance.clock.frequency(now)
        if (rate === undefined) continue
        rates += 1
        const offPpb = Math.abs(rate.ppb - appliance.oscillator.ratePpb(now))
        assert.ok(offPpb <= rate.uncertaintyPpb, `seed ${seed}, ${second} s: ${offPpb} > ${rate.uncertaintyPpb}`)
      }
    }
    assert.ok(rates > 1_000, `${rates}`)
  })

  it('gives the same reading whatever the order of its configuration', () => {
    const run = (turn: (sources: readonly Instrument[]) => Instrument[]): NodeClockReading => {
      const prng = createPrng(9)
      const instruments = threeDomains(prng)
      const crystal = anyCrystal(prng)
      const appliance = createVirtualAppliance(createPrng(10), crystal, turn(instruments))
      // Each instrument has its own noise: here none, so that the order of drawing does not matter either.
      for (let second = 1; second <= 20; second++) appliance.tick(second)
      return appliance.read(20.5)
    }
    const still = (sources: readonly Instrument[]): Instrument[] => sources.map((each) => ({ ...each, noiseNs: 0 }))
    assert.deepEqual(
      run((sources) => still(sources).reverse()).sources.map(({ name, state }) => [name, state]),
      run(still).sources.map(({ name, state }) => [name, state]),
    )
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
