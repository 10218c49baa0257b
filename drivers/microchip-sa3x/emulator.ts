import { createPrng } from '../../src/core/prng.ts'
import { type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import type { Emulator, EmulatorContext } from '../driver.ts'
import { anyPhaseNs, createEmulatedReference, type EmulatedReference } from '../oscillator/emulated-reference.ts'
import { createPollEmulator, LINE_FAULTS } from '../scpi/poll-emulator.ts'
import type { Sa3xOptions } from './options.ts'

const BYTE_NS = (10n * NS_PER_SECOND) / 57_600n
const THINKS_NS = 20n * NS_PER_MILLISECOND
/** Its crystal, until the atoms hold it. */
const UNLOCKED_E15 = 20_000_000

/** What an emulated unit can be told to do wrong. */
export const FAULTS = {
  ...LINE_FAULTS,
  'warm-up': 'The unit stays cold as long as it is on, then warms up and locks.',
  unlocked: 'The unit loses its atoms and runs on its crystal, then locks again.',
  'cell-heater': 'The heater of the cell draws nothing, and the lock is lost with it.',
  'field-missing': 'The telemetry has eleven fields.',
  'wrong-units': 'The temperature comes in degrees with decimals instead of thousandths.',
} as const

/** A MAC SA.3x as its serial line and its pulse output show it. */
export function createEmulator(options: Sa3xOptions, seed: number, context: EmulatorContext): Emulator {
  const prng = createPrng(seed)
  return createPollEmulator({
    byteNs: BYTE_NS,
    ends: (character) => (character === '^' ? 'keeps' : 'ends'),
    thinksNs: THINKS_NS,
    greeting: 'MAC\r\n',
    greetsAfterNs: 100n * NS_PER_MILLISECOND,
    prng,
    faults: FAULTS,
    powerOn: (startAt, faults, first) => {
      const habits = {
        ...options.emulator,
        pulseOffsetNs: first ? options.emulator.pulseOffsetNs : anyPhaseNs(prng),
        unlockedE15: UNLOCKED_E15,
        tuningLimitE15: 0,
        disciplineThresholdNs: 0,
      }
      const reference = createEmulatedReference(habits, context, prng, startAt, faults)
      const { thirteenFields } = options.emulator
      return {
        advance: reference.advance,
        answer: (command, at) =>
          command === '^' ? `${telemetry(reference, faults, at, thirteenFields)}\r\n` : undefined,
        takePulse: reference.takePulse,
        nextPulseAt: reference.nextPulseAt,
        nextAt: reference.nextAt,
      }
    },
  })
}

function telemetry(
  reference: EmulatedReference,
  faults: ReadonlySet<string>,
  now: MonoNs,
  thirteenFields: boolean,
): string {
  const heats = !faults.has('cell-heater')
  const fields = [
    heats && reference.isLocked(now) ? '0' : '1',
    '1.02',
    '1209SA00042',
    '68000',
    '4012',
    '-1234',
    heats ? '212' : '0',
    '1480',
    faults.has('wrong-units') ? '41.250' : '41250',
    '0',
    '0',
    '1250',
    ...(thirteenFields ? ['0'] : []),
  ]
  return (faults.has('field-missing') ? fields.slice(0, 11) : fields).join(',')
}
