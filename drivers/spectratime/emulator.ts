import { createPrng } from '../../src/core/prng.ts'
import { NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import type { Emulator, EmulatorContext } from '../driver.ts'
import { endsLine } from '../scpi/line-terminal.ts'
import { createPollEmulator, LINE_FAULTS } from '../scpi/poll-emulator.ts'
import { createUnit } from './emulated-unit.ts'
import type { SpectratimeOptions } from './options.ts'

const BITS_PER_BYTE = 10n

/** What an emulated unit can be told to do wrong. */
export const FAULTS = {
  ...LINE_FAULTS,
  'warm-up': 'The unit stays cold as long as it is on, then warms up and locks.',
  unlocked: 'The unit loses the rubidium line and searches it.',
  'no-pps-in': 'The pulse of the reference is gone: free run, and synchronization once it is back.',
  'no-beat': 'The unit stops sending its sentence; its date is asked for, but nobody can say who has set it.',
  'bad-beat': 'Every sentence carries a wrong checksum.',
  spliced: 'Every answer has a sentence in its middle.',
  'date-by-hand': 'The date was set by hand: GPS has not told it.',
  'stuck-second': 'Date and time stand still in sentences and answers.',
  'td-ahead': 'TD is one second ahead of the sentence.',
  rollover: 'Dates are 1024 weeks early.',
  lamp: 'No light reaches the photocell.',
  heater: 'A heater is at the end of its range.',
} as const

/** A unit as its serial line and its pulse output show it. */
export function createEmulator(options: SpectratimeOptions, seed: number, context: EmulatorContext): Emulator {
  const prng = createPrng(seed)
  return createPollEmulator({
    byteNs: (BITS_PER_BYTE * NS_PER_SECOND) / BigInt(options.emulator.baudRate),
    ends: endsLine,
    thinksNs: 2n * NS_PER_MILLISECOND,
    greeting: '\r\n',
    greetsAfterNs: 200n * NS_PER_MILLISECOND,
    prng,
    faults: FAULTS,
    powerOn: (now, faults, first) => createUnit(options, context, prng, now, faults, first),
  })
}
