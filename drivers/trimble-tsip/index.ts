import type { DriverFamily } from '../driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator } from './emulator.ts'
import { EMULATOR_FAULTS } from './emulator-faults.ts'
import { parseOptions, type TrimbleTsipOptions } from './options.ts'

/** Timing receivers and GPS-disciplined clocks of Trimble that speak TSIP with 8F-AB and 8F-AC. */
export const trimbleTsip: DriverFamily<TrimbleTsipOptions> = {
  kind: 'trimble-tsip',
  title: 'Trimble Thunderbolt (E), Resolution T/SMT/SMTx, RES/ICM SMT 360, Acutime 360: TSIP timing packets and health',
  link: 'serial',
  // A Thunderbolt's settings, then those of Resolution and Acutime, then those of an Acutime 360.
  serial: {
    baudRate: 9600,
    parity: 'none',
    dataBits: 8,
    probe: [
      { baudRate: 9600, parity: 'odd', dataBits: 8 },
      { baudRate: 115_200, parity: 'odd', dataBits: 8 },
    ],
  },
  timeOfDay: 'label',
  parseOptions,
  recordingOptions: { floorDate: null },
  create: createDriver,
  faults: EMULATOR_FAULTS,
  emulate: createEmulator,
}
