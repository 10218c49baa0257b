import type { DriverFamily } from '../driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator, FAULTS } from './emulator.ts'
import { parseOptions, type SpectratimeOptions } from './options.ts'
import { STEERING_E15 } from './protocol.ts'

/** SpectraTime rubidium clocks, over RS-232. */
export const spectratime: DriverFamily<SpectratimeOptions> = {
  kind: 'spectratime',
  title: 'SpectraTime SRO, LNRClok, iSync, LPFRS: rubidium health, date by PTNTA or TD and DT, steering',
  link: 'serial',
  serial: {
    baudRate: 9600,
    parity: 'none',
    dataBits: 8,
    probe: [{ baudRate: 1200, parity: 'none', dataBits: 8 }],
  },
  timeOfDay: 'label',
  steering: STEERING_E15,
  parseOptions,
  recordingOptions: { floorDate: null },
  create: createDriver,
  faults: FAULTS,
  emulate: createEmulator,
}
