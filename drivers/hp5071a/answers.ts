import { ok, type Result } from '../../src/core/fault.ts'
import { NO_READINGS, type Readings, stateOf } from './health.ts'
import { complaintOf, MEASUREMENTS, type Measurement } from './measurements.ts'
import { parseCount, parseFlag, parseIdentity, parseReals, parseWord, type QueryName } from './protocol.ts'

type Take = (text: string, readings: Readings) => Result<Readings>

/** Adds an answer to the readings, or says why it is none; undefined for answers that are no reading of health. */
export function takeAnswer(name: QueryName, text: string, readings: Readings): Result<Readings> | undefined {
  return TAKES[name]?.(text, readings)
}

const TAKES: Readonly<Partial<Record<QueryName, Take>>> = {
  identity(text, readings) {
    const identity = parseIdentity(text)
    if (!identity.ok) return identity
    const before = readings.identity
    const isSame = before !== undefined && Object.values(before).join() === text
    return ok({ ...(isSame ? readings : NO_READINGS), identity: identity.value })
  },
  state: (text, readings) => {
    const stateText = text.replaceAll('"', '')
    return ok({ ...readings, state: stateOf(stateText), stateText })
  },
  supply: word(['AC', 'DC', 'BATT', 'LOW'], (supply) => ({ supply })),
  continuous: word(['OFF', 'ENA', 'ON'], (continuous) => ({ continuous })),
  standby: flag((standby) => ({ standby })),
  leapScheduled: flag((leapScheduled, { details }) => ({ details: { ...details, leapScheduled } })),
  leapMinute: count('leapMinuteSeconds'),
  leapDate: count('leapMjd'),
  tube: (text, readings) => ok(withDetails(readings, { beamTube: text.replaceAll('"', '').trim() })),
  steering(text, readings) {
    const read = parseReals(text, 1)
    return read.ok ? ok(withDetails(readings, { steeringE15: Math.round((read.value[0] ?? 0) * 1e18) / 1000 })) : read
  },
  ...Object.fromEntries(MEASUREMENTS.map((each) => [each.query, measured(each)])),
}

function word<const T extends string>(words: readonly T[], put: (value: T) => Partial<Readings>): Take {
  return (text, readings) => {
    const read = parseWord(text, words)
    return read.ok ? ok({ ...readings, ...put(read.value) }) : read
  }
}

function flag(put: (value: boolean, readings: Readings) => Partial<Readings>): Take {
  return (text, readings) => {
    const read = parseFlag(text)
    return read.ok ? ok({ ...readings, ...put(read.value, readings) }) : read
  }
}

function count(detail: string): Take {
  return (text, readings) => {
    const read = parseCount(text)
    return read.ok ? ok(withDetails(readings, { [detail]: read.value })) : read
  }
}

function measured({ values, alarm }: Measurement): Take {
  return (text, readings) => {
    const read = parseReals(text, values.length)
    if (!read.ok) return read
    const details: Record<string, number> = {}
    const sentences: string[] = []
    for (const [index, value] of values.entries()) {
      const shown = rounded((read.value[index] ?? 0) * value.scale)
      details[value.detail] = shown
      const sentence = complaintOf(value, shown)
      if (sentence !== undefined) sentences.push(sentence)
    }
    const complaints = { ...readings.complaints }
    if (alarm !== undefined) delete complaints[alarm]
    if (alarm !== undefined && sentences.length > 0) complaints[alarm] = sentences.join(', ')
    return ok({ ...withDetails(readings, details), complaints })
  }
}

/** Four digits are more than any of the converters has. */
function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function withDetails(readings: Readings, details: Readings['details']): Readings {
  return { ...readings, details: { ...readings.details, ...details } }
}
