import type { SampleQuality } from '../../src/core/sample.ts'
import { between, type MonoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import type { Told, ToldAlarm, ToldLeap } from '../nmea/told.ts'

/** What the proprietary sentences have told lately, the latest of each topic. */
export interface Hearsay {
  note(told: Told, at: MonoNs): void
  /** False when one of them says so, true when one does and none denies; by what was told at most `believedNs` ago. */
  fix(now: MonoNs, believedNs: bigint): boolean | undefined
  /** The worst that any of them says of what carries the pulse. */
  quality(now: MonoNs): SampleQuality | undefined
  alarms(now: MonoNs): readonly ToldAlarm[]
  leap(now: MonoNs): ToldLeap | undefined
  /** Whether that topic was told lately. */
  knows(topic: string, now: MonoNs): boolean
  details(now: MonoNs): Readonly<Record<string, string | number>>
}

/** Some receivers send their status once in ten seconds; what was said before that is history. */
const BELIEVED_NS = 30n * NS_PER_SECOND
/** More topics than all makers together have. */
const TOPICS_MAX = 32
const WORST_FIRST: readonly SampleQuality[] = ['unlocked', 'holdover', 'locked']

export function createHearsay(): Hearsay {
  const latest = new Map<string, { readonly told: Told; readonly at: MonoNs }>()
  /** Until then it has been on its own ever since it was switched on, for all that we know. */
  let wasLocked = false

  const fresh = (now: MonoNs, believedNs = BELIEVED_NS): Told[] =>
    [...latest.values()].flatMap(({ told, at }) => (between(at, now) <= believedNs ? [told] : []))

  return {
    note(told, at) {
      if (latest.size >= TOPICS_MAX && !latest.has(told.topic)) return
      latest.set(told.topic, { told, at })
      if (told.quality === 'locked') wasLocked = true
    },
    fix(now, believedNs) {
      if (latest.size === 0) return undefined
      const said = fresh(now, believedNs).flatMap(({ fix }) => (fix === undefined ? [] : [fix]))
      return said.length === 0 ? undefined : said.every(Boolean)
    },
    quality(now) {
      if (latest.size === 0) return undefined
      const said = fresh(now).map(({ quality }) => (quality === 'holdover' && !wasLocked ? 'unlocked' : quality))
      return WORST_FIRST.find((quality) => said.includes(quality))
    },
    alarms: (now) => (latest.size === 0 ? [] : fresh(now).flatMap(({ alarms }) => alarms)),
    leap(now) {
      if (latest.size === 0) return undefined
      const said = fresh(now).flatMap(({ leap }) => (leap === undefined ? [] : [leap]))
      return said.find(({ from }) => from === 'default') ?? said.find(({ from }) => from === 'satellites') ?? said[0]
    },
    knows: (topic, now) => between(latest.get(topic)?.at ?? (-BELIEVED_NS as MonoNs), now) <= BELIEVED_NS,
    details(now) {
      const joined: Record<string, string | number> = {}
      for (const { details } of fresh(now)) Object.assign(joined, details)
      return joined
    },
  }
}
