import { fail, ok, type Result } from '../../src/core/fault.ts'
import { asciiAt, sizedData } from './packet-fields.ts'

/** What a receiver says of itself; each part comes in a packet of its own, and older models know only the first. */
export interface Identity {
  /** 45: version and date of the application, `1.5 2018-04-03`, and of the GPS core. */
  readonly application?: string
  readonly core?: string
  /** 1C-81: `ResSMT 360`. */
  readonly product?: string
  readonly firmware?: string
  /** 1C-83: 3007 ThunderBolt E, 3017 Resolution SMTx, 3023 RES SMT 360 … */
  readonly hardwareCode?: number
  readonly serial?: string
  /** 8F-41: board serial number. 8F-42: production number. */
  readonly board?: string
  readonly production?: string
}

/** 45, Software Version Information: two versions, each with minor, month, day and a year of two digits. */
export function parseVersion(data: Uint8Array): Result<Identity> {
  const view = sizedData('45', data, 10)
  if (!view.ok) return view
  const application = versionAt(data, 0)
  const core = versionAt(data, 5)
  return application === undefined || core === undefined
    ? fail('tsip.field', `45: expected two versions with their dates, got ${[...data].join(' ')}`)
    : ok({ application, core })
}

function versionAt(data: Uint8Array, offset: number): string | undefined {
  const [major = 0, minor = 0, month = 0, day = 0, year = 0] = data.subarray(offset, offset + 5)
  // Some firmware leaves the date of the second version out.
  if (month === 0 && day === 0) return `${major}.${minor}`
  // A ThunderBolt of 2000 counts its years from 1900, later models from 2000.
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined
  return `${major}.${minor} ${isoDate(year >= 80 ? 1900 + year : 2000 + year, month, day)}`
}

/** 1C-81, Firmware Component Version; `data` begins with the subcode. */
export function parseFirmware(data: Uint8Array): Result<Identity> {
  const length = data[9] ?? 0
  const view = sizedData('1C-81', data, 10 + length)
  if (!view.ok) return view
  const [, , major, minor, build, month = 0, day = 0] = data
  const firmware = `${major}.${minor}.${build} ${isoDate(view.value.getUint16(7), month, day)}`
  return ok({ product: asciiAt(data, 10, length), firmware })
}

/** 1C-83, Hardware Component Version; `data` begins with the subcode. */
export function parseHardware(data: Uint8Array): Result<Identity> {
  const length = data[12] ?? 0
  const view = sizedData('1C-83', data, 13 + length)
  if (!view.ok) return view
  const hardwareCode = view.value.getUint16(10)
  return ok({ serial: String(view.value.getUint32(1)), hardwareCode, product: asciiAt(data, 13, length) })
}

/** 8F-41, Stored Manufacturing Operating Parameters. */
export function parseManufacturing(data: Uint8Array): Result<Identity> {
  const view = sizedData('8F-41', data, 17)
  return view.ok ? ok({ board: `${view.value.getUint16(1)}-${view.value.getUint32(3)}` }) : view
}

/** 8F-42, Stored Production Parameters. */
export function parseProduction(data: Uint8Array): Result<Identity> {
  const view = sizedData('8F-42', data, 19)
  return view.ok ? ok({ production: String(view.value.getUint32(9)) }) : view
}

/** One line for listings; undefined while nothing is known. */
export function describeIdentity(identity: Identity): string | undefined {
  const { product, application, firmware, hardwareCode, serial, board, production } = identity
  const parts = [
    product,
    firmware === undefined ? application && `software ${application}` : `firmware ${firmware}`,
    hardwareCode && `hardware ${hardwareCode}`,
    (serial ?? board) && `serial ${serial ?? board}`,
    production && production !== '0' && `production ${production}`,
  ].filter((part) => typeof part === 'string' && part !== '')
  return parts.length === 0 ? undefined : parts.join(', ')
}

function isoDate(year: number, month: number, day: number): string {
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}
