import { ok, type Result } from '../../src/core/fault.ts'
import type { MonoNs } from '../../src/core/time.ts'
import type { Readings } from './health.ts'
import { NO_READINGS } from './health.ts'
import type { Latch } from './latch.ts'
import { parseIdentity, parseIntegers, parseStatusBytes, parseTimeTag, parseVolts, type QueryName } from './protocol.ts'
import { bitsOf } from './status-bits.ts'

/** One step of a DAC pair in 1e-12, as Lady Heather reckons it: ((hi − 2048) · 1000 + lo − 2048) · 1.5. */
const CONTROL_E12_PER_STEP = 1.5
const DAC_MIDDLE = 2048
const DAC_MAX = 4095
/** `SF` reaches so far to either side. */
const STEERING_MAX = 2000

type Details = Readings['details']
type Take = (text: string, readings: Readings, latch: Latch, now: MonoNs) => Result<Readings>

/** Adds an answer to the readings, or says why it is none. Faults: `prs10.reply`. */
export function takeAnswer(
  name: QueryName,
  text: string,
  readings: Readings,
  latch: Latch,
  now: MonoNs,
): Result<Readings> {
  return ANSWERS[name](text, readings, latch, now)
}

const ANSWERS: Readonly<Record<QueryName, Take>> = {
  identity(text, readings, latch) {
    const identity = parseIdentity(text)
    if (!identity.ok) return identity
    if (readings.identity?.serial === identity.value.serial) return ok({ ...readings, identity: identity.value })
    latch.clear()
    return ok({ ...NO_READINGS, identity: identity.value })
  },
  status(text, readings, latch, now) {
    const bytes = parseStatusBytes(text)
    if (!bytes.ok) return bytes
    latch.take(bitsOf(bytes.value), now)
    return ok({ ...readings, statusKnown: true })
  },
  lock: (text, readings) => ok({ ...readings, lock: text === '1' }),
  follows: (text, readings) => ok({ ...readings, follows: text === '1' }),
  timeTag: detail((text) => {
    const tag = parseTimeTag(text)
    return tag.ok ? ok({ timeTagNs: tag.value }) : tag
  }),
  steering: numbers(1, -STEERING_MAX, STEERING_MAX, ([parts = 0]) => ({ steeringE15: parts * 1000 })),
  control: numbers(2, 0, DAC_MAX, ([hi = 0, lo = 0]) => ({
    controlHigh: hi,
    controlLow: lo,
    controlE12: ((hi - DAC_MIDDLE) * 1000 + lo - DAC_MIDDLE) * CONTROL_E12_PER_STEP,
  })),
  signals: numbers(2, -99_999, 99_999, ([errorSignal = 0, signalStrength = 0]) => ({ errorSignal, signalStrength })),
  timeConstant: numbers(1, 0, 14, ([inputTimeConstant = 0]) => ({ inputTimeConstant })),
  caseTemperature: volts('caseCelsius', 100),
  lampHeater: volts('lampHeaterVolts', 1),
  supply: volts('supplyVolts', 10),
}

/** What undefined stands for is no longer known. */
function detail(parse: (text: string) => Result<Readonly<Record<string, number | undefined>>>): Take {
  return (text, readings) => {
    const found = parse(text)
    if (!found.ok) return found
    const details: Record<string, Details[string]> = { ...readings.details }
    for (const [name, value] of Object.entries(found.value)) {
      if (value === undefined) delete details[name]
      else details[name] = value
    }
    return ok({ ...readings, details })
  }
}

function numbers(
  count: number,
  from: number,
  to: number,
  name: (values: readonly number[]) => Readonly<Record<string, number>>,
): Take {
  return detail((text) => {
    const read = parseIntegers(text, count, from, to)
    return read.ok ? ok(name(read.value)) : read
  })
}

function volts(name: string, factor: number): Take {
  return detail((text) => {
    const read = parseVolts(text)
    return read.ok ? ok({ [name]: Math.round(read.value * factor * 1000) / 1000 }) : read
  })
}
