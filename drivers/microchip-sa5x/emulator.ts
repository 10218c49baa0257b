import { createPrng, type Prng } from '../../src/core/prng.ts'
import { NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import type { Emulator, EmulatorContext } from '../driver.ts'
import { anyPhaseNs, createEmulatedReference } from '../oscillator/emulated-reference.ts'
import { createPollEmulator, type EmulatedUnit, LINE_FAULTS } from '../scpi/poll-emulator.ts'
import { type Panel, replyTo } from './emulator-replies.ts'
import type { Sa5xOptions } from './options.ts'
import { TUNING_LIMIT_E15 } from './parameters.ts'

const BYTE_NS = (10n * NS_PER_SECOND) / 57_600n
const THINKS_NS = 2n * NS_PER_MILLISECOND
/** Its crystal, until the atoms hold it. */
const UNLOCKED_E15 = 20_000_000
const DISCIPLINE_THRESHOLD_NS = 20

/** What an emulated unit can be told to do wrong. */
export const FAULTS = {
  ...LINE_FAULTS,
  'warm-up': 'The unit stays cold as long as it is on, then warms up and locks.',
  unlocked: 'The unit loses its atoms and runs on its crystal, then locks again.',
  'cell-heater': 'Alarm bit 5: the heater of the cell.',
  pll: 'Alarm bit 1: the PLL.',
  temperature: 'Alarm bit 16: too hot, and the temperature says so.',
  'tuning-range': 'Alarm bit 18: disciplining has come to the end of its range.',
  'unnamed-alarm': 'Alarm bit 11, which nobody has named.',
  'no-pps-in': 'No pulse comes in; a unit that is to follow it raises alarm bit 17.',
  'bad-checksum': 'Every third answer carries a wrong checksum.',
  'wrong-sequence': 'Every third answer carries the sequence number of the one before.',
  'unknown-parameter': 'A firmware that does not know LockProgress and AnalogTuningEnabled.',
  'wrong-units': 'The temperature comes in degrees with decimals instead of thousandths.',
} as const

/** An SA5x as its serial line and its pulse output show it. */
export function createEmulator(options: Sa5xOptions, seed: number, context: EmulatorContext): Emulator {
  const prng = createPrng(seed)
  return createPollEmulator({
    byteNs: BYTE_NS,
    // A backslash throws away what has come; a closing brace is the command's last character.
    ends: (character) => (character === '}' ? 'keeps' : character === '\\' ? 'ends' : 'no'),
    thinksNs: THINKS_NS,
    greeting: '[>Loading...]\r\n[>Microchip SA5X]\r\n',
    greetsAfterNs: 200n * NS_PER_MILLISECOND,
    prng,
    faults: FAULTS,
    powerOn: (now, faults, first) => createUnit(options.emulator, context, prng, now, faults, first),
  })
}

function createUnit(
  options: Sa5xOptions['emulator'],
  context: EmulatorContext,
  prng: Prng,
  startAt: Parameters<typeof createEmulatedReference>[3],
  faults: ReadonlySet<string>,
  first: boolean,
): EmulatedUnit {
  const habits = {
    ...options,
    pulseOffsetNs: first ? options.pulseOffsetNs : anyPhaseNs(prng),
    unlockedE15: UNLOCKED_E15,
    tuningLimitE15: Number(TUNING_LIMIT_E15),
    disciplineThresholdNs: DISCIPLINE_THRESHOLD_NS,
  }
  const reference = createEmulatedReference(habits, context, prng, startAt, faults)
  reference.setTauSeconds(options.tauSeconds)
  reference.setDisciplining(options.disciplining)
  const panel: Panel = { reference, faults, answersSent: 0, lastSequence: '00' }
  return {
    advance: reference.advance,
    answer: (command, at) => replyTo(panel, command, at),
    takePulse: reference.takePulse,
    nextPulseAt: reference.nextPulseAt,
    nextAt: reference.nextAt,
  }
}
