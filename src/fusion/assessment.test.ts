import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { around, hull, type Interval, interval } from '../core/interval.ts'
import { plus } from '../core/time.ts'
import { type Assessment, assess } from './assessment.ts'
import type { BoundedTime } from './combination.ts'
import { UNTROUBLED } from './integrity.ts'
import { createSource, type Source, type SourceConfig } from './source.ts'
import { at, START_TAI } from './virtual-appliance-fixture.ts'

const NOW = at(21)

/** A source of its own domain that gave 20 readings, off by `offNs` at NOW towards which it walks by `walkNs` a second. */
function source(name: string, offNs: bigint, changes: Partial<SourceConfig> = {}, walkNs = 0n): Source {
  const created = createSource({ name, class: 'gnss', role: 'time', domain: name, ...changes }, 200)
  for (let second = 1; second <= 20; second++) {
    const taiNs = plus(START_TAI, at(second) + offNs + walkNs * BigInt(second - 21))
    created.observe({
      kind: 'time',
      source: name,
      monoNs: at(second),
      taiNs,
      accuracyNs: 100n,
      precisionNs: 10n,
      quality: 'locked',
    })
  }
  return created
}

function carried(offNs: bigint, boundNs: bigint): BoundedTime {
  const taiNs = plus(START_TAI, NOW + offNs)
  return { taiNs, boundNs, interval: around(taiNs, boundNs) }
}

function assessed(sources: readonly Source[], wheel?: BoundedTime): Assessment {
  return assess(sources, { read: () => wheel }, UNTROUBLED, () => NOBODY, NOW)
}

const NOBODY = { walking: new Map(), suspected: new Map() }

function own(each: Source): Interval {
  const heard = each.hear(NOW)
  assert.equal(heard.kind, 'word')
  return heard.kind === 'word' ? heard.interval : around(0n, 0n)
}

function codes({ alarms }: Assessment): readonly string[] {
  return alarms.map(({ code }) => code)
}

