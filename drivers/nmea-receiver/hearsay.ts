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
  /** Whether one of them doubts the labels. */
  isInDoubt(now: MonoNs): boolean
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
const WORSE = { locked: 0, holdover: 1, unlocked: 2 } as const satisfies Record<SampleQuality, number>
/** Which of two words counts: a count that is not received before one that is, and both before one of unknown origin. */
const LEAP_FIRST = { default: 0, none: 1, satellites: 2, unknown: 3 } as const satisfies Record<
  ToldLeap['from'],
  number
>

export function createHearsay(): Hearsay {
  const latest = new Map<string, { readonly told: Told; readonly at: MonoNs }>()
  /** Until then it has been on its own ever since it was switched on, for all that we know. */
  let wasLocked = false

  /** Visits what was told at most `believedNs` ago, until `visit` has an answer. Once per label: nothing is made here. */
  const find = <T>(now: MonoNs, believedNs: bigint, visit: (told: Told) => T | undefined): T | undefined => {
    for (const { told, at } of latest.values()) {
      const found = between(at, now) <= believedNs ? visit(told) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }

  return {
    note(told, at) {
      if (latest.size >= TOPICS_MAX && !latest.has(told.topic)) return
      latest.set(told.topic, { told, at })
      if (told.quality === 'locked') wasLocked = true
    },
    fix(now, believedNs) {
      let fix: boolean | undefined
      find(now, believedNs, (told) => {
        fix = told.fix ?? fix
        return told.fix === false ? told : undefined
      })
      return fix
    },
    quality(now) {
      let worst: SampleQuality | undefined
      find(now, BELIEVED_NS, ({ quality }) => {
        const said = quality === 'holdover' && !wasLocked ? 'unlocked' : quality
        if (said !== undefined && (worst === undefined || WORSE[said] > WORSE[worst])) worst = said
        return worst === 'unlocked' ? worst : undefined
      })
      return worst
    },
    isInDoubt: (now) =>
      find(now, BELIEVED_NS, ({ alarms }) => alarms.find(({ doubtsLabels }) => doubtsLabels)) !== undefined,
    alarms(now) {
      const all: ToldAlarm[] = []
      find(now, BELIEVED_NS, ({ alarms }) => {
        all.push(...alarms)
        return undefined
      })
      return all
    },
    leap(now) {
      let best: ToldLeap | undefined
      find(now, BELIEVED_NS, ({ leap }) => {
        if (leap !== undefined && (best === undefined || LEAP_FIRST[leap.from] < LEAP_FIRST[best.from])) best = leap
        return best?.from === 'default' ? best : undefined
      })
      return best
    },
    knows: (topic, now) => between(latest.get(topic)?.at ?? (-BELIEVED_NS as MonoNs), now) <= BELIEVED_NS,
    details(now) {
      const joined: Record<string, string | number> = {}
      find(now, BELIEVED_NS, ({ details }) => {
        Object.assign(joined, details)
        return undefined
      })
      return joined
    },
  }
}
