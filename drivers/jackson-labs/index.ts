import type { DriverFamily } from '../driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator } from './emulator.ts'
import { FAULTS } from './emulator-faults.ts'
import { type JacksonLabsOptions, parseOptions } from './options.ts'

/** GNSS-disciplined oscillators of Jackson Labs, asked over their SCPI port or listened to on their NMEA port. */
export const jacksonLabs: DriverFamily<JacksonLabsOptions> = {
  kind: 'jackson-labs',
  title: 'Jackson Labs GPSDOs (LN Rb, CSAC, Mini-JLT, FireFly, Fury): SCPI time and health; pulse by another way',
  link: 'serial',
  serial: {
    baudRate: 115_200,
    parity: 'none',
    dataBits: 8,
    probe: [
      { baudRate: 9600, parity: 'none', dataBits: 8 },
      { baudRate: 57_600, parity: 'none', dataBits: 8 },
      { baudRate: 38_400, parity: 'none', dataBits: 8 },
      { baudRate: 19_200, parity: 'none', dataBits: 8 },
    ],
  },
  timeOfDay: 'label',
  parseOptions,
  recordingOptions: { floorDate: null, speaks: 'nmea' },
  create: createDriver,
  faults: FAULTS,
  emulate: createEmulator,
}
