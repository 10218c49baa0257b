import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { around, interval } from '../core/interval.ts'
import { plus, type TaiNs } from '../core/time.ts'
import { type Selection, select } from './selection.ts'
import { createSource, type Silence, type Source, type SourceConfig, type SourceWord } from './source.ts'
import { readSource, type SourceReading, type Verdicts } from './source-reading.ts'
import { at, START_TAI } from './virtual-appliance-fixture.ts'

function source(name: string, changes: Partial<SourceConfig> = {}): Source {
  return createSource({ name, class: 'gnss', role: 'time', domain: name, ...changes }, 200)
}

function word(name: string, domain: string, offNs: bigint, boundNs = 100n): SourceWord {
  const tai = plus(START_TAI, offNs)
  return {
    kind: 'word',
    role: 'time',
    name,
    domain,
    taiNs: tai,
    boundNs,
    accuracyNs: 0n,
    ageNs: 500_000_000n,
    interval: around(tai, boundNs),
    authorityMilli: 900n,
    rate: undefined,
    carrier: { name, class: 'gnss', taiNs: tai, noiseNs: 10n, run: 1 },
  }
}

function verdicts(selection: Selection, nodeTaiNs: TaiNs | undefined, changes: Partial<Verdicts> = {}): Verdicts {
  return { selection, walking: new Map(), heaviest: undefined, temperatures: new Map(), nodeTaiNs, ...changes }
}

function readAll(words: readonly SourceWord[], nodeTai: TaiNs | undefined): readonly SourceReading[] {
  const selection = select(words, undefined)
  return words.map((each) => readSource(source(each.name, { domain: each.domain }), each, verdicts(selection, nodeTai)))
}

describe('what became of a source', () => {
  it('names a falseticker with its distance and the interval that it misses, seen from the node clock', () => {
    const selection = {
      ...select([], undefined),
      agreed: interval(START_TAI - 100n, START_TAI + 400n),
      outvoted: new Map([['gnss0', interval(START_TAI - 100n, START_TAI + 400n)]]),
    }
    const late = word('gnss0', 'gnss', 41_500n)
    const reading = readSource(source('gnss0'), late, verdicts(selection, plus(START_TAI, 100n)))
    assert.equal(reading.state, 'falseticker')
    assert.equal(reading.reason, 'gnss0: 41 µs outside [−0.2 µs, +0.3 µs]')
    assert.equal(reading.offsetNs, 41_400n)
    const early = readSource(
      source('gnss0'),
      word('gnss0', 'gnss', -20_000_200n),
      verdicts(selection, plus(START_TAI, 100n)),
    )
    assert.equal(early.reason, 'gnss0: 20 ms outside [−0.2 µs, +0.3 µs]')
  })

  it('gives a selected source its offset and its bound, and no reason', () => {
    assert.deepEqual(readAll([word('gnss0', 'gnss', 30n)], START_TAI), [
      {
        name: 'gnss0',
        class: 'gnss',
        domain: 'gnss',
        letter: '+',
        state: 'selected',
        offsetNs: 30n,
        boundNs: 100n,
        ageNs: 500_000_000n,
        lock: 'unknown',
        alarms: [],
        temperature: undefined,
        reason: undefined,
      },
    ])
  })

  it('lets one of a split domain abstain, and one of domains without a majority, each for its reason', () => {
    const split = readAll([word('a', 'gnss', 0n), word('b', 'gnss', 9_000n)], undefined)
    assert.deepEqual(
      split.map(({ state, reason, offsetNs }) => [state, reason, offsetNs]),
      split.map(() => ['abstaining', 'its failure domain does not agree', undefined]),
    )
    const apart = readAll([word('a', 'a', 0n), word('b', 'b', 9_000n), word('c', 'c', 18_000n)], START_TAI)
    assert.deepEqual(
      apart.map(({ state, reason }) => [state, reason]),
      apart.map(() => ['abstaining', 'no majority of failure domains agrees']),
    )
  })

  it('passes on why a source is silent', () => {
    const silent = { kind: 'silence', reason: 'no recent sample' } as const
    const reading = readSource(source('gnss0'), silent, verdicts(select([], undefined), START_TAI))
    assert.deepEqual([reading.state, reading.reason, reading.boundNs], ['abstaining', 'no recent sample', undefined])
  })

  it('says of a source with another role only what the role is, and why it is not heard', () => {
    const frequency = source('rb0', { role: 'frequency', class: 'rubidium' })
    const heard = readSource(frequency, word('rb0', 'rb0', 7_777n), verdicts(select([], undefined), START_TAI))
    assert.deepEqual([heard.state, heard.offsetNs, heard.reason], ['frequency', undefined, undefined])
    const silent = readSource(frequency, frequency.hear(at(1)), verdicts(select([], undefined), START_TAI))
    assert.deepEqual([silent.state, silent.reason], ['frequency', 'no recent sample'])
    const label = source('nmea0', { role: 'label' })
    assert.equal(readSource(label, label.hear(at(1)), verdicts(select([], undefined), START_TAI)).state, 'label')
  })

  it('has a letter for every state', () => {
    const words = [word('a', 'gnss', 0n), word('b', 'gnss', 10n), word('c', 'gnss', 9_000n), word('d', 'gnss', 20n)]
    const walking = new Map([['d', 'it has moved by +0.7 µs against rb0']])
    const said = verdicts(select(words.slice(0, 3), undefined), START_TAI, { heaviest: 'a', walking })
    const readings = words.map((each) => readSource(source(each.name, { domain: 'gnss' }), each, said))
    assert.deepEqual(
      readings.map(({ letter }) => letter),
      ['*', '+', 'x', '~'],
    )
    assert.equal(readings[3]?.reason, 'd: it has moved by +0.7 µs against rb0')
    const apart = readAll([word('a', 'gnss', 0n), word('b', 'gnss', 9_000n)], undefined)
    assert.equal(apart[0]?.letter, '-')
    const letterOf = (role: 'frequency' | 'label', heard: SourceWord | Silence): string =>
      readSource(source('x', { role }), heard, said).letter
    const silent = { kind: 'silence', reason: 'no recent sample' } as const
    assert.deepEqual([letterOf('frequency', word('x', 'x', 0n)), letterOf('frequency', silent)], ['#', '?'])
    assert.equal(letterOf('label', silent), '=')
  })

  it('carries what the instrument says of itself, its alarms with their reasons', () => {
    const unlocked = source('gnss0')
    const alarms = ['gnss.jamming', 'gnss.no-fix']
    const reasons = { 'gnss.jamming': 'the receiver reports critical interference' }
    unlocked.setStatus({ quality: 'unlocked', dependsOn: 'sky', alarms, reasons }, at(1))
    const reading = readSource(unlocked, unlocked.hear(at(1)), verdicts(select([], undefined), START_TAI))
    assert.deepEqual([reading.lock, reading.letter], ['unlocked', '?'])
    assert.equal(reading.reason, 'gnss.jamming: the receiver reports critical interference')
    assert.deepEqual(reading.alarms, ['gnss.jamming: the receiver reports critical interference', 'gnss.no-fix'])
  })
})
