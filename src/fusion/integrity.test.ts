import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { around, hull, type Interval } from '../core/interval.ts'
import { type MonoNs, monoNs, NS_PER_SECOND } from '../core/time.ts'
import { type IntegrityState, integrityAlarms, interrupted, type Judgement, judge, UNTROUBLED } from './integrity.ts'

function at(tenths: number): MonoNs {
  return monoNs((BigInt(tenths) * NS_PER_SECOND) / 10n)
}

/** Around TAI `offNs` off at an instant, by an oscillator that is right. */
function near(now: MonoNs, offNs: bigint, halfWidthNs = 100n): Interval {
  return around(now + offNs, halfWidthNs)
}

/** Judges, ten times a second, what is `offNs(tenth)` off against a flywheel whose bound grows by 600 ns/s from ±100 ns. */
function watch(
  tenths: number,
  offNs: (tenth: number) => bigint,
  start: IntegrityState = UNTROUBLED,
): readonly Judgement[] {
  const judgements: Judgement[] = []
  let state = start
  for (let tenth = 0; tenth <= tenths; tenth++) {
    const now = at(tenth)
    const judgement = judge(state, near(now, offNs(tenth)), near(now, 0n, 100n + 60n * BigInt(tenth)), now)
    state = judgement.state
    judgements.push(judgement)
  }
  return judgements
}

function codes(state: IntegrityState, flywheel: Interval | undefined, now: MonoNs): readonly string[] {
  return integrityAlarms(state, flywheel, now).map(({ code }) => code)
}

