import { utf8 } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'

/** One NMEA 0183 sentence, `$<address>,<field>,…*<checksum>`, taken apart and not yet understood. */
export interface NmeaSentence {
  /** `GPRMC`, `PTNTA`. */
  readonly address: string
  /** Two letters for the system that speaks (`GP`, `GL`, `GN`, …); undefined for proprietary and odd addresses. */
  readonly talker: string | undefined
  /** Three letters for what is said (`RMC`, `ZDA`, …); undefined for proprietary and odd addresses. */
  readonly formatter: string | undefined
  /** The address first, so that `fields[n]` is field n of the manuals. */
  readonly fields: readonly string[]
}

/** Proprietary addresses begin with P, so no talker does. */
const STANDARD_ADDRESS = /^[A-OQ-Z][A-Z][A-Z]{3}$/

/**
 * Checks and splits `$…*hh`, the line end already removed. Some instruments (58534A) send no checksum at all: those
 * sentences pass only where `allowMissingChecksum` says so. Faults: `nmea.checksum-missing`, `nmea.checksum`.
 */
export function parseSentence(text: string, allowMissingChecksum: boolean): Result<NmeaSentence> {
  const star = text.lastIndexOf('*')
  const body = star === -1 ? text.slice(1) : text.slice(1, star)
  const comma = body.indexOf(',')
  const address = comma === -1 ? body : body.slice(0, comma)
  if (star === -1) {
    if (!allowMissingChecksum) return fail('nmea.checksum-missing', `${address}: expected a checksum, got none`)
  } else {
    const checksum = nmeaChecksum(body)
    if (text.length !== star + 3 || hexValue(text, star + 1) * 16 + hexValue(text, star + 2) !== checksum) {
      const got = text.slice(star + 1)
      return fail(
        'nmea.checksum',
        `${address}: expected checksum ${hexByte(checksum)} for its characters, got "${got}"`,
      )
    }
  }
  return ok(new LazySentence(address, body))
}

/**
 * Half of what a receiver says is not looked at, and splitting is what costs most: it is put off. A class, since an accessor
 * of its own for every sentence would cost as much.
 */
class LazySentence implements NmeaSentence {
  readonly address: string
  readonly talker: string | undefined
  readonly formatter: string | undefined
  readonly #body: string
  #fields: readonly string[] | undefined

  constructor(address: string, body: string) {
    const standard = address.length === 5 && STANDARD_ADDRESS.test(address)
    this.address = address
    this.talker = standard ? address.slice(0, 2) : undefined
    this.formatter = standard ? address.slice(2) : undefined
    this.#body = body
  }

  get fields(): readonly string[] {
    this.#fields ??= this.#body.split(',')
    return this.#fields
  }
}

/** `$<fields joined by commas>*<checksum>` CR LF, as an instrument sends it. */
export function formatSentence(fields: readonly string[]): Uint8Array {
  const body = fields.join(',')
  return utf8(`$${body}*${hexByte(nmeaChecksum(body))}\r\n`)
}

/** The value of a hexadecimal digit in either case; NaN for another character, and past the end. */
function hexValue(text: string, index: number): number {
  const code = text.charCodeAt(index)
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code & ~0x20
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : Number.NaN
}

function hexByte(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, '0')
}

/** The exclusive or of the characters between `$` and `*`. */
function nmeaChecksum(body: string): number {
  let checksum = 0
  for (let i = 0; i < body.length; i++) checksum ^= body.charCodeAt(i)
  return checksum
}
