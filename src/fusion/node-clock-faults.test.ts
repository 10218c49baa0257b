import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contains } from '../core/interval.ts'
import { createPrng } from '../core/prng.ts'
import {
  anyCrystal,
  at,
  codes,
  createVirtualAppliance,
  going,
  honest,
  readTruly,
  sourceOf,
  threeDomains,
} from './virtual-appliance-fixture.ts'

describe('the node clock with a source that is wrong', () => {
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
})
