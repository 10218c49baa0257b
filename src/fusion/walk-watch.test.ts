import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { around } from '../core/interval.ts'
import { createPrng } from '../core/prng.ts'
import { plus } from '../core/time.ts'
import type { SourceWord } from './source.ts'
import { at, START_TAI } from './virtual-appliance-fixture.ts'
import { createWalkWatch, type Walks, walkAlarms } from './walk-watch.ts'

interface Walker {
  readonly name: string
  readonly domain: string
  readonly role?: 'time' | 'frequency'
  /** Its error beside the noise at so many seconds, ns. */
  errorNs(second: number): number
  run?(second: number): number
  noiseNs?(second: number): number
}

const still = (): number => 0
const pulled =
  (fromS: number, ppb: number) =>
  (second: number): number =>
    second > fromS ? ppb * (second - fromS) : 0

function wordOf({ name, domain, role = 'time', errorNs, run, noiseNs }: Walker, s: number, noise: number): SourceWord {
  const taiNs = plus(START_TAI, BigInt(Math.round(s * 1e9 + errorNs(s) + noise)))
  const isRubidium = role === 'frequency'
  return {
    kind: 'word',
    role,
    name,
    domain,
    taiNs,
    ageNs: 0n,
    boundNs: 500n,
    accuracyNs: 200n,
    interval: around(taiNs, 500n),
    authorityMilli: 900n,
    rate: undefined,
    carrier: {
      name,
      class: isRubidium ? 'rubidium' : 'gnss',
      taiNs,
      noiseNs: BigInt(noiseNs?.(s) ?? 300),
      run: run?.(s) ?? 1,
    },
  }
}

function watched(
  untilS: number,
  walkers: readonly Walker[],
  seed = 1,
): Walks & { readonly everWalking: readonly string[] } {
  const prng = createPrng(seed)
  const watch = createWalkWatch()
  const everWalking = new Set<string>()
  for (let s = 1; s <= untilS; s++) {
    const words = walkers.map((walker) => wordOf(walker, s, 10 * prng.nextNormal()))
    const walks = watch.hear(
      at(s),
      words.filter(({ role }) => role === 'time'),
      words.filter(({ role }) => role === 'frequency'),
    )
    for (const name of [...walks.walking.keys(), ...walks.suspected.keys()]) everWalking.add(name)
  }
  return { ...watch.read(at(untilS)), everWalking: [...everWalking] }
}

const GNSS: readonly Walker[] = ['gnss0', 'gnss1', 'gnss2'].map((name) => ({ name, domain: 'gnss', errorNs: still }))
const PTP: Walker = { name: 'ptp0', domain: 'ptp', errorNs: still }
const RUBIDIUM: Walker = { name: 'rb0', domain: 'rb0', role: 'frequency', errorNs: (s) => 5e8 + 0.9 * s }

function all(ppb: number): readonly Walker[] {
  return GNSS.map((walker) => ({ ...walker, errorNs: pulled(200, ppb) }))
}

describe('the watch over sources that walk away', () => {
  it('says nothing of sources that keep company, whatever their constant differences', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const apart = GNSS.map((walker, index) => ({ ...walker, errorNs: () => 150 * index }))
      assert.deepEqual(watched(400, [...apart, PTP, RUBIDIUM], seed).everWalking, [])
    }
  })

  it('names one of three receivers that is pulled, by its own kind and an oscillator', () => {
    const [first, second, third] = GNSS
    assert.ok(first && second && third)
    const { walking, suspected } = watched(206, [first, second, { ...third, errorNs: pulled(200, 100) }, RUBIDIUM])
    assert.deepEqual([...walking.keys()], ['gnss2'])
    assert.match(walking.get('gnss2') ?? '', /^it has moved by \+0\.[56]\d* µs against gnss0, gnss1, rb0$/)
    assert.equal(suspected.size, 0)
  })

  it('names all receivers of a sky that is pulled, where another domain and an oscillator stand still', () => {
    for (const ppb of [100, -100, 20]) {
      const { walking, suspected } = watched(224, [...all(ppb), PTP, RUBIDIUM])
      assert.deepEqual([...walking.keys()], ['gnss0', 'gnss1', 'gnss2'])
      assert.equal(suspected.size, 0)
      assert.deepEqual(
        walkAlarms({ walking, suspected }).map(({ code }) => code),
        ['fusion.walk'],
      )
    }
  })

  it('suspects both where there are only two, and says so', () => {
    const walks = watched(206, [...all(100), PTP])
    assert.equal(walks.walking.size, 0)
    assert.deepEqual([...walks.suspected.keys()], ['gnss0', 'gnss1', 'gnss2', 'ptp0'])
    const [alarm] = walkAlarms(walks)
    assert.equal(alarm?.code, 'fusion.walk-suspected')
    assert.match(
      alarm?.message ?? '',
      /^expected sources to keep company, got gnss0: it has moved by \+0\.\d+ µs against ptp0; /,
    )
    assert.deepEqual([...watched(206, [...all(100), RUBIDIUM]).suspected.keys()], ['gnss0', 'gnss1', 'gnss2'])
  })

  it('takes no offence at an oscillator that was interrupted, nor at a clock that has not settled', () => {
    const again = { ...RUBIDIUM, errorNs: (s: number) => (s < 200 ? 0 : 7e8), run: (s: number) => (s < 200 ? 1 : 2) }
    assert.deepEqual(watched(230, [...GNSS, again]).everWalking, [])
    const unsettled = (s: number): boolean => s > 200 && s < 206
    const wild = {
      ...PTP,
      errorNs: (s: number) => (unsettled(s) ? 30_000 : 0),
      noiseNs: (s: number) => (unsettled(s) ? 60_000 : 300),
    }
    assert.deepEqual(watched(230, [...GNSS, wild]).everWalking, [])
  })

  it('forgives what stands still again, after two minutes', () => {
    const stopped = GNSS.map((walker) => ({ ...walker, errorNs: (s: number) => pulled(200, 100)(Math.min(s, 230)) }))
    assert.equal(watched(240, [...stopped, PTP]).suspected.size, 4)
    assert.equal(watched(360, [...stopped, PTP]).suspected.size, 0)
  })
})
