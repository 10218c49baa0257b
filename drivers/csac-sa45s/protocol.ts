import { fail, ok, type Result } from '../../src/core/fault.ts'

/**
 * The telemetry of the SA.45s (user guide 098-00055, revision D, section 3.4.3.1): two lines of fields with commas between
 * them, of which the one names and the other tells. Firmware versions differ in what they have, so fields are found by name.
 */

/** The fields without which a unit cannot be judged. */
const NEEDED = ['Status', 'Alarm', 'SN', 'Mode'] as const

const FIELDS_MAX = 40

/** `Status,Alarm,SN,…`, the answer to `!6`. Fault `csac.headers`. */
export function parseHeaders(line: string): Result<readonly string[]> {
  const names = line.split(',')
  const isList = names.length <= FIELDS_MAX && names.every((name) => /^[A-Za-z0-9]{1,16}$/.test(name))
  if (!isList || !NEEDED.every((name) => names.includes(name)) || new Set(names).size !== names.length) {
    return fail('csac.headers', `expected names like Status,Alarm,SN,Mode, got ${JSON.stringify(line.slice(0, 80))}`)
  }
  return ok(names)
}

/** A field for each header; what has not the form of its field is missing, and told by `faultsOf`. */
export interface Telemetry {
  readonly values: ReadonlyMap<FieldName, string>
  /** Names of fields whose value has not their form. */
  readonly strange: readonly string[]
}

const UNSIGNED = /^\d{1,10}$/
const SIGNED = /^-?\d{1,10}$/
const DECIMAL = /^-?\d{1,7}\.\d{1,4}$/
const BITS = /^0x[0-9A-Fa-f]{4}$/
const DASHES = '---'

/** Table 6 of the user guide. */
const FORMS = {
  Status: /^\d{1,2}$/,
  Alarm: BITS,
  SN: /^[0-9A-Z]{11}$/,
  Mode: BITS,
  Contrast: SIGNED,
  LaserI: DECIMAL,
  TCXO: DECIMAL,
  HeatP: DECIMAL,
  Sig: DECIMAL,
  Temp: DECIMAL,
  Steer: SIGNED,
  ATune: new RegExp(`${DECIMAL.source}|^${DASHES}$`),
  Phase: new RegExp(`${SIGNED.source}|^${DASHES}$|^NEEDREFPPS$`),
  DiscOK: new RegExp(`^[012]$|^${DASHES}$`),
  TOD: UNSIGNED,
  LTime: UNSIGNED,
  Ver: /^[ -+\--~]{1,16}$/,
} as const

export type FieldName = keyof typeof FORMS

/** The answer to `!^`, read by the headers. Fault `csac.telemetry`: it has not as many fields as there are headers. */
export function parseTelemetry(line: string, headers: readonly string[]): Result<Telemetry> {
  const fields = line.split(',')
  if (fields.length !== headers.length) {
    const got = JSON.stringify(line.slice(0, 140))
    return fail(
      'csac.telemetry',
      `expected ${headers.length} fields as there are headers, got ${fields.length} in ${got}`,
    )
  }
  const values = new Map<FieldName, string>()
  const strange: string[] = []
  for (const [index, name] of headers.entries()) {
    const value = fields[index] ?? ''
    if (!isFieldName(name)) continue
    if (FORMS[name].test(value)) values.set(name, value)
    else strange.push(`${name}=${value.slice(0, 20)}`)
  }
  return ok({ values, strange })
}

function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(FORMS, name)
}

/** `Steer = -123`, the answer to `!F?`, `!FA` and `!FD`: 1e-12. The minus may be an en dash in print only. */
export function parseSteer(line: string): number | undefined {
  const digits = /^Steer = (-?\d{1,10})$/.exec(line)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
