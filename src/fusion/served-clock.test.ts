import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { around, contains, interval } from '../core/interval.ts'
import { createPrng } from '../core/prng.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../core/time.ts'
import { type CertifiedTime, createServedClock, type OwnTime, type ServedClock } from './served-clock.ts'
import { at, type Oscillator, START_TAI, swinging } from './virtual-appliance-fixture.ts'

const VOID_AFTER_NS = 10n * NS_PER_SECOND

function certifiedAt(mark: MonoNs, below: bigint, above: bigint, changes: Partial<CertifiedTime> = {}): CertifiedTime {
  return {
    markMono: mark,
    lo: plus(START_TAI, mark - below),
    hi: plus(START_TAI, mark + above),
    ratePpb: 0n,
    rateBoundPpb: 0n,
    voidAfterMono: plus(mark, VOID_AFTER_NS),
    ...changes,
  }
}

function own(now: MonoNs, offNs: bigint, boundNs = 100n): OwnTime {
  const tai = plus(START_TAI, now + offNs)
  return { taiNs: tai, interval: around(tai, boundNs), refuted: false }
}

/** Served − TAI of an oscillator that is right. */
function offAt(clock: ServedClock, now: MonoNs, hardware?: OwnTime): bigint {
  const reading = clock.read(now, hardware)
  assert.ok(reading !== undefined)
  return reading.taiNs - now - START_TAI
}

