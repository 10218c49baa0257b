import type { DriverFamily } from '../driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator, FAULTS } from './emulator.ts'
import { parseOptions, type Sa3xOptions } from './options.ts'

/** Symmetricom's and Microchip's miniature atomic clocks of the third series, on their serial line. */
export const microchipSa3x: DriverFamily<Sa3xOptions> = {
  kind: 'microchip-sa3x',
  title: 'Microchip (Symmetricom) MAC SA.3x (SA.31m to SA.35m): rubidium oscillator, lock and health, read only',
  link: 'serial',
  serial: { baudRate: 57_600, parity: 'none', dataBits: 8 },
  timeOfDay: 'none',
  parseOptions,
  create: createDriver,
  faults: FAULTS,
  emulate: createEmulator,
}
