import { type MonoNs, plus } from '../../src/core/time.ts'
import type { DriverFault } from '../driver.ts'

/** What is wrong at present: said as a fault when it begins, and standing among the alarms while it lasts. */
export interface Alarms {
  /** It happens now, and stands for so long after it happened last. */
  raise(code: string, message: string, now: MonoNs, standsNs: bigint): readonly DriverFault[]
  /** A condition that is looked at again and again: it stands as long as there is a message. */
  hold(code: string, message: string | undefined): readonly DriverFault[]
  has(code: string, now: MonoNs): boolean
  /** By code, in alphabetical order. */
  standing(now: MonoNs): Readonly<Record<string, string>>
}

interface Standing {
  readonly message: string
  readonly until: MonoNs | 'held'
}

export function createAlarms(): Alarms {
  const alarms = new Map<string, Standing>()
  const has = (code: string, now: MonoNs): boolean => {
    const until = alarms.get(code)?.until
    return until !== undefined && (until === 'held' || now < until)
  }
  return {
    raise: (code, message, now, standsNs) => {
      const stood = has(code, now)
      alarms.set(code, {
        message: stood ? (alarms.get(code)?.message ?? message) : message,
        until: plus(now, standsNs),
      })
      return stood ? [] : [{ code, message }]
    },
    hold: (code, message) => {
      const stood = alarms.has(code)
      if (message === undefined) alarms.delete(code)
      else alarms.set(code, { message, until: 'held' })
      return stood || message === undefined ? [] : [{ code, message }]
    },
    has,
    standing: (now) => {
      const codes = [...alarms.keys()].filter((code) => has(code, now)).toSorted()
      return Object.fromEntries(codes.map((code) => [code, alarms.get(code)?.message ?? '']))
    },
  }
}
