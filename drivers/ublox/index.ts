import type { DriverFamily } from '../driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator } from './emulator.ts'
import { EMULATOR_FAULTS } from './emulator-faults.ts'
import { parseOptions, type UbloxOptions } from './options.ts'

/** u-blox receivers, timing receivers above all, that speak UBX and NMEA on one port. */
export const ublox: DriverFamily<UbloxOptions> = {
  kind: 'ublox',
  title: 'u-blox receivers (LEA-4T to ZED-F9T): UBX with the sawtooth of the pulse, NMEA as a second opinion',
  link: 'serial',
  // Up to generation 8 they leave the factory with 9600 baud, from 9 on with 38400.
  serial: {
    baudRate: 9600,
    parity: 'none',
    dataBits: 8,
    probe: [38_400, 115_200, 57_600, 230_400, 460_800, 921_600, 19_200, 4800].map((baudRate) => ({
      baudRate,
      parity: 'none',
      dataBits: 8,
    })),
  },
  timeOfDay: 'label',
  parseOptions,
  // A recording cannot be told anything.
  recordingOptions: { floorDate: null, configure: false },
  create: createDriver,
  faults: EMULATOR_FAULTS,
  emulate: createEmulator,
}
