import { type LeapTable, taiToUtc } from '../../src/core/leap.ts'
import { type MonoNs, NS_PER_SECOND, type TaiNs } from '../../src/core/time.ts'
import { formatLogEntry, type LogEntry } from './event-log.ts'

/** The diagnostic log of an emulated unit: it stops recording when it is full. */
export interface EmulatedLog {
  /** `tai`: what the unit's own clock says, undefined before it has a date. */
  add(text: string, tai: TaiNs | undefined, now: MonoNs): void
  count(): number
  entry(number: number): string | undefined
  listing(): readonly string[]
}

/** What a Z3805A held when it was full. */
const ENTRIES_MAX = 225
/** Before it has a date the unit counts from one in its firmware; this is the one that a 58503A logged. */
const DATE_AT_POWER_ON = '2005-05-28'

export function createEmulatedLog(table: LeapTable, poweredAt: MonoNs): EmulatedLog {
  const entries: LogEntry[] = []
  const stamp = (tai: TaiNs | undefined, now: MonoNs): string => {
    const utc = tai === undefined ? undefined : taiToUtc(table, tai)
    if (utc?.ok !== true) {
      const seconds = Number((now - poweredAt) / NS_PER_SECOND)
      const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
      return `${DATE_AT_POWER_ON}T${parts.map(twoDigits).join(':')}`
    }
    const { year, month, day, hour, minute, second } = utc.value
    return `${year}-${twoDigits(month)}-${twoDigits(day)}T${[hour, minute, second].map(twoDigits).join(':')}`
  }
  return {
    add(text, tai, now) {
      if (entries.length === ENTRIES_MAX) return
      entries.push({ number: entries.length + 1, at: stamp(tai, now), text })
    },
    count: () => entries.length,
    entry(number) {
      const entry = entries[number - 1]
      return entry === undefined ? undefined : formatLogEntry(entry, 'answer')
    },
    listing: () => [
      `Log status: ${entries.length === ENTRIES_MAX ? 'Full' : `${entries.length} entries`}`,
      '',
      ...entries.map((entry) => formatLogEntry(entry, 'listing')),
    ],
  }
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
