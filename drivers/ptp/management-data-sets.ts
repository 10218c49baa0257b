import { fail, ok, type Result } from '../../src/core/fault.ts'
import {
  clockIdentity,
  type Field,
  i8,
  i16,
  i32,
  i64,
  octets,
  padded,
  portIdentity,
  sequence,
  u8,
  u16,
  type ValueOf,
} from './fields.ts'

/** How good a clock says it is (IEEE 1588-2019, 7.6.2). */
const clockQuality = sequence({ clockClass: u8, clockAccuracy: u8, offsetScaledLogVariance: u16 })

/** What may be asked of a clock, of a length that does not vary (IEEE 1588-2019, 15.5.3). */
export const DATA_SETS = {
  /** The clock itself. `flags`: bit 0 two-step, bit 1 slave only. */
  DEFAULT_DATA_SET: dataSet(
    0x2000,
    sequence({
      flags: padded(u8, 1),
      numberPorts: u16,
      priority1: u8,
      clockQuality,
      priority2: u8,
      clockIdentity,
      domainNumber: padded(u8, 1),
    }),
  ),
  /** How it follows; offset and delay in units of 2^-16 ns. */
  CURRENT_DATA_SET: dataSet(
    0x2001,
    sequence({ stepsRemoved: u16, offsetFromMasterScaledNs: i64, meanDelayScaledNs: i64 }),
  ),
  /** Whom it follows, and which grandmaster that one follows. */
  PARENT_DATA_SET: dataSet(
    0x2002,
    sequence({
      parentPortIdentity: portIdentity,
      parentStats: padded(u8, 1),
      observedParentOffsetScaledLogVariance: u16,
      observedParentClockPhaseChangeRate: i32,
      grandmasterPriority1: u8,
      grandmasterClockQuality: clockQuality,
      grandmasterPriority2: u8,
      grandmasterIdentity: clockIdentity,
    }),
  ),
  /** The time scale. `flags`: the low byte of the header's `FLAGS`. */
  TIME_PROPERTIES_DATA_SET: dataSet(0x2003, sequence({ currentUtcOffset: i16, flags: u8, timeSource: u8 })),
  /** One port. */
  PORT_DATA_SET: dataSet(
    0x2004,
    sequence({
      portIdentity,
      portState: u8,
      logMinDelayReqInterval: i8,
      peerMeanPathDelayScaledNs: i64,
      logAnnounceInterval: i8,
      announceReceiptTimeout: u8,
      logSyncInterval: i8,
      delayMechanism: u8,
      logMinPdelayReqInterval: i8,
      versionNumber: u8,
    }),
  ),
  /** linuxptp's: how it follows, in ns. */
  TIME_STATUS_NP: dataSet(
    0xc000,
    sequence({
      masterOffsetNs: i64,
      ingressTimeNs: i64,
      cumulativeScaledRateOffset: i32,
      scaledLastGmPhaseChange: i32,
      gmTimeBaseIndicator: u16,
      lastGmPhaseChange: octets(12),
      /** 0: it is the grandmaster itself. */
      gmPresent: i32,
      gmIdentity: clockIdentity,
    }),
  ),
  /** linuxptp's: what it announces while it is the grandmaster. */
  GRANDMASTER_SETTINGS_NP: dataSet(
    0xc001,
    sequence({ clockQuality, currentUtcOffset: i16, flags: u8, timeSource: u8 }),
  ),
} as const

export type DataSetName = keyof typeof DATA_SETS
export type DataSetValue<Name extends DataSetName> = ValueOf<(typeof DATA_SETS)[Name]['fields']>

interface DataSet<T> {
  readonly id: number
  readonly fields: Field<T>
}

function dataSet<T>(id: number, fields: Field<T>): DataSet<T> {
  return { id, fields }
}

/** What a longer one has behind is of a later edition, and left alone. Fault: `ptp.length`. */
export function decodeDataSet<Name extends DataSetName>(name: Name, data: Uint8Array): Result<DataSetValue<Name>> {
  const fields: Field<unknown> = DATA_SETS[name].fields
  if (data.length < fields.bytes) {
    return fail('ptp.length', `PTP ${name}: expected ${fields.bytes} bytes, got ${data.length}`)
  }
  return ok(fields.read(new DataView(data.buffer, data.byteOffset, data.length), 0) as DataSetValue<Name>)
}

export function encodeDataSet<Name extends DataSetName>(name: Name, value: DataSetValue<Name>): Uint8Array {
  const fields: Field<unknown> = DATA_SETS[name].fields
  const bytes = new Uint8Array(fields.bytes)
  fields.write(new DataView(bytes.buffer), 0, value)
  return bytes
}
