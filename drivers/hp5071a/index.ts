import type { DriverFamily } from '../driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator } from './emulator.ts'
import { FAULTS } from './emulator-faults.ts'
import { type Hp5071aOptions, parseOptions } from './options.ts'
import { STEERING_E15 } from './protocol.ts'

/** The 5071A caesium standard of HP, Agilent, Symmetricom, Microsemi and Microchip, over RS-232. */
export const hp5071a: DriverFamily<Hp5071aOptions> = {
  kind: 'hp5071a',
  title: 'HP/Microchip 5071A caesium: health and steering, pulse by another way; time of day where its clock was set',
  link: 'serial',
  serial: { baudRate: 9600, parity: 'none', dataBits: 8 },
  timeOfDay: 'none',
  timeOfDayWith: ({ timeSet }) => (timeSet === undefined ? 'none' : 'label'),
  steering: STEERING_E15,
  parseOptions,
  create: createDriver,
  faults: FAULTS,
  emulate: createEmulator,
}
