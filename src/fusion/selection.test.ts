import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { contains, type Interval, interval, meets } from '../core/interval.ts'
import { type Candidate, select } from './selection.ts'

function candidate(name: string, domain: string, lo: bigint, hi: bigint): Candidate {
  return { name, domain, interval: interval(lo, hi) }
}

const point = fc.bigInt({ min: -15n, max: 15n })
const anyInterval = fc.tuple(point, point).map(([a, b]) => (a <= b ? interval(a, b) : interval(b, a)))
const anyCandidates = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), anyInterval), { maxLength: 9 })
  .map((drawn) => drawn.map(([domain, within], index) => ({ name: `s${index}`, domain, interval: within })))
const anyFlywheel = fc.option(anyInterval, { nil: undefined })

/** The span of the points that lie in more than half of the intervals, by trying every point. */
function spanByTrying(intervals: readonly Interval[]): Interval | undefined {
  const covered: bigint[] = []
  for (let at = -15n; at <= 15n; at++) {
    if (intervals.filter((within) => contains(within, at)).length * 2 > intervals.length) covered.push(at)
  }
  const [lo, hi] = [covered[0], covered.at(-1)]
  return lo === undefined || hi === undefined ? undefined : { lo, hi }
}

/** What the design says, by trying every point. */
function agreedByTrying(candidates: readonly Candidate[], flywheel: Interval | undefined): Interval | undefined {
  const domains = [...new Set(candidates.map(({ domain }) => domain))]
  const spans = domains.flatMap((domain) => {
    const members = candidates.filter((each) => each.domain === domain)
    return spanByTrying(members.map((each) => each.interval)) ?? []
  })
  const agreed = spanByTrying(spans)
  if (agreed !== undefined || spans.length !== 2) return agreed
  const met = spans.filter((span) => flywheel !== undefined && meets(span, flywheel))
  if (met.length === 1) return met[0]
  const ends = spans.flatMap(({ lo, hi }) => [lo, hi]).sort((a, b) => (a < b ? -1 : 1))
  return interval(ends[0]!, ends[3]!)
}

