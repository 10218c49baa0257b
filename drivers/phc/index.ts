import type { ClockFamily } from '../clock-driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator, FAULTS } from './emulator.ts'
import { type PhcOptions, parseOptions } from './options.ts'

/** The clock of a network or timing card that something else keeps right. */
export const phc: ClockFamily<PhcOptions> = {
  kind: 'phc',
  title: 'Hardware clock of a network or timing card (/dev/ptpN) that a daemon or the card itself keeps right',
  link: 'clock',
  parseOptions,
  create: createDriver,
  faults: FAULTS,
  emulate: createEmulator,
}
