import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { abs, divFloor } from '../core/integer.ts'
import type { StampKind } from '../core/stamp.ts'
import { INSTANT_LIMIT_NS, rangingNs } from '../core/time.ts'
import type { RangingStamp } from './stamp.ts'
import { compareClocks, type TwoWay, trueDurationNsMax } from './two-way.ts'

const stamp = (ns: bigint, errorNs = 0n, kind: StampKind = 'user'): RangingStamp => {
  return { rangingNs: rangingNs(ns), errorNs, kind }
}
const exchange = (t1: bigint, t2: bigint, t3: bigint, t4: bigint): TwoWay => {
  return { asker: 'self', t1: stamp(t1), t2: stamp(t2), t3: stamp(t3), t4: stamp(t4), ownRatePpb: 0n, peerRatePpb: 0n }
}
const faultOf = (twoWay: TwoWay) => {
  const compared = compareClocks(twoWay)
  return compared.ok ? undefined : compared.fault.code
}

test('the offset is peer minus self, the uncertainty half the round trip and the roundings, at the instant t4', () => {
  const compared = compareClocks(exchange(1_000n, 5_100n, 5_150n, 1_350n))
  assert.deepEqual(compared, {
    ok: true,
    value: { at: 1_350n, phiNs: 3_950n, uncertaintyNs: 152n, roundTripNs: 300n, stampKind: 'user' },
  })
})

test('whoever answers learns the same offset the other way round, at the instant t3', () => {
  const compared = compareClocks({ ...exchange(1_000n, 5_100n, 5_150n, 1_350n), asker: 'peer' })
  assert.deepEqual(compared, {
    ok: true,
    value: { at: 5_150n, phiNs: -3_950n, uncertaintyNs: 152n, roundTripNs: 300n, stampKind: 'user' },
  })
})

test('for whoever answers only the time from t2 to t3 is one to drift in', () => {
  const answered = { ...exchange(0n, 500_000_000n, 501_000_000n, 1_001_000_000n), asker: 'peer' } as const
  const compared = compareClocks({ ...answered, ownRatePpb: 100n, peerRatePpb: 50_000n })
  // A second of round trip, 2 of rounding, and 50,100 ppb of 1 ms.
  assert.ok(compared.ok)
  assert.equal(compared.value.uncertaintyNs, 500_000_000n + 2n + 51n)
})

test('an odd round trip is rounded so that both of its ends stay inside', () => {
  const compared = compareClocks(exchange(0n, 1n, 1n, 3n))
  assert.ok(compared.ok)
  const { phiNs, uncertaintyNs } = compared.value
  assert.ok(phiNs - uncertaintyNs <= 1n - 3n - 2n && phiNs + uncertaintyNs >= 1n + 2n)
  assert.equal(uncertaintyNs, 4n)
})

test('stamp errors of both ends and the drift during the exchange widen the uncertainty', () => {
  const compared = compareClocks({
    asker: 'self',
    t1: stamp(0n, 10n, 'hardware'),
    t2: stamp(500_000_000n, 20n, 'hardware'),
    t3: stamp(1_400_000_000n, 30n, 'kernel'),
    t4: stamp(1_000_000_000n, 40n, 'hardware'),
    ownRatePpb: 100n,
    peerRatePpb: 50_000n,
  })
  assert.ok(compared.ok)
  // 100 ms of round trip, (10 + 20 + 30 + 40) / 2 of stamps, 2 of rounding, and 50,100 ppb of a little over one second.
  assert.equal(compared.value.uncertaintyNs, 50_000_000n + 50n + 2n + 50_101n)
  assert.equal(compared.value.stampKind, 'kernel')
})

test('stamps that no honest exchange can have are refused', () => {
  assert.equal(faultOf(exchange(0n, 10n, 9n, 20n)), 'ranging.order')
  assert.equal(faultOf(exchange(20n, 10n, 10n, 19n)), 'ranging.order')
  assert.equal(faultOf(exchange(0n, 10n, 21n, 10n)), 'ranging.order')
  assert.equal(faultOf(exchange(0n, 10n, 20n, 10n)), undefined)
})

test('a claim so far away that it would not fit into a proposal is refused', () => {
  const limit = INSTANT_LIMIT_NS
  assert.equal(faultOf(exchange(-limit, limit, limit, -limit)), 'ranging.range')
  assert.equal(faultOf(exchange(0n, limit, limit, 0n)), undefined)
})

test('a fast clock measures a duration as too long, a slow one as too short: the longest true one covers both', () => {
  assert.equal(trueDurationNsMax(0n, 50_000n), 0n)
  assert.equal(trueDurationNsMax(999_950_000n, 50_000n), 1_000_000_000n)
  assert.equal(trueDurationNsMax(7n, 0n), 7n)
})

test('whatever the delays, the rates within their bounds and the stamp errors are, the true difference is inside', () => {
  const ppb = fc.bigInt(-50_000n, 50_000n)
  const gap = fc.oneof(fc.constant(0n), fc.bigInt(0n, 100n), fc.bigInt(0n, 700_000_000n))
  const slip = fc.bigInt(-1_000n, 1_000n)
  const world = fc.record({
    rates: fc.tuple(ppb, ppb),
    bases: fc.tuple(fc.bigInt(-(10n ** 18n), 10n ** 18n), fc.bigInt(-(10n ** 18n), 10n ** 18n)),
    gaps: fc.tuple(gap, gap, gap),
    slips: fc.tuple(slip, slip, slip, slip),
  })
  fc.assert(
    fc.property(world, ({ rates, bases, gaps, slips }) => {
      // Exact readings in units of 10⁻⁹ ns; the stamps are rounded down and off by their slips.
      const exact = (node: 0 | 1, at: bigint) => bases[node] * 10n ** 9n + at * (10n ** 9n + rates[node])
      const take = (node: 0 | 1, at: bigint, slip: bigint) =>
        stamp(divFloor(exact(node, at), 10n ** 9n) + slip, abs(slip))
      const [T2, T3, T4] = [gaps[0], gaps[0] + gaps[1], gaps[0] + gaps[1] + gaps[2]]
      const [t1, t2, t3, t4] = [
        take(0, 0n, slips[0]),
        take(1, T2, slips[1]),
        take(1, T3, slips[2]),
        take(0, T4, slips[3]),
      ]
      const [asker, answerer] = [abs(rates[0]), abs(rates[1])]
      for (const [compared, difference] of [
        [
          compareClocks({ asker: 'self', t1, t2, t3, t4, ownRatePpb: asker, peerRatePpb: answerer }),
          exact(1, T4) - exact(0, T4),
        ],
        [
          compareClocks({ asker: 'peer', t1, t2, t3, t4, ownRatePpb: answerer, peerRatePpb: asker }),
          exact(0, T3) - exact(1, T3),
        ],
      ] as const) {
        // Slips may turn the order around, which is refused; there is then nothing to promise.
        if (!compared.ok) return
        const { phiNs, uncertaintyNs } = compared.value
        assert.ok((phiNs - uncertaintyNs) * 10n ** 9n <= difference)
        assert.ok(difference <= (phiNs + uncertaintyNs) * 10n ** 9n)
      }
    }),
    { numRuns: 5_000 },
  )
})