describe('selection by failure domain', () => {
  it('agrees on what trying every point gives', () => {
    fc.assert(
      fc.property(anyCandidates, anyFlywheel, (candidates, flywheel) => {
        assert.deepEqual(select(candidates, flywheel).agreed, agreedByTrying(candidates, flywheel))
      }),
      { numRuns: 1_000 },
    )
  })

  it('accounts for every source exactly once, and some source always carries what was agreed', () => {
    fc.assert(
      fc.property(anyCandidates, anyFlywheel, (candidates, flywheel) => {
        const { agreed, selected, outvoted, split } = select(candidates, flywheel)
        const accounted = [...selected, ...outvoted.keys(), ...[...split.values()].flat()]
        assert.equal(new Set(accounted).size, accounted.length)
        if (agreed === undefined) assert.deepEqual([...selected, ...outvoted], [])
        else assert.deepEqual(accounted.sort(), candidates.map(({ name }) => name).sort())
        assert.equal(selected.length > 0, agreed !== undefined)
        for (const { name, interval: own } of candidates) {
          const missed = outvoted.get(name)
          if (missed !== undefined) assert.ok(!meets(own, missed))
          if (agreed !== undefined && selected.includes(name)) assert.ok(meets(own, agreed))
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('does not depend on the order of the sources', () => {
    const shuffled = anyCandidates.chain((candidates) =>
      fc.tuple(fc.constant(candidates), fc.shuffledSubarray(candidates, { minLength: candidates.length })),
    )
    fc.assert(
      fc.property(shuffled, anyFlywheel, ([candidates, other], flywheel) => {
        const [one, two] = [select(candidates, flywheel), select(other, flywheel)]
        assert.deepEqual(two.agreed, one.agreed)
        assert.equal(two.contested, one.contested)
        assert.deepEqual(two.flags, one.flags)
        assert.deepEqual(new Set(two.selected), new Set(one.selected))
        assert.deepEqual(two.outvoted, one.outvoted)
        assert.deepEqual(new Set(two.split.keys()), new Set(one.split.keys()))
      }),
    )
  })

  it('keeps the truth while fewer than half of the domains lie, however many sources the liars have', () => {
    const margin = fc.bigInt({ min: 0n, max: 9n })
    const margins = fc.array(fc.tuple(margin, margin), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(point, margins, fc.array(anyInterval, { maxLength: 12 }), (truth, around, lies) => {
        const right = around.map(([below, above], index) =>
          candidate(`right${index}`, `right${index}`, truth - below, truth + above),
        )
        const wrong = lies.map((within, index) => ({ name: `l${index}`, domain: `l${index % 2}`, interval: within }))
        const { agreed } = select([...wrong, ...right], undefined)
        assert.ok(agreed !== undefined && contains(agreed, truth))
      }),
    )
  })

  it('agrees on nothing when nobody speaks', () => {
    const { agreed, flags, contested } = select([], interval(0n, 1n))
    assert.deepEqual({ agreed, flags, contested }, { agreed: undefined, flags: [], contested: false })
  })

  it('accepts a single domain and flags it', () => {
    const { agreed, selected, flags } = select([candidate('gnss0', 'gnss', 1n, 5n)], interval(100n, 101n))
    assert.deepEqual(agreed, interval(1n, 5n))
    assert.deepEqual(selected, ['gnss0'])
    assert.deepEqual(flags, ['single-domain'])
  })

  it('lets a domain abstain whose two sources disagree', () => {
    const twins = [candidate('gnss0', 'gnss', 0n, 1n), candidate('gnss1', 'gnss', 5n, 6n)]
    const alone = select(twins, undefined)
    assert.equal(alone.agreed, undefined)
    assert.deepEqual([...alone.split], [['gnss', ['gnss0', 'gnss1']]])
    assert.deepEqual(alone.flags, ['domain-split'])
    const joined = select([...twins, candidate('cs0', 'caesium', 4n, 9n)], undefined)
    assert.deepEqual(joined.agreed, interval(4n, 9n))
    assert.deepEqual(joined.selected, ['cs0'])
    assert.deepEqual(joined.flags, ['domain-split', 'single-domain'])
  })

  it('counts four receivers under one sky as one vote', () => {
    const sky = [0, 1, 2, 3].map((index) => candidate(`gnss${index}`, 'gnss', 40n, 50n))
    const { agreed, outvoted } = select(
      [...sky, candidate('cs0', 'caesium', 0n, 9n), candidate('ptp0', 'ptp', 5n, 12n)],
      undefined,
    )
    assert.deepEqual(agreed, interval(5n, 9n))
    assert.deepEqual([...outvoted.keys()], ['gnss0', 'gnss1', 'gnss2', 'gnss3'])
  })

  it('outvotes a source by its own domain even where another domain would have it', () => {
    const gnss = [
      candidate('gnss0', 'gnss', 0n, 1n),
      candidate('gnss1', 'gnss', 1n, 2n),
      candidate('gnss2', 'gnss', 9n, 9n),
    ]
    const { agreed, selected, outvoted } = select([...gnss, candidate('ptp0', 'ptp', 8n, 10n)], undefined)
    assert.deepEqual(agreed, interval(1n, 10n))
    assert.deepEqual(selected, ['gnss0', 'gnss1', 'ptp0'])
    assert.deepEqual(outvoted.get('gnss2'), interval(1n, 1n))
  })

  it('is cautious about a hair that two domains share: one of them may be wrong', () => {
    const hair = select([candidate('a', 'a', 0n, 10n), candidate('b', 'b', 9n, 30n)], undefined)
    assert.deepEqual(hair.agreed, interval(9n, 10n))
    assert.deepEqual(hair.cautious, interval(0n, 30n))
    assert.equal(hair.contested, false)
    const three = select(
      [candidate('a', 'a', 0n, 10n), candidate('b', 'b', 9n, 30n), candidate('c', 'c', 2n, 9n)],
      undefined,
    )
    assert.deepEqual(three.cautious, three.agreed)
  })

  it('builds on the sharper of two domains when the other bears out all of it', () => {
    const nested = select([candidate('a', 'a', 0n, 1_000n), candidate('b', 'b', 9n, 30n)], undefined)
    assert.deepEqual([nested.agreed, nested.cautious], [interval(9n, 30n), interval(9n, 30n)])
  })

  it('keeps the truth in what it says cautiously while one of two domains is right, unless the liar hides inside it', () => {
    const margin = fc.bigInt({ min: 0n, max: 9n })
    fc.assert(
      fc.property(point, margin, margin, anyInterval, (truth, below, above, lie) => {
        fc.pre(lie.lo < truth - below || lie.hi > truth + above)
        const right = candidate('right', 'right', truth - below, truth + above)
        const { cautious } = select([right, { name: 'liar', domain: 'liar', interval: lie }], undefined)
        assert.ok(cautious !== undefined && contains(cautious, truth))
      }),
    )
  })

  describe('of two domains that disagree', () => {
    const pair = [candidate('gnss0', 'gnss', 0n, 1n), candidate('ptp0', 'ptp', 41n, 42n)]

    it('takes the one that meets the flywheel, when exactly one does', () => {
      const { agreed, contested, selected, outvoted, flags } = select(pair, interval(-5n, 10n))
      assert.deepEqual(agreed, interval(0n, 1n))
      assert.equal(contested, false)
      assert.deepEqual(selected, ['gnss0'])
      assert.deepEqual([...outvoted], [['ptp0', interval(0n, 1n)]])
      assert.deepEqual(flags, ['domains-disagree'])
    })

    for (const [why, flywheel] of [
      ['there is no flywheel', undefined],
      ['it meets neither', interval(10n, 20n)],
      ['it meets both', interval(1n, 41n)],
    ] as const) {
      it(`takes the hull of both, contested, when ${why}`, () => {
        const { agreed, contested, selected, flags } = select(pair, flywheel)
        assert.deepEqual(agreed, interval(0n, 42n))
        assert.equal(contested, true)
        assert.deepEqual(selected, ['gnss0', 'ptp0'])
        assert.deepEqual(flags, ['domains-disagree'])
      })
    }
  })

  it('agrees on nothing, and says so, when of three domains no two meet', () => {
    const apart = ['a', 'b', 'c'].map((domain, index) =>
      candidate(domain, domain, BigInt(10 * index), BigInt(10 * index)),
    )
    const { agreed, flags, outvoted } = select(apart, interval(0n, 0n))
    assert.equal(agreed, undefined)
    assert.deepEqual(flags, ['no-majority'])
    assert.equal(outvoted.size, 0)
  })
})