describe('the integrity of what the sources agree on', () => {
  it('trusts the first word, and every word that touches the flywheel', () => {
    const first = judge(UNTROUBLED, near(at(0), 5n), undefined, at(0))
    assert.equal(first.verdict, 'trusted')
    assert.deepEqual(first.interval, near(at(0), 5n))
    assert.equal(judge(UNTROUBLED, near(at(0), 200n), near(at(0), 0n), at(0)).verdict, 'trusted')
    assert.equal(judge(UNTROUBLED, near(at(0), 201n), near(at(0), 0n), at(0)).verdict, 'contradicted')
  })

  it('serves a word that fits as it is, but what both have in common where the flywheel is the narrower', () => {
    const now = at(0)
    assert.deepEqual(judge(UNTROUBLED, near(now, 50n), near(now, 0n, 500n), now).interval, near(now, 50n))
    assert.deepEqual(judge(UNTROUBLED, near(now, 0n, 10_000n), near(now, 5n), now).interval, near(now, 5n))
  })

  for (const jumpNs of [10_000n, -41_000n, 20_000_000n]) {
    it(`covers both for 10 s after a jump of ${jumpNs} ns, with an alarm, then believes it`, () => {
      const judgements = watch(101, () => jumpNs)
      for (const [tenth, { verdict, interval, state }] of judgements.slice(0, 100).entries()) {
        const now = at(tenth)
        const wheel = near(now, 0n, 100n + 60n * BigInt(tenth))
        assert.equal(verdict, 'contradicted', `${tenth}`)
        assert.deepEqual(interval, hull(near(now, jumpNs), wheel))
        assert.deepEqual(codes(state, wheel, now), ['fusion.jump'])
      }
      assert.equal(judgements[100]?.verdict, 'relocked')
      assert.deepEqual(judgements[100]?.interval, near(at(100), jumpNs))
    })
  }

  it('tells of a jump that was believed for a minute, in words', () => {
    const state = watch(100, () => -41_000n).at(-1)!.state
    const [told] = integrityAlarms(state, near(at(100), -41_000n), at(100))
    assert.equal(
      told?.message,
      'sources: a jump of −41 µs against what was trusted before stood for 10 s and was believed',
    )
    assert.deepEqual(codes(state, undefined, at(700)), ['fusion.relocked'])
    assert.deepEqual(codes(state, undefined, at(701)), [])
    const [jump] = integrityAlarms(watch(0, () => 41_000n)[0]!.state, near(at(0), 0n), at(0))
    assert.equal(jump?.message, 'sources: expected to go on from what was trusted before, got a jump of +41 µs')
  })

  it('covers both for 10 s even when the flywheel grows to reach the new word before that', () => {
    const judgements = watch(101, () => 3_000n)
    const reached = judgements.findIndex(({ state }) => state.contradiction?.missesSince === undefined)
    assert.ok(reached > 10 && reached < 60, `${reached}`)
    assert.deepEqual(new Set(judgements.slice(0, 100).map(({ verdict }) => verdict)), new Set(['contradicted']))
    assert.equal(judgements[100]?.verdict, 'trusted')
    assert.deepEqual(codes(judgements[100].state, undefined, at(100)), [])
  })

  it('trusts at once a word that goes back to where it came from', () => {
    const judgements = watch(60, (tenth) => (tenth >= 10 && tenth < 50 ? 41_000n : 0n))
    assert.deepEqual(
      [9, 10, 49, 50].map((tenth) => judgements[tenth]?.verdict),
      ['trusted', 'contradicted', 'contradicted', 'trusted'],
    )
  })

  it('never believes a word that does not stand still for 10 s', () => {
    const jumpy = watch(400, (tenth) => (Math.floor(tenth / 30) % 2 === 0 ? 1_000_000n : 5_000_000n))
    assert.deepEqual(new Set(jumpy.map(({ verdict }) => verdict)), new Set(['contradicted']))
    const flapping = watch(400, (tenth) => (Math.floor(tenth / 30) % 2 === 0 ? 0n : 60_000n))
    assert.ok(flapping.every(({ verdict }) => verdict !== 'relocked'))
    // Out to 20 µs and back, no faster than an oscillator may go, so that it is one contradiction all the way.
    const swinging = watch(400, (tenth) => {
      const phase = tenth % 70
      return 4_000n * BigInt(Math.max(0, Math.min(phase - 9, 5, 60 - phase)))
    })
    assert.ok(swinging.every(({ verdict }) => verdict !== 'relocked'))
  })

  it('believes a word that walks away no faster than an oscillator may, after 10 s', () => {
    const walking = watch(120, (tenth) => 10_000n + 2_000n * BigInt(tenth))
    assert.equal(
      walking.findIndex(({ verdict }) => verdict === 'relocked'),
      100,
    )
  })

  it('starts the 10 s anew when the sources fell silent meanwhile', () => {
    const { state } = watch(90, () => 41_000n).at(-1)!
    const again = judge(interrupted(state), near(at(91), 41_000n), near(at(91), 0n), at(91))
    assert.equal(again.state.contradiction?.since, at(91))
  })

  it('changes nothing of the state it was given', () => {
    const { state } = watch(50, () => 41_000n).at(-1)!
    const before = structuredClone(state)
    judge(state, near(at(60), 0n), near(at(60), 0n), at(60))
    assert.deepEqual(state, before)
  })

  it('covers both while a word walks away, and does not believe it when it stands still far off, for an hour', () => {
    let state = UNTROUBLED
    const told = [...Array(400).keys()].map((tenth) => {
      const walking = tenth >= 10 && tenth < 110
      const agreed = near(at(tenth), walking || tenth >= 110 ? 200n * BigInt(Math.min(tenth - 10, 100)) : 0n)
      const judgement = judge(state, agreed, near(at(tenth), 0n), at(tenth), walking)
      state = judgement.state
      if (tenth >= 10) assert.deepEqual(judgement.interval, hull(agreed, near(at(tenth), 0n)), `${tenth}`)
      return judgement.verdict
    })
    assert.deepEqual(new Set(told.slice(0, 10)), new Set(['trusted']))
    assert.deepEqual(new Set(told.slice(10)), new Set(['contradicted']))
  })
})
