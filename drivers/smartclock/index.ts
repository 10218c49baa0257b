import type { DriverFamily } from '../driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator } from './emulator.ts'
import { FAULTS } from './emulator-faults.ts'
import { parseOptions, type SmartclockOptions } from './options.ts'

/** GPS-disciplined oscillators with the SmartClock firmware of HP and Symmetricom, over RS-232. */
export const smartclock: DriverFamily<SmartclockOptions> = {
  kind: 'smartclock',
  title:
    'HP/Symmetricom SmartClock (58503A/B, 59551A, Z3801A, Z3805A): SCPI time code and health, pulse by another way',
  link: 'serial',
  serial: {
    baudRate: 9600,
    parity: 'none',
    dataBits: 8,
    // A Z3801A is fixed at the first of these; a 58503A keeps what it was set to last.
    probe: [
      { baudRate: 19_200, parity: 'odd', dataBits: 7 },
      { baudRate: 19_200, parity: 'none', dataBits: 8 },
      { baudRate: 9600, parity: 'odd', dataBits: 7 },
      { baudRate: 2400, parity: 'none', dataBits: 8 },
      { baudRate: 1200, parity: 'none', dataBits: 8 },
    ],
  },
  timeOfDay: 'label',
  parseOptions,
  recordingOptions: { floorDate: null },
  create: createDriver,
  faults: FAULTS,
  emulate: createEmulator,
}