describe('the served clock', () => {
  it('serves nothing while there is neither a certificate nor own hardware', () => {
    assert.equal(createServedClock(at(0)).read(at(1), undefined), undefined)
  })

  it('serves the own hardware, flagged, before the first certificate', () => {
    const reading = createServedClock(at(0)).read(at(1), own(at(1), 7n))
    assert.equal(reading?.origin, 'own-hardware')
    assert.deepEqual(reading.flags, ['hardware-fallback'])
    assert.equal(reading.boundNs, 100n)
    assert.deepEqual(reading.interval, own(at(1), 7n).interval)
  })

  it('serves no hardware that nobody confirmed while patience lasts, but a certificate at once', () => {
    const clock = createServedClock(at(10))
    assert.equal(clock.read(at(9.9), own(at(9.9), 7n)), undefined)
    assert.equal(clock.read(at(10), own(at(10), 7n))?.origin, 'own-hardware')
    const certified = createServedClock(at(10))
    certified.adopt(certifiedAt(at(0), 200n, 200n))
    assert.equal(certified.read(at(1), own(at(1), 7n))?.origin, 'certified')
  })

  it('asks for no patience again once there was a certificate', () => {
    const clock = createServedClock(at(100))
    clock.adopt(certifiedAt(at(0), 200n, 200n))
    assert.equal(clock.read(at(20), own(at(20), 7n))?.origin, 'own-hardware')
  })

  it('never serves hardware on its own that a certificate refuted, though that still chooses the point', () => {
    const refuted = (now: MonoNs): OwnTime => ({ ...own(now, 150n), refuted: true })
    const clock = createServedClock(at(0))
    assert.equal(clock.read(at(1), refuted(at(1))), undefined)
    clock.adopt(certifiedAt(at(1), 200n, 200n))
    assert.equal(offAt(clock, at(1), refuted(at(1))), 150n)
    assert.equal(clock.read(at(12), refuted(at(12))), undefined)
    assert.equal(clock.read(at(12), own(at(12), 150n))?.origin, 'own-hardware')
  })

  it('serves the point of the certified interval that is nearest to the own hardware, and the bound of the interval', () => {
    for (const [hardwareNs, servedNs] of [
      [10n, 10n],
      [-300n, -200n],
      [900n, 500n],
    ] as const) {
      const clock = createServedClock(at(0))
      clock.adopt(certifiedAt(at(0), 199n, 499n))
      const reading = clock.read(at(0), own(at(0), hardwareNs, 1_000n))
      assert.equal(reading!.taiNs - START_TAI, servedNs)
      assert.deepEqual(reading?.interval, interval(START_TAI - 200n, START_TAI + 500n))
      assert.equal(reading.boundNs, servedNs > 150n ? servedNs + 200n : 500n - servedNs)
      assert.deepEqual([reading.origin, reading.flags], ['certified', []])
    }
  })

  it('serves the middle of the certified interval to an appliance without hardware', () => {
    const clock = createServedClock(at(0))
    clock.adopt(certifiedAt(at(0), 200n, 500n))
    assert.equal(offAt(clock, at(0)), 150n)
  })

  it('flags own hardware that misses the certified region, and does not follow it', () => {
    const clock = createServedClock(at(0))
    clock.adopt(certifiedAt(at(0), 200n, 200n))
    const reading = clock.read(at(1), own(at(1), 5_000n))
    assert.deepEqual(reading?.flags, ['own-hardware-misses-region'])
    assert.equal(reading.targetTaiNs, reading.interval.hi)
    assert.deepEqual(clock.read(at(1), own(at(1), 301n))?.flags, [])
  })

  it('carries the certified interval by the known rate and ages it by what that may be wrong, rounded outward', () => {
    const clock = createServedClock(at(0))
    clock.adopt(certifiedAt(at(0), 200n, 500n, { ratePpb: -30_000n, rateBoundPpb: 620n }))
    const { interval: aged } = clock.read(at(5), undefined) ?? assert.fail()
    const carried = START_TAI + 5n * NS_PER_SECOND - 150_000n
    assert.deepEqual(aged, interval(carried - 200n - 3_100n - 1n, carried + 500n + 3_100n + 1n))
    const { interval: soon } = clock.read(monoNs(1n), undefined) ?? assert.fail()
    assert.deepEqual(soon, interval(START_TAI - 200n - 2n, START_TAI + 500n + 2n))
  })

  it('lets the certificate steer up to its last instant, and then serves the own hardware, flagged', () => {
    const clock = createServedClock(at(0))
    clock.adopt(certifiedAt(at(0), 200n, 200n))
    assert.equal(clock.read(at(10), own(at(10), 5_000n))?.origin, 'certified')
    const later = monoNs(at(10) + 1n)
    const fallback = clock.read(later, own(later, 5_000n))
    assert.deepEqual([fallback?.origin, fallback?.flags], ['own-hardware', ['hardware-fallback']])
    assert.deepEqual(fallback?.interval, own(later, 5_000n).interval)
    assert.ok((fallback?.boundNs ?? 0n) > 4_800n)
    assert.equal(clock.read(at(11), undefined), undefined)
    clock.adopt(certifiedAt(at(12), 200n, 200n))
    assert.equal(clock.read(at(12), own(at(12), 5_000n))?.origin, 'certified')
  })

  it('slews to its target by 500 ppm, both ways, and is there when it should be', () => {
    for (const offNs of [1_000_000n, -1_000_000n]) {
      const clock = createServedClock(at(0))
      assert.equal(offAt(clock, at(0), own(at(0), offNs)), offNs)
      clock.adopt(certifiedAt(at(0), 100n, 100n))
      assert.equal(offAt(clock, at(1), own(at(1), 0n)), offNs / 2n)
      assert.equal(offAt(clock, at(2), own(at(2), 0n)), 0n)
    }
  })

  it('gives a reading for an earlier instant the last served time, with the bound that this has then', () => {
    const clock = createServedClock(at(0))
    clock.adopt(certifiedAt(at(0), 100n, 100n))
    const last = clock.read(at(2), undefined)
    const earlier = clock.read(at(1), undefined)
    assert.equal(earlier?.taiNs, last?.taiNs)
    assert.ok((earlier?.boundNs ?? 0n) >= NS_PER_SECOND)
    assert.equal(clock.read(at(2), undefined)?.taiNs, last?.taiNs)
  })

  it('takes other rates for the time since the mark when a certificate is adopted again with them', () => {
    const clock = createServedClock(at(0))
    const certificate = certifiedAt(at(0), 100n, 100n, { ratePpb: 20_000n, rateBoundPpb: 620n })
    clock.adopt(certificate)
    clock.adopt({ ...certificate, ratePpb: 0n, rateBoundPpb: 50_006n })
    const reading = clock.read(at(1), undefined)
    assert.ok(reading !== undefined && contains(reading.interval, START_TAI + NS_PER_SECOND - 50_000n))
  })

  it('never goes back, never slews faster than its limit, and its bound covers its interval, whatever happens', () => {
    const far = fc.bigInt({ min: -50_000_000n, max: 50_000_000n })
    const event = fc.record({
      stepNs: fc.oneof(fc.bigInt({ min: 0n, max: 1_000n }), fc.bigInt({ min: 0n, max: 15n * NS_PER_SECOND })),
      certified: fc.option(fc.tuple(far, fc.bigInt({ min: 0n, max: 1_000_000n })), { nil: undefined }),
      hardware: fc.option(fc.tuple(far, fc.bigInt({ min: 0n, max: 1_000_000n })), { nil: undefined }),
      ratePpb: fc.bigInt({ min: -50_000n, max: 50_000n }),
    })
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 30 }), (events) => {
        const clock = createServedClock(at(0))
        let now = at(1)
        let last: { readonly now: MonoNs; readonly tai: TaiNs } | undefined
        for (const { stepNs, certified, hardware, ratePpb } of events) {
          now = plus(now, stepNs)
          if (certified !== undefined) {
            const [offNs, halfNs] = certified
            clock.adopt(certifiedAt(now, halfNs - offNs, halfNs + offNs, { ratePpb, rateBoundPpb: 50_006n }))
          }
          const reading = clock.read(now, hardware === undefined ? undefined : own(now, ...hardware))
          if (reading === undefined) continue
          for (const end of [reading.interval.lo, reading.interval.hi]) {
            assert.ok(contains(around(reading.taiNs, reading.boundNs), end))
          }
          assert.ok(contains(reading.interval, reading.targetTaiNs))
          if (last !== undefined) {
            const [ranNs, elapsedNs] = [reading.taiNs - last.tai, now - last.now]
            assert.ok(ranNs >= 0n)
            // The slew limit, on top of the rate that the oscillator is known to be off.
            const allowedNs = (elapsedNs * 550_000n) / NS_PER_SECOND + 1n
            assert.ok(contains(around(elapsedNs, allowedNs), ranNs), `${ranNs} in ${elapsedNs}`)
          }
          last = { now, tai: reading.taiNs }
        }
      }),
    )
  })

  it('keeps the truth within its bound while it slews and ages, by an oscillator that wanders', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const prng = createPrng(seed)
      const ratePpb = Math.round((prng.nextUnit() * 2 - 1) * 49_000)
      const oscillator: Oscillator = swinging(ratePpb, 95, 20 + prng.nextUnit() * 200, prng.nextUnit() * 7)
      const learnt = prng.nextBelow(2) === 0
      const rates = learnt ? { ratePpb: BigInt(ratePpb), rateBoundPpb: 100n } : { ratePpb: 0n, rateBoundPpb: 50_006n }
      const clock = createServedClock(at(0))
      const hardwareOffNs = BigInt(prng.nextBelow(2_000_000)) - 1_000_000n
      let now = at(prng.nextUnit())
      let certificates = 0
      for (let reading = 0; reading < 60; reading++) {
        const truth = oscillator.truthAt(now)
        if (prng.nextUnit() < 0.2) {
          const [below, above] = [BigInt(prng.nextBelow(20_000)), BigInt(prng.nextBelow(20_000))]
          const edges = { lo: taiNs(truth - below), hi: taiNs(truth + above) }
          clock.adopt({ ...certifiedAt(now, 0n, 0n), ...edges, ...rates })
          certificates += 1
        }
        const hardware: OwnTime = {
          taiNs: plus(truth, hardwareOffNs),
          interval: around(truth + hardwareOffNs, 1_000_000n),
          refuted: false,
        }
        const served = clock.read(now, hardware)
        assert.ok(served !== undefined)
        assert.ok(contains(served.interval, truth), `seed ${seed}, reading ${reading}`)
        assert.ok(contains(around(served.taiNs, served.boundNs), truth), `seed ${seed}, reading ${reading}`)
        now = plus(now, BigInt(prng.nextBelow(1_500_000_000)))
      }
      assert.ok(certificates > 0)
    }
  })
})
