import { UBX } from './frame.ts'

/**
 * Keys of generation 9, as in the interface descriptions of ZED-F9T and ZED-F9P. The highest four bits but one say how many
 * bytes the value has.
 */
export const KEYS = {
  rateMeasMs: 0x3021_0001,
  rateNav: 0x3021_0002,
  timeMode: 0x2003_0001,
  positionType: 0x2003_0002,
  latitudeE7: 0x4003_0009,
  longitudeE7: 0x4003_000a,
  heightCm: 0x4003_000b,
  latitudeE9: 0x2003_000c,
  longitudeE9: 0x2003_000d,
  heightTenthMm: 0x2003_000e,
  positionAccuracyTenthMm: 0x4003_000f,
  surveyMinSeconds: 0x4003_0010,
  surveyAccuracyTenthMm: 0x4003_0011,
  pulsePeriodUs: 0x4005_0002,
  pulsePeriodLockedUs: 0x4005_0003,
  pulseEnabled: 0x1005_0007,
  pulseFollowsGnss: 0x1005_0008,
  pulseOtherWhenLocked: 0x1005_0009,
  pulseAligned: 0x1005_000a,
  pulseRising: 0x1005_000b,
  pulseGrid: 0x2005_000c,
  pulseIsFrequency: 0x2005_0023,
} as const

/** CFG-MSGOUT of the first port, I2C; the other ports follow it in the order of their numbers. */
const MESSAGE_KEYS = new Map<number, number>([
  [UBX.navPvt, 0x2091_0006],
  [UBX.navSat, 0x2091_0015],
  [UBX.navStatus, 0x2091_001a],
  [UBX.navTimeGps, 0x2091_0047],
  [UBX.navTimeUtc, 0x2091_005b],
  [UBX.navTimeLs, 0x2091_0060],
  [UBX.timSvin, 0x2091_0097],
  [UBX.timTp, 0x2091_017d],
  [UBX.monRf, 0x2091_0359],
  [UBX.secSig, 0x2091_0634],
  [UBX.nmeaRmc, 0x2091_00ab],
  [UBX.nmeaVtg, 0x2091_00b0],
  [UBX.nmeaGga, 0x2091_00ba],
  [UBX.nmeaGsa, 0x2091_00bf],
  [UBX.nmeaGsv, 0x2091_00c4],
  [UBX.nmeaGll, 0x2091_00c9],
])

export const PORTS = ['i2c', 'uart1', 'uart2', 'usb', 'spi'] as const
export type Port = (typeof PORTS)[number]

/** The key of how often `message` comes on a port; undefined for a message that is not asked for. */
export function messageKey(message: number, port: Port): number | undefined {
  const key = MESSAGE_KEYS.get(message)
  return key === undefined ? undefined : key + PORTS.indexOf(port)
}

/** The message and port of such a key. */
export function messageOfKey(key: number): { readonly message: number; readonly port: Port } | undefined {
  for (const [message, first] of MESSAGE_KEYS) {
    const port = PORTS[key - first]
    if (port !== undefined) return { message, port }
  }
  return undefined
}

/** Bytes of the value of `key`; undefined for a size that there is not. */
export function valueBytes(key: number): number | undefined {
  return [undefined, 1, 1, 2, 4, 8][(key >>> 28) & 7]
}