describe('the assessment of the hardware', () => {
  it('has no estimate without a source or a flywheel', () => {
    const { estimate, verdict, frequency, alarms } = assessed([])
    assert.deepEqual(
      { estimate, verdict, frequency, alarms },
      { estimate: undefined, verdict: 'carried-forward', frequency: undefined, alarms: [] },
    )
  })

  it('is the flywheel alone when no source is left', () => {
    const wheel = carried(5n, 1_000n)
    assert.deepEqual(assessed([], wheel).estimate, wheel)
    assert.equal(assessed([], wheel).trustworthy, undefined)
    assert.equal(assessed([], wheel).sourcesBoundNs, undefined)
  })

  it('is the one source there is, and learns its rate', () => {
    const gnss = source('gnss0', 0n)
    const { estimate, verdict, frequency } = assessed([gnss])
    assert.deepEqual(estimate?.interval, own(gnss))
    assert.equal(verdict, 'trusted')
    assert.ok(frequency !== undefined && Math.abs(frequency.ppb) < 1)
  })

  it('covers both of two domains that disagree, with an alarm, and learns nothing from them', () => {
    const pair = [source('gnss0', 0n), source('ptp0', 41_000n)]
    const result = assessed(pair)
    assert.deepEqual(result.estimate?.interval, hull(own(pair[0]!), own(pair[1]!)))
    assert.equal(result.verdict, 'contested')
    assert.equal(result.trustworthy, undefined)
    assert.equal(result.frequency, undefined)
    assert.deepEqual(codes(result), ['fusion.domains-disagree'])
  })

  it('serves what two domains have in common, and builds on what covers both', () => {
    const pair = [source('gnss0', 0n), source('ptp0', 150n)]
    const { estimate, trustworthy } = assessed(pair)
    const [first, second] = [own(pair[0]!), own(pair[1]!)]
    assert.deepEqual(estimate?.interval, interval(second.lo, first.hi))
    assert.deepEqual(trustworthy?.time.interval, hull(first, second))
  })

  it('goes with the domain that meets the flywheel, with an alarm, and learns from that one alone', () => {
    const pair = [source('gnss0', 0n), source('ptp0', 41_000n, {}, 2_000n)]
    const result = assessed(pair, carried(0n, 5_000n))
    assert.deepEqual(result.estimate?.interval, own(pair[0]!))
    assert.equal(result.verdict, 'trusted')
    assert.ok(result.frequency !== undefined && Math.abs(result.frequency.ppb) < 1)
    assert.deepEqual(codes(result), ['fusion.domains-disagree'])
  })

  it('covers the sources and the flywheel that they contradict, and learns no rate meanwhile', () => {
    const gnss = source('gnss0', 41_000n)
    const wheel = carried(0n, 500n)
    const result = assessed([gnss], wheel)
    assert.deepEqual(result.estimate?.interval, hull(own(gnss), wheel.interval))
    assert.equal(result.verdict, 'contradicted')
    assert.equal(result.trustworthy, undefined)
    assert.equal(result.frequency, undefined)
    assert.deepEqual(codes(result), ['fusion.jump'])
  })

  it('goes on by the flywheel when no two of three domains meet, and when a domain is split', () => {
    const wheel = carried(0n, 500n)
    const apart = assessed([source('a', 0n), source('b', 41_000n), source('c', 82_000n)], wheel)
    assert.deepEqual(apart.estimate, wheel)
    assert.deepEqual(codes(apart), ['fusion.no-majority'])
    const split = assessed([source('a', 0n, { domain: 'gnss' }), source('b', 41_000n, { domain: 'gnss' })], wheel)
    assert.deepEqual(split.estimate, wheel)
    assert.equal(split.alarms[0]?.message, 'sources: expected those of gnss to agree, got a and b apart')
  })

  it('keeps the flywheel sharp beside a poor source that is left', () => {
    const poor = createSource({ name: 'nmea0', class: 'serial', role: 'time', domain: 'gnss' }, 200)
    const taiNs = plus(START_TAI, at(20) + 30_000_000n)
    poor.observe({
      kind: 'time',
      source: 'nmea0',
      monoNs: at(20),
      taiNs,
      accuracyNs: 100_000_000n,
      precisionNs: 10_000_000n,
      quality: 'locked',
    })
    const { estimate, sourcesBoundNs } = assessed([poor], carried(0n, 5_000n))
    assert.ok(sourcesBoundNs !== undefined && sourcesBoundNs > 100_000_000n)
    assert.deepEqual(estimate?.interval, carried(0n, 5_000n).interval)
  })

  it('learns the rate from a frequency source when no time source is left, and does not let it vote on time', () => {
    const caesium = source('cs0', 123_456_789n, { role: 'frequency', class: 'caesium' })
    const wheel = carried(0n, 5_000n)
    const result = assessed([caesium], wheel)
    assert.deepEqual(result.estimate, wheel)
    assert.notEqual(result.frequency, undefined)
    assert.equal(assessed([caesium]).estimate, undefined)
  })

  it('trusts a time only together with a rate: what has not settled is served, and no more', () => {
    const young = createSource({ name: 'gnss0', class: 'gnss', role: 'time', domain: 'gnss' }, 200)
    for (const second of [18, 19, 20]) {
      const taiNs = plus(START_TAI, at(second))
      const reading = { kind: 'time', source: 'gnss0', monoNs: at(second), taiNs, accuracyNs: 100n } as const
      young.observe({ ...reading, precisionNs: 10n, quality: 'locked' })
    }
    const { estimate, verdict, trustworthy } = assessed([young])
    assert.deepEqual([estimate?.interval, verdict, trustworthy], [own(young), 'trusted', undefined])
    const settled = assessed([source('gnss0', 0n), source('cs0', 7n, { role: 'frequency', class: 'caesium' })])
    assert.deepEqual(settled.trustworthy?.time, settled.estimate)
    assert.deepEqual(
      settled.trustworthy?.carriers.map(({ name }) => name),
      ['cs0'],
    )
  })

  it('hears no rate from a falseticker, nor from a liar that walks through the right time just now', () => {
    const right = [source('ptp0', 0n), source('cs0', 0n)]
    for (const offNs of [41_000n, 0n]) {
      const liar = source('gnss0', offNs, {}, 2_000n)
      assert.ok(Math.abs((assessed([liar]).frequency?.ppb ?? 0) - 2_000) < 1)
      const { selection, frequency } = assessed([liar, ...right])
      assert.equal(selection.outvoted.has('gnss0'), offNs > 0n)
      assert.ok(frequency !== undefined && Math.abs(frequency.ppb) <= 1, `${frequency?.ppb}`)
    }
  })
})
