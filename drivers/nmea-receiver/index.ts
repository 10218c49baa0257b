import type { DriverFamily } from '../driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator } from './emulator.ts'
import { EMULATOR_FAULTS } from './emulator-faults.ts'
import { type NmeaReceiverOptions, parseOptions } from './options.ts'

/** Any receiver that sends NMEA 0183 sentences once a second, with or without a pulse per second beside them. */
export const nmeaReceiver: DriverFamily<NmeaReceiverOptions> = {
  kind: 'nmea-receiver',
  title: 'GNSS receivers that send NMEA 0183: RMC and ZDA for the time, GGA, GSA and GSV for health',
  link: 'serial',
  serial: { baudRate: 9600, parity: 'none', dataBits: 8 },
  timeOfDay: 'label',
  parseOptions,
  recordingOptions: { floorDate: null },
  create: createDriver,
  faults: EMULATOR_FAULTS,
  emulate: createEmulator,
}
