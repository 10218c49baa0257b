import { utf8 } from '../../src/core/bytes.ts'
import { dateAfter1970, daysSince1970 } from '../../src/core/civil-date.ts'
import { divFloor } from '../../src/core/integer.ts'
import type { UtcTime } from '../../src/core/leap.ts'
import type { Prng } from '../../src/core/prng.ts'
import { type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, taiNs } from '../../src/core/time.ts'
import type { EmulatorContext } from '../driver.ts'
import { formatSentence } from '../nmea/sentence.ts'
import { taiToReading } from '../nmea/timescale.ts'
import { createEmulatedReference, type EmulatedReference } from '../oscillator/emulated-reference.ts'
import type { EmulatedUnit } from '../scpi/poll-emulator.ts'
import type { SpectratimeOptions } from './options.ts'
import { FREQUENCY_STEPS_MAX, STEERING_E15 } from './protocol.ts'

/** Its crystal, until the atoms hold it. */
const UNLOCKED_E15 = 20_000_000
const DISCIPLINE_THRESHOLD_NS = 100
const BEAT_AFTER_PULSE_NS = 120n * NS_PER_MILLISECOND
const ROLLOVER_DAYS = 7168
const STEP_E15 = Number(STEERING_E15.stepE15)

interface Unit {
  readonly options: SpectratimeOptions
  readonly context: EmulatorContext
  readonly faults: ReadonlySet<string>
  readonly reference: EmulatedReference
  tracks: boolean
  frequencySteps: number
  stuckSecond: bigint | undefined
  beatAt: MonoNs | undefined
}

/** From power on: a unit that has run for long, or one that warms up. */
export function createUnit(
  options: SpectratimeOptions,
  context: EmulatorContext,
  prng: Prng,
  startAt: MonoNs,
  faults: ReadonlySet<string>,
  first: boolean,
): EmulatedUnit {
  const { warmUpSeconds, tauSeconds, ...habits } = options.emulator
  const reference = createEmulatedReference(
    {
      ...habits,
      warmUpSeconds: first ? 0 : warmUpSeconds,
      unlockedE15: UNLOCKED_E15,
      tuningLimitE15: Number(STEERING_E15.limitE15),
      disciplineThresholdNs: DISCIPLINE_THRESHOLD_NS,
    },
    context,
    prng,
    startAt,
    faults,
  )
  reference.setTauSeconds(tauSeconds)
  reference.setDisciplining(true)
  const unit: Unit = {
    options,
    context,
    faults,
    reference,
    tracks: true,
    frequencySteps: 0,
    stuckSecond: undefined,
    beatAt: undefined,
  }
  return {
    advance: reference.advance,
    answer: (command, at) => spliced(unit, answerTo(unit, command, at), at),
    takePulse(now) {
      const at = reference.takePulse(now)
      if (at !== undefined && options.emulator.beat && !faults.has('no-beat'))
        unit.beatAt = plus(at, BEAT_AFTER_PULSE_NS)
      return at
    },
    nextPulseAt: reference.nextPulseAt,
    nextAt() {
      const changesAt = reference.nextAt()
      if (unit.beatAt === undefined || (changesAt !== undefined && changesAt < unit.beatAt)) return changesAt
      return unit.beatAt
    },
    takeUnasked(now) {
      const at = unit.beatAt
      if (at === undefined || at > now) return undefined
      unit.beatAt = undefined
      return { bytes: utf8(beat(unit, at)), at }
    },
  }
}

function answerTo(unit: Unit, command: string, at: MonoNs): string | undefined {
  const { options, reference } = unit
  const answers: Readonly<Record<string, () => string>> = {
    ID: () => (options.model === 'lpfrs' ? 'TNTLPFRS-01/04/1.03' : 'TNTSRO-100/05/1.096'),
    M: () => monitor(unit, at),
  }
  const sro: Readonly<Record<string, () => string>> = {
    SN: () => String(options.emulator.serial).padStart(6, '0'),
    ST: () => state(unit, at),
    'TR?': () => (unit.tracks ? '1' : '0'),
    'SY?': () => '1',
    'FS?': () => '1',
    'FC??????': () => signed(unit.tracks ? Math.round(reference.tuningE15() / STEP_E15) : unit.frequencySteps, 5),
    'DE???????': () => (reference.hasPulseIn() ? '0000000' : '???????'),
    'PW?????????': () => '010000000',
    'RA????': () => '+000',
    TD: () => time(readingAt(unit, at, unit.faults.has('td-ahead') ? 1n : 0n)),
    DT: () => date(readingAt(unit, at, 0n)),
  }
  const answer = answers[command] ?? (options.model === 'sro' ? sro[command] : undefined)
  return answer === undefined ? order(unit, command, at) : `${answer()}\r\n`
}

