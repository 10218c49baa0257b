import { createPrng } from '../../src/core/prng.ts'
import { type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import type { Emulator, EmulatorContext } from '../driver.ts'
import { anyPhaseNs, createEmulatedReference, type EmulatedReference } from '../oscillator/emulated-reference.ts'
import { endsLine } from '../scpi/line-terminal.ts'
import { createPollEmulator, LINE_FAULTS } from '../scpi/poll-emulator.ts'
import type { Mro50Options } from './options.ts'
import { FINE_MAX, fineOf, hex, READ_FINE, steeredE15Of } from './protocol.ts'

const BYTE_NS = (10n * NS_PER_SECOND) / 9_600n
const THINKS_NS = 5n * NS_PER_MILLISECOND
/** Its crystal, until the atoms hold it. */
const UNLOCKED_E15 = 100_000_000
const TUNING_LIMIT_E15 = 7_200_000
const COARSE = 0x001f_4a2c

/** What an emulated unit can be told to do wrong. */
export const FAULTS = {
  ...LINE_FAULTS,
  'warm-up': 'The unit stays cold as long as it is on, then warms up and locks.',
  unlocked: 'The unit loses its atoms and runs on its crystal, then locks again.',
  'lock-unclear': 'The digit of the lock flag is C, whose meaning is not known.',
  'no-sensor': 'The thermistor is open: its field is 0FFF.',
  'refuses-all': 'Every command but MONITOR1 is answered by a question mark.',
  'fine-beyond': 'The fine control reads beyond its range.',
} as const

/** An mRO-50 as its serial line and its pulse output show it. */
export function createEmulator(options: Mro50Options, seed: number, context: EmulatorContext): Emulator {
  const prng = createPrng(seed)
  return createPollEmulator({
    byteNs: BYTE_NS,
    ends: endsLine,
    thinksNs: THINKS_NS,
    greeting: 'mRO-50\n\nStart done>',
    greetsAfterNs: 300n * NS_PER_MILLISECOND,
    prng,
    faults: FAULTS,
    powerOn: (startAt, faults, first) => {
      const habits = {
        ...options.emulator,
        pulseOffsetNs: first ? options.emulator.pulseOffsetNs : anyPhaseNs(prng),
        unlockedE15: UNLOCKED_E15,
        tuningLimitE15: TUNING_LIMIT_E15,
        disciplineThresholdNs: 0,
      }
      const reference = createEmulatedReference(habits, context, prng, startAt, faults)
      return {
        advance: reference.advance,
        answer: (command, at) => `${replyTo(reference, faults, command, at)}\n\n`,
        takePulse: reference.takePulse,
        nextPulseAt: reference.nextPulseAt,
        nextAt: reference.nextAt,
      }
    },
  })
}

function replyTo(reference: EmulatedReference, faults: ReadonlySet<string>, command: string, now: MonoNs): string {
  if (command === 'MONITOR1') return monitor(reference, faults, now)
  if (faults.has('refuses-all')) return '?'
  if (command === 'FD') return hex(COARSE, 8)
  if (command === READ_FINE) {
    return hex(faults.has('fine-beyond') ? FINE_MAX + 1 : fineOf(BigInt(reference.tuningE15())), 4)
  }
  const digits = command.startsWith(`${READ_FINE} `) ? command.slice(READ_FINE.length + 1) : ''
  const fine = Number.parseInt(digits, 16)
  if (!/^[0-9A-F]{4}$/.test(digits) || fine > FINE_MAX) return '?'
  reference.tune(steeredE15Of(fine), now)
  return ''
}

/** The fields whose meaning is published; what stands in the thirteen others is made up. */
function monitor(reference: EmulatedReference, faults: ReadonlySet<string>, now: MonoNs): string {
  const others = [
    '0123',
    '08A1',
    '0790',
    '03FF',
    '0801',
    '0642',
    '0B12',
    '0000',
    '0912',
    '0555',
    '0AAA',
    '0700',
    '0321',
  ]
  const temperature = faults.has('no-sensor') ? '0FFF' : '07A0'
  const lock = faults.has('lock-unclear') ? 'C000' : reference.isLocked(now) ? '4000' : '0000'
  return [...others, temperature, lock].join('')
}
