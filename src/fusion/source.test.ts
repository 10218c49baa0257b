import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SampleQuality } from '../core/sample.ts'
import { NS_PER_SECOND, plus } from '../core/time.ts'
import { createSource, type Source, type SourceConfig, type SourceStatus, type SourceWord } from './source.ts'
import { at, START_TAI } from './virtual-appliance-fixture.ts'

const GPSDO: SourceConfig = {
  name: 'gpsdo0',
  class: 'gpsdo',
  role: 'time',
  domain: 'gnss',
  holdoverDomain: 'gpsdo0',
}

function status(quality: SourceStatus['quality'], dependsOn: SourceStatus['dependsOn'] = 'unknown'): SourceStatus {
  return { quality, dependsOn, alarms: quality === 'locked' ? [] : [`gpsdo.${quality}`] }
}

function feed(source: Source, fromS: number, toS: number, quality: SampleQuality = 'locked', offNs = 0n): void {
  for (let second = fromS; second <= toS; second++) {
    source.observe({
      kind: 'time',
      source: source.config.name,
      monoNs: at(second),
      taiNs: plus(START_TAI, at(second) + offNs),
      accuracyNs: 150n,
      precisionNs: 10n,
      quality,
    })
  }
}

function word(source: Source, second: number): SourceWord {
  const heard = source.hear(at(second))
  assert.equal(heard.kind, 'word')
  return heard
}

function reason(source: Source, second: number): string {
  const heard = source.hear(at(second))
  return heard.kind === 'silence' ? heard.reason : 'it is heard'
}

function settled(config: Partial<SourceConfig> = {}): Source {
  const source = createSource({ ...GPSDO, ...config }, 200)
  feed(source, 1, 20)
  return source
}

