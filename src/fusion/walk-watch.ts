import type { Fault } from '../core/fault.ts'
import { between, type MonoNs, NS_PER_SECOND } from '../core/time.ts'
import { formatOffset } from './format-offset.ts'
import { median } from './robust-line.ts'
import type { SourceWord } from './source.ts'
import { STABILITY } from './stability.ts'

/**
 * A source that walks away slowly stays within everybody's bounds for a while, and takes the clock along: a receiver that
 * is pulled, a grandmaster that lost its sky. What gives it away is that it moves against sources that it kept company
 * with before: those of other domains, oscillators without a date, and its own kind.
 */
export interface WalkWatch {
  /** What the sources that vote and those that carry say at one instant; instants ascend, about once a second. */
  hear(now: MonoNs, voters: readonly SourceWord[], carriers: readonly SourceWord[]): Walks
  read(now: MonoNs): Walks
}

export interface Walks {
  /** They move against most of what they can be compared with: names, each with the reason. */
  readonly walking: ReadonlyMap<string, string>
  /** They move against the only thing that they can be compared with, and either may be wrong. */
  readonly suspected: ReadonlyMap<string, string>
}

/** The company of a while ago is compared with, so that a walk does not become what is expected. */
const WINDOW_NS = 96n * NS_PER_SECOND
const RECENT_NS = 16n * NS_PER_SECOND
const COMPANY_MIN = 40
/** Whoever reads the clock more often does not shorten what is remembered. */
const SPACING_NS = 900_000_000n
const KEPT_MAX = 200
/** A difference has moved when it is so many standard deviations off, and at least so far, ns, … */
const DEVIATIONS = 6 * 1.4826
const MOVED_NS_MIN = 100
/** … once when it is twice as far and else twice in a row, and is held against both for so long. */
const MOVED_COUNT = 2
const HELD_NS = 30n * NS_PER_SECOND
/** A clock that has not settled says nothing sharp enough, ns. */
const NOISE_NS_MAX = 10_000n

interface Difference {
  readonly at: MonoNs
  readonly ns: number
}

/** One source against another. */
interface Pair {
  readonly of: SourceWord
  readonly against: SourceWord
  run: number
  zeroNs: bigint
  differences: readonly Difference[]
  movedCount: number
  moved: Difference | undefined
}

export function createWalkWatch(): WalkWatch {
  let pairs = new Map<string, Pair>()

  const hearPair = (now: MonoNs, of: SourceWord, against: SourceWord): Pair => {
    const key = `${of.name} ${against.name}`
    const taiNs = between(against.taiNs, of.taiNs)
    const known = pairs.get(key)
    // A carrier that was interrupted counts from elsewhere.
    const goesOn = known !== undefined && (against.role !== 'frequency' || known.run === against.carrier.run)
    const pair: Pair = goesOn
      ? { ...known, of, against }
      : { of, against, run: against.carrier.run, zeroNs: taiNs, differences: [], movedCount: 0, moved: undefined }
    if (of.carrier.noiseNs > NOISE_NS_MAX || against.carrier.noiseNs > NOISE_NS_MAX) return pair
    weigh(pair, { at: now, ns: Number(taiNs - pair.zeroNs) })
    return pair
  }
  return {
    hear: (now, voters, carriers) => {
      const heard = new Map<string, Pair>()
      for (const of of voters) {
        for (const against of [...voters, ...carriers]) {
          if (against.name !== of.name) heard.set(`${of.name} ${against.name}`, hearPair(now, of, against))
        }
      }
      pairs = heard
      return judge([...pairs.values()], now)
    },
    read: (now) => judge([...pairs.values()], now),
  }
}

function weigh(pair: Pair, difference: Difference): void {
  const { at, ns } = difference
  const newest = pair.differences.at(-1)
  if (newest !== undefined && between(newest.at, at) < SPACING_NS) return
  pair.differences = [...pair.differences.filter((each) => between(each.at, at) <= WINDOW_NS), difference].slice(
    -KEPT_MAX,
  )
  const company = pair.differences.filter((each) => between(each.at, at) >= RECENT_NS)
  if (company.length < COMPANY_MIN) return
  const middle = median(company.map((each) => each.ns))
  const spread = median(company.map((each) => Math.abs(each.ns - middle)))
  const gateNs = Math.max(MOVED_NS_MIN, DEVIATIONS * spread) + runsAwayNs(pair)
  const off = ns - middle
  pair.movedCount = Math.abs(off) > gateNs ? pair.movedCount + (Math.abs(off) > 2 * gateNs ? 2 : 1) : 0
  if (pair.movedCount >= MOVED_COUNT) pair.moved = { at, ns: off }
}

/** How far an oscillator without a date may run away by itself while it is compared. */
function runsAwayNs({ against: { role, carrier } }: Pair): number {
  if (role !== 'frequency') return 0
  return (Number(STABILITY[carrier.class].unlearntE15) * Number(WINDOW_NS)) / 1e15
}

function judge(pairs: readonly Pair[], now: MonoNs): Walks {
  const walking = new Map<string, string>()
  const suspected = new Map<string, string>()
  for (const name of new Set(pairs.map(({ of }) => of.name))) {
    const own = pairs.filter(({ of }) => of.name === name)
    const domain = own[0]?.of.domain
    const groups = new Map<string, readonly Pair[]>()
    for (const pair of own) groups.set(pair.against.domain, [...(groups.get(pair.against.domain) ?? []), pair])
    const accusing = [...groups].filter(([, group]) => isAccusing(group, now)).map(([group]) => group)
    // Those of its own kind fail together with it: they accuse, and clear nobody.
    const asked = [...groups.keys()].filter((group) => group !== domain || accusing.includes(group))
    if (accusing.length * 2 <= asked.length) continue
    const accusers = own.filter((pair) => hasMoved(pair, now) && accusing.includes(pair.against.domain))
    const farthest = accusers.reduce((most, { moved }) => Math.max(most, Math.abs(moved?.ns ?? 0)), 0)
    const sign = Math.sign(accusers[0]?.moved?.ns ?? 0)
    const moved = formatOffset(BigInt(Math.round(sign * farthest)))
    const reason = `it has moved by ${moved} against ${accusers.map(({ against }) => against.name).join(', ')}`
    if (accusing.length > 1) walking.set(name, reason)
    else if (accusing[0] !== domain) suspected.set(name, reason)
  }
  return { walking, suspected }
}

function isAccusing(group: readonly Pair[], now: MonoNs): boolean {
  return group.filter((pair) => hasMoved(pair, now)).length * 2 > group.length
}

function hasMoved({ moved }: Pair, now: MonoNs): boolean {
  return moved !== undefined && between(moved.at, now) <= HELD_NS
}

/** What people should know. */
export function walkAlarms({ walking, suspected }: Walks): readonly Fault[] {
  const told = (names: ReadonlyMap<string, string>): string =>
    [...names].map(([name, reason]) => `${name}: ${reason}`).join('; ')
  const alarms: Fault[] = []
  if (walking.size > 0) {
    alarms.push({ code: 'fusion.walk', message: `expected sources to keep company, got ${told(walking)}; not used` })
  }
  if (suspected.size > 0) {
    const message = `expected sources to keep company, got ${told(suspected)}; which is wrong is not known, both are covered`
    alarms.push({ code: 'fusion.walk-suspected', message })
  }
  return alarms
}
