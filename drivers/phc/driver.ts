import { divCeil } from '../../src/core/integer.ts'
import { between, type MonoNs, NS_PER_SECOND, type TaiNs } from '../../src/core/time.ts'
import type { ClockAction, ClockContext, ClockDriver, ClockReading } from '../clock-driver.ts'
import { floorOf } from '../gnss/week-rollover.ts'
import type { PhcOptions } from './options.ts'
import { readScale } from './protocol.ts'
import { createSteadiness } from './steadiness.ts'

/** So many readings without a mark against it, and it is believed; after a step too. */
const STEADY_MIN = 5

const STATUS_EVERY_NS = 30n * NS_PER_SECOND

/**
 * A hardware clock that somebody else keeps right. It says nothing but its time, so what is seen of it is whether it runs
 * steadily, on a date that is possible; how right it is the configuration says, and the other sources see.
 */
export function createDriver(options: PhcOptions, context: ClockContext): ClockDriver {
  const floor = floorOf(context.leapTable, options.floorDate)
  const steadiness = createSteadiness()
  let told: { readonly alarms: string; readonly at: MonoNs } | undefined

  /** What speaks against this reading; empty when it can be believed. */
  const complaints = (reading: ClockReading, tai: ReturnType<typeof readScale>): ReadonlyMap<string, string> => {
    const found = new Map<string, string>()
    const unsteady = steadiness.next(reading)
    if (unsteady !== undefined) found.set(unsteady.code, unsteady.message)
    else if (steadiness.steady() < STEADY_MIN) {
      found.set('phc.settling', `It is believed after ${STEADY_MIN} steady readings in a row.`)
    }
    if (!tai.ok) found.set(tai.fault.code, tai.fault.message)
    else if (floor !== undefined && tai.value < floor) {
      found.set(
        'phc.date',
        `expected a date since ${options.floorDate}, got ${tai.value} ns since 1970: it was never set`,
      )
    }
    return found
  }

  return {
    read: (reading) => {
      const tai = readScale(reading.shownNs, options.scale, context.leapTable)
      const found = complaints(reading, tai)
      const actions: ClockAction[] = []
      for (const [code, message] of found) {
        if (code !== 'phc.settling') actions.push({ type: 'fault', fault: { code, message } })
      }
      const alarms = [...found.keys()].join(' ')
      if (told === undefined || told.alarms !== alarms || between(told.at, reading.monoNs) >= STATUS_EVERY_NS) {
        told = { alarms, at: reading.monoNs }
        actions.push({ type: 'status', status: statusOf(options, reading, found) })
      }
      if (found.size === 0 && tai.ok) actions.push({ type: 'sample', sample: sampleOf(reading, tai.value, context) })
      return actions
    },
  }
}

function statusOf(
  { scale }: PhcOptions,
  { bracketNs }: ClockReading,
  found: ReadonlyMap<string, string>,
): Extract<ClockAction, { type: 'status' }>['status'] {
  return {
    quality: found.size === 0 ? 'locked' : 'unlocked',
    dependsOn: 'unknown',
    alarms: [...found.keys()],
    reasons: Object.fromEntries(found),
    details: { scale, bracketNs: Number(bracketNs) },
  }
}

function sampleOf(
  { monoNs, bracketNs }: ClockReading,
  taiNs: TaiNs,
  { source, accuracyNs }: ClockContext,
): Extract<ClockAction, { type: 'sample' }>['sample'] {
  return {
    kind: 'time',
    source,
    monoNs,
    taiNs,
    accuracyNs,
    precisionNs: divCeil(bracketNs, 2n) + 1n,
    quality: 'locked',
  }
}