describe('a source', () => {
  it('says nothing before its first reading, and nothing once its last is too old', () => {
    assert.equal(reason(createSource(GPSDO, 200), 1), 'no recent sample')
    const source = settled()
    assert.equal(word(source, 25).kind, 'word')
    assert.equal(reason(source, 25.001), 'no recent sample')
  })

  it('says its time, its bound, and what it weighs: its class or the configuration', () => {
    const { taiNs, boundNs, interval, authorityMilli } = word(settled(), 20)
    assert.equal(taiNs, plus(START_TAI, at(20)))
    assert.deepEqual(interval, { lo: taiNs - boundNs, hi: taiNs + boundNs })
    assert.ok(boundNs >= 160n && boundNs < 600n, `${boundNs}`)
    assert.equal(authorityMilli, 1_000n)
    assert.equal(word(settled({ authorityMilli: 250n }), 20).authorityMilli, 250n)
  })

  it('says nothing while its instrument is unlocked, and why', () => {
    const source = settled()
    source.setStatus(status('unlocked'), at(20))
    assert.equal(reason(source, 20), 'gpsdo.unlocked')
    source.setStatus({ ...status('unlocked'), alarms: [] }, at(20))
    assert.equal(reason(source, 20), 'its instrument is not locked')
  })

  it('takes an unknown status for neither good nor bad', () => {
    const source = settled()
    const before = word(source, 20)
    source.setStatus(status('unknown'), at(20))
    assert.deepEqual(word(source, 20), before)
  })

  it('never votes as a label source', () => {
    assert.equal(reason(settled({ role: 'label' }), 20), 'it only numbers the seconds of a pulse')
  })

  describe('in holdover', () => {
    const heldOver = (lostAtS: number, untilS: number): Source => {
      const source = settled()
      source.setStatus(status('locked', 'sky'), at(20))
      source.setStatus(status('locked', 'sky'), at(25))
      source.setStatus(status('holdover', 'own'), at(lostAtS))
      feed(source, 21, untilS, 'holdover')
      return source
    }

    it('ages at the drift of its class from when it was last known to be locked, not from when it told', () => {
      const locked = settled()
      locked.setStatus(status('locked', 'sky'), at(20))
      feed(locked, 21, 620)
      assert.equal(word(heldOver(80, 620), 620).boundNs, word(locked, 620).boundNs + 595n)
    })

    it('belongs to its own domain, where the configuration names one', () => {
      const source = heldOver(80, 100)
      assert.equal(source.domain(), 'gpsdo0')
      assert.equal(word(source, 100).domain, 'gpsdo0')
      source.setStatus(status('locked', 'sky'), at(100))
      assert.equal(source.domain(), 'gnss')
      const nameless = createSource({ name: 'g', class: 'gpsdo', role: 'time', domain: 'gnss' }, 200)
      nameless.setStatus(status('holdover', 'own'), at(1))
      assert.equal(nameless.domain(), 'gnss')
    })

    it('is back to its locked bound once it is locked again', () => {
      const source = heldOver(30, 600)
      const before = word(source, 600).boundNs
      source.setStatus(status('locked', 'sky'), at(600))
      feed(source, 601, 601)
      assert.ok(word(source, 601).boundNs < before - 500n)
    })

    it('says nothing when it was so from the first: how long it ran alone is not known', () => {
      const source = createSource(GPSDO, 200)
      source.setStatus(status('holdover', 'own'), at(1))
      feed(source, 1, 20, 'holdover')
      assert.match(reason(source, 20), /^in holdover since before it was heard/)
      source.setStatus(status('locked', 'sky'), at(21))
      feed(source, 21, 21)
      assert.equal(word(source, 21).kind, 'word')
    })

    it('says nothing when it was unlocked before: what it then holds over is not a time', () => {
      const source = heldOver(30, 40)
      source.setStatus(status('unlocked'), at(40))
      source.setStatus(status('holdover', 'own'), at(41))
      assert.match(reason(source, 41), /^in holdover since/)
    })

    it('goes by its readings while the instrument says nothing of itself', () => {
      const source = settled()
      feed(source, 21, 120, 'holdover')
      const locked = settled()
      feed(locked, 21, 120)
      assert.equal(word(source, 120).boundNs, word(locked, 120).boundNs + 100n)
    })

    it('believes the worse of what the status and the readings say', () => {
      const source = settled()
      source.setStatus(status('locked', 'sky'), at(20))
      feed(source, 21, 80, 'holdover')
      const locked = settled()
      feed(locked, 21, 80)
      assert.equal(word(source, 80).boundNs, word(locked, 80).boundNs + 60n)
    })

    it('of a class without an oscillator of its own ages like a bare crystal', () => {
      const source = settled({ class: 'gnss' })
      feed(source, 21, 30, 'holdover')
      assert.ok(word(source, 30).boundNs > 500_000n)
    })
  })

  describe('on the rate', () => {
    it('allows for the time to move within its accuracy while the rate is taken', () => {
      const { rate } = word(settled(), 20)
      const movesPpb = (2 * 150) / 19
      assert.ok(rate !== undefined)
      assert.ok(rate.uncertaintyPpb > 200 + movesPpb && rate.uncertaintyPpb < 205 + movesPpb, `${rate.uncertaintyPpb}`)
      assert.equal(rate.baselineNs, 19n * NS_PER_SECOND)
    })

    it('allows for the drift of its class as a mere frequency', () => {
      const { rate } = word(settled({ role: 'frequency', class: 'caesium' }), 20)
      assert.ok(rate !== undefined && rate.uncertaintyPpb < 204, `${rate?.uncertaintyPpb}`)
    })

    it('is worth nothing as a mere frequency of a class without an oscillator', () => {
      const { rate } = word(settled({ role: 'frequency', class: 'gnss' }), 20)
      assert.ok(rate !== undefined && rate.uncertaintyPpb > 50_000)
    })

    it('says nothing before a baseline of 8 s', () => {
      const source = createSource(GPSDO, 200)
      feed(source, 1, 8)
      assert.equal(word(source, 8).rate, undefined)
      feed(source, 9, 9)
      assert.notEqual(word(source, 9).rate, undefined)
    })
  })

  describe('as a carrier of the flywheel', () => {
    const runOf = (source: Source, second: number): number => word(source, second).carrier.run

    it('carries without a vote even when it was never locked', () => {
      const source = createSource({ ...GPSDO, role: 'frequency' }, 200)
      source.setStatus(status('holdover', 'own'), at(1))
      feed(source, 1, 20, 'holdover')
      const { carrier, boundNs } = word(source, 20)
      assert.equal(carrier.noiseNs, boundNs - 150n)
    })

    it('goes on with one run through noise and short silence', () => {
      const source = settled()
      const run = runOf(source, 20)
      feed(source, 24, 30)
      assert.equal(runOf(source, 30), run)
    })

    const interruptions: readonly (readonly [string, (source: Source) => void])[] = [
      ['a silence that is too long', () => undefined],
      ['a step', (source) => feed(source, 21, 29, 'locked', 500_000n)],
      ['a loss of lock', (source) => source.setStatus(status('unlocked'), at(20))],
    ]
    for (const [what, interrupt] of interruptions) {
      it(`begins another run after ${what}`, () => {
        const source = settled()
        const run = runOf(source, 20)
        interrupt(source)
        source.setStatus(status('locked', 'sky'), at(30))
        feed(source, 30, 31, 'locked', what === 'a step' ? 500_000n : 0n)
        assert.notEqual(runOf(source, 31), run)
      })
    }

    it('begins another run when its oscillator is steered by more than it may wander, and not for less', () => {
      const source = settled({ class: 'rubidium', role: 'frequency', domain: 'rb0' })
      const steerTo = (steeredE15: number): void => source.setStatus({ ...status('locked'), steeredE15 }, at(20))
      steerTo(500_000)
      const run = runOf(source, 20)
      steerTo(504_000)
      assert.equal(runOf(source, 20), run)
      steerTo(508_000)
      assert.equal(runOf(source, 20), run + 1)
    })
  })
})
