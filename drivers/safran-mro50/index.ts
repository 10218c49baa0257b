import type { DriverFamily } from '../driver.ts'
import { createDriver, STEER_LIMIT_E15 } from './driver.ts'
import { createEmulator, FAULTS } from './emulator.ts'
import { type Mro50Options, parseOptions } from './options.ts'
import { FINE_STEP_E15 } from './protocol.ts'

/** Safran's (Orolia's, Spectratime's) miniature rubidium oscillator of the Time Cards, on its serial line. */
export const safranMro50: DriverFamily<Mro50Options> = {
  kind: 'safran-mro50',
  title: 'Safran (Orolia, Spectratime) mRO-50: miniature rubidium oscillator, lock, temperature and fine control',
  link: 'serial',
  serial: { baudRate: 9_600, parity: 'none', dataBits: 8 },
  timeOfDay: 'none',
  steering: { stepE15: BigInt(FINE_STEP_E15), limitE15: STEER_LIMIT_E15 },
  parseOptions,
  create: createDriver,
  faults: FAULTS,
  emulate: createEmulator,
}
