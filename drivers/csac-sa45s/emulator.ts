import { createPrng, type Prng } from '../../src/core/prng.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import type { Emulator, EmulatorContext } from '../driver.ts'
import { anyPhaseNs, createEmulatedReference } from '../oscillator/emulated-reference.ts'
import { createPollEmulator, type EmulatedUnit, LINE_FAULTS } from '../scpi/poll-emulator.ts'
import { replyTo } from './emulator-replies.ts'
import type { CsacOptions } from './options.ts'

const BYTE_NS = (10n * NS_PER_SECOND) / 57_600n
const THINKS_NS = 2n * NS_PER_MILLISECOND
/** Its TCXO, until the atoms hold it. */
const UNLOCKED_E15 = 500_000_000
const STEER_LIMIT_E15 = 2_000_000_000
const DISCIPLINE_THRESHOLD_NS = 20

/** What an emulated unit can be told to do wrong. */
export const FAULTS = {
  ...LINE_FAULTS,
  'warm-up': 'The unit stays cold as long as it is on, then climbs its ladder and locks.',
  unlocked: 'The unit loses its atoms and runs on its crystal, then locks again.',
  'contrast-low': 'Alarm 0x0001: signal contrast below 1000.',
  'light-low': 'Alarm 0x0010: DC light level low.',
  'heater-high': 'Alarm 0x0080: the heater at its limit, as when it is too cold around it.',
  'laser-high': 'Alarm 0x2000: laser current above 2.3 mA.',
  'unnamed-alarm': 'Alarm 0x8000, which the user guide does not name.',
  asleep: 'Ultra-low power mode: Mode 0x0020, Status 9.',
  'auto-sync': 'Mode 0x0008: its pulse jumps to its input, once a second.',
  'no-pps-in': 'The unit is to follow its input (Mode 0x0010), and no pulse comes in: NEEDREFPPS.',
  'other-firmware': 'A firmware without ATune whose fields come in another order.',
  'wrong-units': 'The temperature comes in tenths of a degree, without a point.',
} as const

/** An SA.45s as its serial line and its pulse output show it. */
export function createEmulator(options: CsacOptions, seed: number, context: EmulatorContext): Emulator {
  const prng = createPrng(seed)
  return createPollEmulator({
    byteNs: BYTE_NS,
    // Some characters are commands by themselves, when nothing stands before them.
    ends: (character, typed) => {
      if (character === '\r' || character === '\n') return 'ends'
      return typed === '' && '6^FMD'.includes(character) ? 'keeps' : 'no'
    },
    thinksNs: THINKS_NS,
    greeting: 'CSAC\r\n',
    greetsAfterNs: 100n * NS_PER_MILLISECOND,
    prng,
    faults: FAULTS,
    powerOn: (now, faults, first) => createUnit(options.emulator, context, prng, now, faults, first),
  })
}

function createUnit(
  options: CsacOptions['emulator'],
  context: EmulatorContext,
  prng: Prng,
  startAt: MonoNs,
  faults: ReadonlySet<string>,
  first: boolean,
): EmulatedUnit {
  const habits = {
    ...options,
    pulseOffsetNs: first ? options.pulseOffsetNs : anyPhaseNs(prng),
    unlockedE15: UNLOCKED_E15,
    tuningLimitE15: STEER_LIMIT_E15,
    disciplineThresholdNs: DISCIPLINE_THRESHOLD_NS,
  }
  const reference = createEmulatedReference(habits, context, prng, startAt, faults)
  reference.setTauSeconds(options.tauSeconds)
  reference.setDisciplining(options.disciplining)
  return {
    advance: reference.advance,
    answer: (command, at) => replyTo(reference, faults, command, at, Number(between(startAt, at) / NS_PER_SECOND)),
    takePulse: reference.takePulse,
    nextPulseAt: reference.nextPulseAt,
    nextAt: reference.nextAt,
  }
}
