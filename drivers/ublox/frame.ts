/** One UBX message with a right checksum, not yet understood. */
export interface UbxFrame {
  /** Class and id in one number, class first: 0x0d01 is TIM-TP. */
  readonly key: number
  readonly payload: Uint8Array
}

export const SYNC_1 = 0xb5
export const SYNC_2 = 0x62

/** Sync characters, class, id and length. */
export const HEADER_BYTES = 6
const CHECKSUM_BYTES = 2
/** What a frame has beside its payload. */
export const OVERHEAD_BYTES = HEADER_BYTES + CHECKSUM_BYTES

/** RXM-RAWX of 90 signals has 2896 bytes; nothing that a receiver sends by itself is longer than this. */
export const PAYLOAD_BYTES_MAX = 4096

/** `B5 62 class id length(LE) payload checksum`, as it goes over the line. */
export function encodeFrame(key: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(OVERHEAD_BYTES + payload.length)
  bytes.set([SYNC_1, SYNC_2, key >> 8, key & 0xff, payload.length & 0xff, payload.length >> 8])
  bytes.set(payload, HEADER_BYTES)
  const sum = checksum(bytes, 2, HEADER_BYTES + payload.length)
  bytes.set([sum & 0xff, sum >> 8], HEADER_BYTES + payload.length)
  return bytes
}

/** The 8-bit Fletcher sum (RFC 1145) of `bytes` from `start` to before `end`: CK_A in the low byte, CK_B in the high one. */
export function checksum(bytes: Uint8Array, start: number, end: number): number {
  let a = 0
  let b = 0
  for (let i = start; i < end; i++) {
    a = (a + (bytes[i] ?? 0)) & 0xff
    b = (b + a) & 0xff
  }
  return a | (b << 8)
}

/** `TIM-TP`, or the two numbers of a message that has no name here. */
export function nameOf(key: number): string {
  return NAMES.get(key) ?? `${hex(key >> 8)}-${hex(key & 0xff)}`
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}

/** Class and id of the messages that are spoken of, as u-blox' interface descriptions have them. */
export const UBX = {
  navStatus: 0x0103,
  navSol: 0x0106,
  navPvt: 0x0107,
  navTimeGps: 0x0120,
  navTimeUtc: 0x0121,
  navTimeLs: 0x0126,
  navSvInfo: 0x0130,
  navSat: 0x0135,
  navSvin: 0x013b,
  ackNak: 0x0500,
  ackAck: 0x0501,
  cfgPrt: 0x0600,
  cfgMsg: 0x0601,
  cfgRate: 0x0608,
  cfgCfg: 0x0609,
  cfgTp5: 0x0631,
  cfgTmode2: 0x063d,
  cfgTmode3: 0x0671,
  cfgValset: 0x068a,
  cfgValget: 0x068b,
  monVer: 0x0a04,
  monHw: 0x0a09,
  monRf: 0x0a38,
  timTp: 0x0d01,
  timSvin: 0x0d04,
  secSig: 0x2709,
  nmeaGga: 0xf000,
  nmeaGll: 0xf001,
  nmeaGsa: 0xf002,
  nmeaGsv: 0xf003,
  nmeaRmc: 0xf004,
  nmeaVtg: 0xf005,
} as const

const NAMES = new Map<number, string>([
  [UBX.navStatus, 'NAV-STATUS'],
  [UBX.navSol, 'NAV-SOL'],
  [UBX.navPvt, 'NAV-PVT'],
  [UBX.navTimeGps, 'NAV-TIMEGPS'],
  [UBX.navTimeUtc, 'NAV-TIMEUTC'],
  [UBX.navTimeLs, 'NAV-TIMELS'],
  [UBX.navSvInfo, 'NAV-SVINFO'],
  [UBX.navSat, 'NAV-SAT'],
  [UBX.navSvin, 'NAV-SVIN'],
  [UBX.ackNak, 'ACK-NAK'],
  [UBX.ackAck, 'ACK-ACK'],
  [UBX.cfgPrt, 'CFG-PRT'],
  [UBX.cfgMsg, 'CFG-MSG'],
  [UBX.cfgRate, 'CFG-RATE'],
  [UBX.cfgCfg, 'CFG-CFG'],
  [UBX.cfgTp5, 'CFG-TP5'],
  [UBX.cfgTmode2, 'CFG-TMODE2'],
  [UBX.cfgTmode3, 'CFG-TMODE3'],
  [UBX.cfgValset, 'CFG-VALSET'],
  [UBX.cfgValget, 'CFG-VALGET'],
  [UBX.monVer, 'MON-VER'],
  [UBX.monHw, 'MON-HW'],
  [UBX.monRf, 'MON-RF'],
  [UBX.timTp, 'TIM-TP'],
  [UBX.timSvin, 'TIM-SVIN'],
  [UBX.secSig, 'SEC-SIG'],
  [UBX.nmeaGga, 'NMEA GGA'],
  [UBX.nmeaGll, 'NMEA GLL'],
  [UBX.nmeaGsa, 'NMEA GSA'],
  [UBX.nmeaGsv, 'NMEA GSV'],
  [UBX.nmeaRmc, 'NMEA RMC'],
  [UBX.nmeaVtg, 'NMEA VTG'],
])
