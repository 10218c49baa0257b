import type { ClockFamily } from './clock-driver.ts'
import { csacSa45s } from './csac-sa45s/index.ts'
import type { DriverFamily } from './driver.ts'
import { hp5071a } from './hp5071a/index.ts'
import { jacksonLabs } from './jackson-labs/index.ts'
import { microchipSa3x } from './microchip-sa3x/index.ts'
import { microchipSa5x } from './microchip-sa5x/index.ts'
import { nmeaReceiver } from './nmea-receiver/index.ts'
import type { PacketFamily } from './packet-driver.ts'
import { phc } from './phc/index.ts'
import { ptpGrandmaster } from './ptp-grandmaster/index.ts'
import { safranMro50 } from './safran-mro50/index.ts'
import { smartclock } from './smartclock/index.ts'
import { spectratime } from './spectratime/index.ts'
import { srsPrs10 } from './srs-prs10/index.ts'
import { trimbleTsip } from './trimble-tsip/index.ts'
import { ublox } from './ublox/index.ts'

/** The only lists of instrument families: what stands here is configured, tested, listed and documented. On lines: */
export const families: readonly DriverFamily<unknown>[] = [
  csacSa45s,
  hp5071a,
  jacksonLabs,
  microchipSa3x,
  microchipSa5x,
  nmeaReceiver,
  safranMro50,
  smartclock,
  spectratime,
  srsPrs10,
  trimbleTsip,
  ublox,
]

/** Reached by packets: */
export const packetFamilies: readonly PacketFamily<unknown>[] = [ptpGrandmaster]

/** Read: */
export const clockFamilies: readonly ClockFamily<unknown>[] = [phc]
