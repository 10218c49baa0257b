import type { Fault } from '../../src/core/fault.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import type { MonoNs } from '../../src/core/time.ts'
import type { DriverAction, DriverContext, DriverStatus } from '../driver.ts'
import { qualityOf, type Readings } from './health.ts'
import type { TimeSet } from './options.ts'
import { parseCount, parseTime } from './protocol.ts'
import { createTimeTrust, isTrusted } from './time-trust.ts'
import { createUnitClock, type UnitLabel } from './unit-clock.ts'

/** Makes labels of the answers about time of day, of a unit whose clock somebody says to have set. */
export interface TimeKeeper {
  /** When the time is to be asked for. */
  nextAt(): MonoNs
  asked(now: MonoNs): void
  take(heard: Heard, readings: Readings): Taken
  /** What speaks against the unit's clock, a sentence each, by alarm. */
  reasons(readings: Readings): Readonly<Record<string, string>>
}

export interface Heard {
  readonly name: 'time' | 'date'
  readonly text: string
  readonly askedAt: MonoNs
  readonly firstByteAt: MonoNs
  readonly lastByteAt: MonoNs
}

export interface Taken {
  readonly details: DriverStatus['details']
  readonly actions: readonly DriverAction[]
  readonly fault: readonly Fault[]
}

/** After a question that brought nothing; the next answer tells better. */
const AGAIN_NS = 1_000_000_000n

export function createTimeKeeper(timeSet: TimeSet, { source, leapTable }: DriverContext): TimeKeeper {
  const clock = createUnitClock(leapTable)
  const trust = createTimeTrust(timeSet, leapTable)
  let label: UnitLabel | undefined
  let notBefore = 0n as MonoNs
  return {
    nextAt: () => (clock.nextTimeAt() > notBefore ? clock.nextTimeAt() : notBefore),
    asked(now) {
      notBefore = (now + AGAIN_NS) as MonoNs
    },
    reasons: (readings) => trust.reasons(readings, clock, label),
    take({ name, text, askedAt, firstByteAt, lastByteAt }, readings) {
      const nothing: Taken = { details: {}, actions: [], fault: [] }
      if (name === 'date') {
        const mjd = parseCount(text)
        if (!mjd.ok) return { ...nothing, fault: [mjd.fault] }
        clock.date(mjd.value)
        return { ...nothing, details: { clockMjd: mjd.value } }
      }
      const time = parseTime(text)
      if (!time.ok) return { ...nothing, fault: [time.fault] }
      notBefore = 0n as MonoNs
      const heard = clock.time({ ...time.value, askedAt, firstByteAt })
      if (heard.label === undefined) return { ...nothing, fault: heard.faults }
      label = heard.label
      const quality = qualityOf(readings)
      const sample: LabelSample = {
        kind: 'label',
        source,
        firstByteAt,
        lastByteAt,
        taiNs: label.taiNs,
        names: 'preceding-pulse',
        valid: label.isCertain && isTrusted(trust.reasons(readings, clock, label), readings),
        quality: quality === 'unknown' ? 'unlocked' : quality,
      }
      return { ...nothing, actions: [{ type: 'sample', sample }], fault: heard.faults }
    },
  }
}