/** What sets something. */
function order(unit: Unit, command: string, at: MonoNs): string | undefined {
  const { reference } = unit
  const frequency = /^FC([+-]\d{5})$/.exec(command)?.[1]
  if (frequency !== undefined && Math.abs(Number(frequency)) <= FREQUENCY_STEPS_MAX) {
    unit.frequencySteps = Number(frequency)
    if (!unit.tracks) reference.tune(unit.frequencySteps * STEP_E15, at)
    return `${frequency}\r\n`
  }
  const tracking = /^TR([01])$/.exec(command)?.[1]
  if (tracking === undefined) return undefined
  unit.tracks = tracking === '1'
  reference.setDisciplining(unit.tracks)
  if (!unit.tracks) reference.tune(unit.frequencySteps * STEP_E15, at)
  return `${tracking}\r\n`
}

function state({ reference, tracks, faults }: Unit, at: MonoNs): string {
  if (!reference.isLocked(at)) return faults.has('unlocked') ? '9' : '0'
  if (!tracks) return '4'
  if (!reference.hasPulseIn()) return '6'
  return reference.isDisciplineLocked() ? '3' : '2'
}

function monitor(unit: Unit, at: MonoNs): string {
  const warm = unit.reference.isLocked(at)
  const heater = !warm || unit.faults.has('heater') ? '02' : '6E'
  const photocell = unit.faults.has('lamp') ? 'FF' : '66'
  return `80 00 ${warm ? '7A' : '05'} ${photocell} 7F ${heater} 5C 00`
}

function beat(unit: Unit, at: MonoNs): string {
  const { reference, faults } = unit
  const digit = state(unit, at)
  const quality = digit === '2' || digit === '3' ? '2' : digit === '0' || digit === '9' ? '0' : '1'
  const interval = reference.phaseNs(at)
  const phase = interval === undefined ? '' : String((Math.round(interval) + 1e9) % 1e9).padStart(9, '0')
  const fine = interval === undefined ? '' : signed(Math.round(Math.max(-500, Math.min(500, interval))), 3)
  const from = faults.has('date-by-hand') ? '1' : quality === '0' ? '0' : reference.hasPulseIn() ? '3' : '2'
  const fields = [
    'PTNTA',
    longTime(readingAt(unit, at, 0n)),
    quality,
    'T4',
    phase,
    fine,
    digit,
    reference.hasPulseIn() ? '3' : '1',
    from,
  ]
  const text = String.fromCharCode(...formatSentence(fields))
  return faults.has('bad-beat') ? text.replace('T4', 'T3') : text
}

/** The unit puts its sentence wherever its output stands. */
function spliced(unit: Unit, answer: string | undefined, at: MonoNs): string | undefined {
  if (answer === undefined || !unit.faults.has('spliced') || unit.beatAt === undefined) return answer
  unit.beatAt = undefined
  const half = Math.floor(answer.length / 2)
  return answer.slice(0, half) + beat(unit, at) + answer.slice(half)
}

/** The second that runs at `at`, as the unit tells it. */
function readingAt(unit: Unit, at: MonoNs, aheadSeconds: bigint): UtcTime {
  const { context, faults, options } = unit
  const running = divFloor(context.skyTai(at), NS_PER_SECOND)
  unit.stuckSecond = faults.has('stuck-second') ? (unit.stuckSecond ?? running) : undefined
  const second = (unit.stuckSecond ?? running) + aheadSeconds
  const reading = taiToReading(taiNs(second * NS_PER_SECOND), options.timescale, context.leapTable)
  const told = reading.ok
    ? reading.value
    : { year: 1980, month: 1, day: 6, hour: 0, minute: 0, second: 0, nanosecond: 0 }
  return faults.has('rollover') ? { ...told, ...dateAfter1970(daysSince1970(told) - ROLLOVER_DAYS) } : told
}

function time({ hour, minute, second }: UtcTime): string {
  return [hour, minute, second].map(two).join(':')
}

function date({ year, month, day }: UtcTime): string {
  return `${year}-${two(month)}-${two(day)}`
}

function longTime({ year, month, day, hour, minute, second }: UtcTime): string {
  return year + [month, day, hour, minute, second].map(two).join('')
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? '-' : '+'}${String(Math.abs(value)).padStart(digits, '0')}`
}
