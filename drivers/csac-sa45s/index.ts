import type { DriverFamily } from '../driver.ts'
import { createDriver, STEER_LIMIT_E15, STEER_STEP_E15 } from './driver.ts'
import { createEmulator, FAULTS } from './emulator.ts'
import { type CsacOptions, parseOptions } from './options.ts'

/** The chip-scale atomic clock of Symmetricom, Microsemi and Microchip, on its serial line. */
export const csacSa45s: DriverFamily<CsacOptions> = {
  kind: 'csac-sa45s',
  title: 'Microchip (Microsemi, Symmetricom) CSAC SA.45s: caesium chip-scale clock, health, disciplining and steering',
  link: 'serial',
  serial: { baudRate: 57_600, parity: 'none', dataBits: 8 },
  timeOfDay: 'none',
  steering: { stepE15: STEER_STEP_E15, limitE15: STEER_LIMIT_E15 },
  parseOptions,
  create: createDriver,
  faults: FAULTS,
  emulate: createEmulator,
}
