import type { DriverFamily } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import { formatUtc, taiToUtc } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { captureNames, countByCode, gpsdSeconds, type Replayed, replayCapture } from '../support/captures.ts'
import { unwrap } from '../support/results.ts'
import { EXPLANATIONS, type Explanation } from './explanations.ts'
import { READERS, type Reader } from './readers.ts'
import { type ScreenRow, validateScreens } from './screens.ts'
import { TRAPS } from './traps.ts'

/** What one family makes of one recording. */
export interface Row {
  readonly file: string
  readonly kind: string
  readonly bytes: number
  readonly samples: number
  readonly valid: number
  readonly faults: Readonly<Record<string, number>>
  /** Codes of alarms while the recording ran. */
  readonly alarms: readonly string[]
  readonly compared: number
  readonly equal: number
  readonly differences: readonly Difference[]
  readonly traps: readonly string[]
}

export interface Difference {
  readonly onlyIn: Explanation['onlyIn']
  readonly seconds: readonly string[]
  readonly why: string | undefined
}

export interface Validation {
  readonly rows: readonly Row[]
  /** Status screens of SCPI instruments. */
  readonly screens: readonly ScreenRow[]
  /** Sentences on what makes the validation fail. */
  readonly problems: readonly string[]
}

/** Every recording through the families of such instruments. */
export function validateCaptures(): Validation {
  const files = captureNames()
  const rows = files.flatMap((file) =>
    (READERS[file] ?? []).flatMap((reader) => {
      const family = families.find(({ kind }) => kind === reader.kind)
      return family === undefined ? [] : rowOf(family, file, reader)
    }),
  )
  const unread = files.filter((file) => rows.every((row) => row.file !== file))
  const screens = validateScreens()
  const misread = screens.flatMap(({ file, problem }) => (problem === undefined ? [] : [`${file}: ${problem}`]))
  const strangers = unread.map((file) => `${file}: expected labels of a family in test/validation/readers.ts, got none`)
  return { rows, screens, problems: [...problemsOf(rows), ...misread, ...strangers] }
}

function rowOf(family: DriverFamily<unknown>, file: string, { pace }: Reader): readonly Row[] {
  const replayed = replayCapture(family, file, undefined, pace)
  if (replayed.labels.length === 0) return []
  const { kind } = family
  const ours = new Set(replayed.labels.flatMap((label) => (label.valid ? [utcSecond(label)] : [])))
  const theirs = new Set(gpsdSeconds(file))
  const faults = countByCode(replayed.faults)
  return [
    {
      file,
      kind,
      bytes: replayed.bytes,
      samples: replayed.labels.length,
      valid: replayed.labels.filter(({ valid }) => valid).length,
      faults,
      alarms: alarmsOf(replayed),
      compared: ours.union(theirs).size,
      equal: ours.intersection(theirs).size,
      differences: [
        ...differencesOf(file, kind, 'gpsd', [...theirs.difference(ours)]),
        ...differencesOf(file, kind, 'ours', [...ours.difference(theirs)]),
      ],
      traps: trapsOf(family, file),
    },
  ]
}

function utcSecond({ taiNs }: LabelSample): string {
  return formatUtc(unwrap(taiToUtc(EMBEDDED_LEAP_TABLE, taiNs))).slice(0, 'yyyy-mm-ddThh:mm:ss'.length)
}

function alarmsOf({ statuses }: Replayed): readonly string[] {
  return [...new Set(statuses.flatMap(({ alarms }) => alarms))].sort()
}

/** Seconds with their explanations; those that have none come last, as one difference. */
function differencesOf(
  file: string,
  kind: string,
  onlyIn: Explanation['onlyIn'],
  seconds: readonly string[],
): readonly Difference[] {
  const known = EXPLANATIONS.filter((each) => each.file === file && each.kind === kind && each.onlyIn === onlyIn)
  const explained = known.flatMap(({ seconds: listed, why }) => {
    const these = listed.filter((second) => seconds.includes(second))
    return these.length === 0 ? [] : [{ onlyIn, seconds: these, why }]
  })
  const left = seconds.filter((second) => explained.every((difference) => !difference.seconds.includes(second)))
  return left.length === 0 ? explained : [...explained, { onlyIn, seconds: left, why: undefined }]
}

function trapsOf(family: DriverFamily<unknown>, file: string): readonly string[] {
  return TRAPS.filter((each) => each.file === file && each.kind === family.kind).flatMap(({ trap, sees, options }) => {
    const seen = sees(replayCapture(family, file, options))
    return seen === undefined ? [] : [`${trap}: ${seen}`]
  })
}

function problemsOf(rows: readonly Row[]): readonly string[] {
  const unexplained = rows.flatMap(({ file, kind, differences }) =>
    differences
      .filter(({ why }) => why === undefined)
      .map(
        ({ onlyIn, seconds }) =>
          `${file}, ${kind}: expected an explanation in test/validation/explanations.ts of seconds that only ${onlyIn === 'gpsd' ? 'gpsd has' : 'we have'}, got none: ${seconds.join(' ')}`,
      ),
  )
  const present = (file: string, kind: string): Row | undefined =>
    rows.find((row) => row.file === file && row.kind === kind)
  const idle = EXPLANATIONS.filter(({ file, kind, onlyIn, seconds }) => {
    const row = present(file, kind)
    const differing = row?.differences.filter((each) => each.onlyIn === onlyIn).flatMap((each) => each.seconds) ?? []
    return row !== undefined && !seconds.every((second) => differing.includes(second))
  }).map(({ file, kind, why }) => `${file}, ${kind}: expected the difference that is explained with "${why}", got none`)
  const missed = TRAPS.filter(({ file, kind, trap }) => {
    const row = present(file, kind)
    return row !== undefined && !row.traps.some((found) => found.startsWith(trap))
  }).map(({ file, kind, trap }) => `${file}, ${kind}: expected to see "${trap}", saw nothing of it`)
  return [...unexplained, ...idle, ...missed]
}
