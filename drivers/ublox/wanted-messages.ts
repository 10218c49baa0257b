import { UBX } from './frame.ts'
import type { Version } from './monitor-messages.ts'
import type { UbloxOptions } from './options.ts'
import type { WantedMessage } from './setting.ts'

/** From here on receivers are configured by keys (CFG-VALSET) and have MON-RF. */
const PROTOCOL_OF_KEYS = 27
/** From here on they have NAV-TIMELS. */
const PROTOCOL_OF_TIMELS = 15
/** Hardware of the generations that have NAV-PVT without saying what protocol they speak. */
const HARDWARE_7 = '00070000'

/** `keys`: generation 9 and later, configured by key and value; `messages`: one CFG message for each thing. */
export function dialectOf(version: Version): 'keys' | 'messages' {
  return (version.protocol ?? 0) >= PROTOCOL_OF_KEYS ? 'keys' : 'messages'
}

const always = (key: number): WantedMessage => ({ key, epochs: 1, required: true })
/** What changes slowly comes seldom: a line of 9600 baud carries 960 bytes a second. */
const seldom = (key: number, epochs: number): WantedMessage => ({ key, epochs, required: false })

const NMEA_OFF = [UBX.nmeaGga, UBX.nmeaGll, UBX.nmeaGsa, UBX.nmeaGsv, UBX.nmeaVtg]

/** What a receiver of that version must send for its time and its health to be known. */
export function wantedMessages(version: Version, options: UbloxOptions): readonly WantedMessage[] {
  const quiet = options.nmea === 'check' ? NMEA_OFF.map((key) => ({ key, epochs: 0, required: true })) : []
  const times = [UBX.timTp, UBX.navStatus, UBX.navTimeGps, UBX.navTimeUtc].map(always)
  if (version.protocol === undefined && version.hardware !== HARDWARE_7) {
    return [
      ...quiet,
      ...times,
      always(UBX.navSol),
      seldom(UBX.navSvInfo, 5),
      seldom(UBX.monHw, 5),
      seldom(UBX.timSvin, 10),
    ]
  }
  const leap = (version.protocol ?? 0) >= PROTOCOL_OF_TIMELS ? [always(UBX.navTimeLs)] : []
  const common = [...quiet, ...times, always(UBX.navPvt), ...leap]
  if (version.protocol === undefined) {
    return [...common, seldom(UBX.navSvInfo, 5), seldom(UBX.monHw, 5), seldom(UBX.timSvin, 10)]
  }
  const health = dialectOf(version) === 'keys' ? [seldom(UBX.monRf, 5), seldom(UBX.secSig, 5)] : [seldom(UBX.monHw, 5)]
  return [...common, ...health, seldom(UBX.navSat, 5), seldom(UBX.timSvin, 10)]
}
