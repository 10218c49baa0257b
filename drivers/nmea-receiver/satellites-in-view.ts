import { between, type MonoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import type { SatellitesInView as Message } from '../nmea/health-sentences.ts'

/**
 * Gathers GSV, which comes in numbered messages per system and signal: a group is replaced as a whole once its last
 * message is in, so that a lost message never halves the sky.
 */
export interface SatellitesInView {
  /** Whether that was the last message of a group. */
  note(talker: string, message: Message, at: MonoNs): boolean
  /** C/N0 in dB-Hz of all that was tracked in the last ten seconds. */
  carriers(now: MonoNs): readonly number[]
  /** `satellitesVisible`, `cn0BestDbHz`, `cn0MeanDbHz` over the groups of the last ten seconds. */
  details(now: MonoNs): Readonly<Record<string, number | undefined>>
}

const BELIEVED_NS = 10n * NS_PER_SECOND
/** The systems and signals that one receiver lists; more is not an instrument. */
const GROUPS_MAX = 64
/** More satellites of one system than the sky holds at once. */
const SATELLITES_PER_GROUP_MAX = 64

interface Group {
  readonly talker: string
  readonly inView: number
  readonly cn0DbHz: readonly number[]
  readonly at: MonoNs
}

export function createSatellitesInView(): SatellitesInView {
  const complete = new Map<string, Group>()
  let gathering: { readonly key: string; next: number; readonly cn0DbHz: number[] } | undefined

  const recent = (now: MonoNs): Group[] =>
    [...complete.values()].filter((group) => between(group.at, now) <= BELIEVED_NS)

  return {
    note(talker, message, at) {
      const key = `${talker}/${message.signal}`
      if (message.message === 1) gathering = { key, next: 1, cn0DbHz: [] }
      if (gathering === undefined || gathering.key !== key || gathering.next !== message.message) {
        gathering = undefined
        return false
      }
      gathering.next += 1
      for (const cn0 of message.cn0DbHz) {
        if (gathering.cn0DbHz.length < SATELLITES_PER_GROUP_MAX) gathering.cn0DbHz.push(cn0)
      }
      if (message.message < message.messages) return false
      for (const [old, group] of complete) if (between(group.at, at) > BELIEVED_NS) complete.delete(old)
      if (complete.has(key) || complete.size < GROUPS_MAX) {
        complete.set(key, { talker, inView: message.inView, cn0DbHz: gathering.cn0DbHz, at })
      }
      gathering = undefined
      return true
    },
    carriers: (now) => recent(now).flatMap((group) => group.cn0DbHz),
    details(now) {
      const groups = recent(now)
      if (groups.length === 0) return {}
      // One satellite is listed once per signal: per system, the fullest list counts.
      const perSystem = new Map<string, number>()
      for (const { talker, inView } of groups) perSystem.set(talker, Math.max(perSystem.get(talker) ?? 0, inView))
      const cn0 = groups.flatMap((group) => group.cn0DbHz)
      const sum = cn0.reduce((total, value) => total + value, 0)
      return {
        satellitesVisible: [...perSystem.values()].reduce((total, count) => total + count, 0),
        cn0BestDbHz: cn0.length === 0 ? undefined : Math.max(...cn0),
        cn0MeanDbHz: cn0.length === 0 ? undefined : Math.round((10 * sum) / cn0.length) / 10,
      }
    },
  }
}
