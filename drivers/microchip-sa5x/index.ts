import type { DriverFamily } from '../driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator, FAULTS } from './emulator.ts'
import { parseOptions, type Sa5xOptions } from './options.ts'
import { TUNING_LIMIT_E15 } from './parameters.ts'

/** Microchip's miniature atomic clocks of the fifth series, on their serial line. */
export const microchipSa5x: DriverFamily<Sa5xOptions> = {
  kind: 'microchip-sa5x',
  title:
    'Microchip MAC SA5x (SA53, SA55): rubidium oscillator, health, disciplining and tuning; its pulse by another way',
  link: 'serial',
  serial: { baudRate: 57_600, parity: 'none', dataBits: 8 },
  timeOfDay: 'none',
  steering: { stepE15: 1n, limitE15: TUNING_LIMIT_E15 },
  parseOptions,
  create: createDriver,
  faults: FAULTS,
  emulate: createEmulator,
}
