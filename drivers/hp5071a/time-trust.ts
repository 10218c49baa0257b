import { assert } from '../../src/core/assert.ts'
import { type LeapTable, taiMinusUtcAt, utcToTai } from '../../src/core/leap.ts'
import type { TaiNs } from '../../src/core/time.ts'
import { qualityOf, type Readings } from './health.ts'
import { mjdOfUtcSecond } from './modified-julian-date.ts'
import type { TimeSet } from './options.ts'
import type { UnitClock, UnitLabel } from './unit-clock.ts'

/**
 * Whether the unit's time of day is worth anything: it was set by somebody, and has since run without an interruption
 * that anybody could have seen. What speaks against it, a sentence each, by alarm; empty when nothing does.
 */
export interface TimeTrust {
  reasons(readings: Readings, clock: UnitClock, label: UnitLabel | undefined): Readonly<Record<string, string>>
}

export function createTimeTrust({ at, by }: TimeSet, table: LeapTable): TimeTrust {
  const setAt = taiOfIso(at, table)
  /** Of the first label: leap seconds that came before it, and after the setting, were not seen to be kept. */
  let firstTai: TaiNs | undefined
  return {
    reasons(readings, clock, label) {
      if (label !== undefined) firstTai ??= label.taiNs
      const reasons: Record<string, string> = {}
      if (readings.continuous !== undefined && readings.continuous !== 'ON') {
        const said = `the continuous operation light is ${readings.continuous}, not ON`
        reasons['hp5071a.interrupted'] = `${said}: the clock may have stopped since ${by} set it`
      }
      if (clock.wasMoved()) reasons['hp5071a.clock-moved'] = `the clock was moved since ${by} set it at ${at}`
      if (label !== undefined && label.taiNs < setAt) {
        reasons['hp5071a.clock-early'] = `the clock tells a time before ${at}, when ${by} set it`
      }
      if (firstTai !== undefined && taiMinusUtcAt(table, firstTai) !== taiMinusUtcAt(table, setAt)) {
        reasons['hp5071a.leap-since-set'] = `a leap second has come since ${by} set the clock at ${at}: set it anew`
      }
      const leap = label === undefined ? undefined : leapReason(readings, label, table)
      return leap === undefined ? reasons : { ...reasons, 'hp5071a.leap': leap }
    },
  }
}

/** Nothing against it, and the unit does what it should. */
export function isTrusted(reasons: Readonly<Record<string, string>>, readings: Readings): boolean {
  const doubts = Object.keys(reasons).filter((alarm) => alarm !== 'hp5071a.leap')
  return doubts.length === 0 && readings.continuous === 'ON' && qualityOf(readings) === 'locked'
}

/** What the unit has scheduled against what the leap table knows of the end of this day; the labels are right until then. */
function leapReason({ details }: Readings, { taiNs, mjd }: UnitLabel, table: LeapTable): string | undefined {
  const next = table.entries.find(({ sinceUtcSecond }) => mjdOfUtcSecond(sinceUtcSecond) === mjd + 1)
  const before = taiMinusUtcAt(table, taiNs)
  if (details['leapScheduled'] === undefined || before === undefined) return undefined
  const scheduled = details['leapScheduled'] === true && details['leapMjd'] === mjd
  if (next === undefined) {
    return scheduled ? `the unit has a leap second scheduled for MJD ${mjd}, the leap table none` : undefined
  }
  const minute = 60 + next.taiMinusUtcSeconds - before
  const has = scheduled ? `a minute of ${String(details['leapMinuteSeconds'])} s` : 'none'
  if (scheduled && details['leapMinuteSeconds'] === minute) return undefined
  return `the leap table has a minute of ${minute} s at the end of MJD ${mjd}, the unit has ${has} scheduled`
}

function taiOfIso(iso: string, table: LeapTable): TaiNs {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = iso
    .slice(0, 19)
    .split(/[-T:]/)
    .map((field) => Number(field.replace('Z', '')))
  const tai = utcToTai(table, { year, month, day, hour, minute, second, nanosecond: 0 })
  assert(tai.ok, `${iso} passed the check of the options`)
  return tai.value
}
