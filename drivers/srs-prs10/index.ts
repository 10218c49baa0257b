import type { DriverFamily } from '../driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator } from './emulator.ts'
import { FAULTS } from './emulator-faults.ts'
import { type Prs10Options, parseOptions } from './options.ts'
import { STEERING_E15 } from './protocol.ts'

/** SRS rubidium oscillators, over RS-232. */
export const srsPrs10: DriverFamily<Prs10Options> = {
  kind: 'srs-prs10',
  title: 'SRS PRS10 and FS725 rubidium oscillators: health, time tags and steering; pulse by another way, no date',
  link: 'serial',
  serial: { baudRate: 9600, parity: 'none', dataBits: 8 },
  timeOfDay: 'none',
  steering: STEERING_E15,
  parseOptions,
  create: () => createDriver(),
  faults: FAULTS,
  emulate: createEmulator,
}
