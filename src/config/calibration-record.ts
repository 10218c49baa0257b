import { existsSync } from 'node:fs'
import { stringify } from 'smol-toml'
import { z } from 'zod'
import { choice, explain, integer, table } from '../../drivers/options.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { DELAY_NS_MAX, name } from './schema.ts'
import { readToml } from './toml.ts'

/**
 * The file in which an appliance keeps how the delays of its sources were measured: by whom, when, how well. The latest
 * record of a source counts, the others are its history. TOML, one `[[calibrations]]` table a measurement.
 */

export const CALIBRATION_METHODS = ['tdr', 'time-interval-counter', 'common-view', 'datasheet'] as const

/** One a month of each of sixteen sources is five years. */
const RECORDS_MAX = 1_000

function text(charactersMax: number) {
  const expected = `a text of 1 to ${charactersMax} characters in one line`
  return z.string(expected).regex(new RegExp(`^[^\\p{Cc}]{1,${charactersMax}}$`, 'u'), expected)
}

const recordSchema = table({
  source: name,
  method: choice(...CALIBRATION_METHODS),
  /** Who measured. */
  by: text(100),
  /** When, UTC. */
  at: z.iso.datetime('an instant of UTC like 2026-11-28T04:30:00Z'),
  /** Antenna, cables and converters together; the readings of the source are put earlier by so much. */
  delayNs: integer(-DELAY_NS_MAX, DELAY_NS_MAX),
  /** Half-width that is promised to hold the truth; it is added to the source's accuracy. */
  uncertaintyNs: integer(0, DELAY_NS_MAX),
  /** What was measured with what: cable and serial numbers, instrument, readings. */
  note: text(1_000).optional(),
})

const fileSchema = table({
  calibrations: z.array(recordSchema, 'a list of tables').max(RECORDS_MAX, `a list of at most ${RECORDS_MAX} records`),
})

export type CalibrationRecord = Readonly<z.output<typeof recordSchema>>

/** A record as somebody wants to write it. Fault `config.value`: a line for each mistake. */
export function checkRecord(input: unknown): Result<CalibrationRecord> {
  const parsed = recordSchema.safeParse(input)
  return parsed.success ? ok(parsed.data) : fail('config.value', explain(parsed.error, input, '').join('\n'))
}

/** Faults: `file.unreadable`, `config.toml`, `config.value`. */
export function readRecords(file: string): Result<readonly CalibrationRecord[]> {
  const read = readToml(file, 'a file of calibrations')
  if (!read.ok) return read
  const parsed = fileSchema.safeParse(read.value)
  if (parsed.success) return ok(parsed.data.calibrations)
  const lines = explain(parsed.error, read.value, '').map((sentence) => `${file}: ${sentence}`)
  return fail('config.value', lines.join('\n'))
}

/** The same where the first record makes the file. */
export function readRecordsIfAny(file: string): Result<readonly CalibrationRecord[]> {
  return existsSync(file) ? readRecords(file) : ok([])
}

/** The text of the file with one record more. Fault `config.value`: it is full. */
export function withRecord(records: readonly CalibrationRecord[], record: CalibrationRecord): Result<string> {
  const calibrations = [...records, record]
  if (calibrations.length <= RECORDS_MAX) return ok(`${HEAD}${stringify({ calibrations })}`)
  return fail('config.value', `calibrations: expected at most ${RECORDS_MAX} records, got one more`)
}

const HEAD = '# How the delays of the sources were measured. The latest record of each counts.\n\n'

/** The record of a source that counts: the latest; of two of one instant the one that stands further down. */
export function latestRecord(records: readonly CalibrationRecord[], source: string): CalibrationRecord | undefined {
  return records
    .filter((record) => record.source === source)
    .reduce<CalibrationRecord | undefined>(
      (latest, record) => (latest === undefined || Date.parse(record.at) >= Date.parse(latest.at) ? record : latest),
      undefined,
    )
}
