import type { PacketFamily } from '../packet-driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator } from './emulator.ts'
import { FAULTS } from './emulator-faults.ts'
import { type PtpOptions, parseOptions } from './options.ts'
import { linkOf } from './protocol.ts'
import { receiverFilter } from './receiver-filter.ts'

/** Grandmasters of IEEE 1588, over UDP. */
export const ptpGrandmaster: PacketFamily<PtpOptions> = {
  kind: 'ptp-grandmaster',
  title: 'PTP grandmasters of IEEE 1588-2008 and -2019 over UDP: time, by multicast or unicast',
  link: 'packets',
  parseOptions,
  linkOf,
  filterOf: receiverFilter,
  create: createDriver,
  faults: FAULTS,
  emulate: createEmulator,
}
