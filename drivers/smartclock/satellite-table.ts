/** One row of the table of satellites; angles in degrees, undefined while the unit shows `--` or `Acq`. */
export interface Satellite {
  readonly prn: number
  readonly elevation: number | undefined
  readonly azimuth: number | undefined
  /** In the unit that the table's header names. */
  readonly signal: number | undefined
  /** A star: the receiver tries to track it. */
  readonly isSought: boolean
}

export interface SatelliteTable {
  readonly trackedCount: number | undefined
  readonly notTrackedCount: number | undefined
  /** `C/N` in dB-Hz of a Furuno engine (26 to 55), `SS` of an Oncore (0 to 255); undefined when nothing is tracked. */
  readonly signalUnit: 'C/N' | 'SS' | undefined
  readonly tracked: readonly Satellite[]
  readonly notTracked: readonly Satellite[]
}

/** What a row of the table is made of; the right half of the screen begins with a letter or is empty. */
const TABLE_PART = /^(?:[\s\d*.-]|Acq)*/
const ROWS_MAX = 40

/** Takes the lines between the banners of ACQUISITION and HEALTH MONITOR. */
export function parseSatelliteTable(lines: readonly string[]): SatelliteTable {
  const counts = /Tracking:\s*(\d+)[ _]+Not Tracking:\s*(\d+)/.exec(lines.join('\n'))
  const headerAt = lines.findIndex((line) => /\bPRN\s+El\s+Az\b/.test(line))
  const header = lines[headerAt] ?? ''
  const signalUnit = /\b(C\/N|SS)\b/.exec(header)?.[1] as 'C/N' | 'SS' | undefined
  const tracked: Satellite[] = []
  const notTracked: Satellite[] = []
  // Some firmware heads the signal with nothing; then the first group is the tracked one if it begins at the left edge.
  const hasTracked = signalUnit !== undefined || header.search(/PRN/) === 0
  for (const line of headerAt === -1 ? [] : lines.slice(headerAt + 1, headerAt + 1 + ROWS_MAX)) {
    if (line.startsWith('ELEV MASK')) break
    takeRow(TABLE_PART.exec(line)?.[0] ?? '', hasTracked, tracked, notTracked)
  }
  return {
    trackedCount: counts === null ? undefined : Number(counts[1]),
    notTrackedCount: counts === null ? undefined : Number(counts[2]),
    signalUnit,
    tracked,
    notTracked,
  }
}

/**
 * A tracked satellite has four fields and any other three, so their number tells which groups a row has: columns do not,
 * since a right-aligned number may begin under its neighbour's header.
 */
function takeRow(part: string, hasTracked: boolean, tracked: Satellite[], notTracked: Satellite[]): void {
  const fields: readonly string[] = part.replace(/Acq[ .]*/g, '-- --- ').match(/\*|\d+|-+/g) ?? []
  const count = fields.filter((field) => field !== '*').length
  let rest = fields
  if (hasTracked && fields[0] !== '*' && count % 3 === 1) {
    const [prn, elevation, azimuth, signal] = fields
    tracked.push(satelliteOf(prn, elevation, azimuth, signal, false))
    rest = fields.slice(4)
  }
  while (rest.length >= 3) {
    const isSought = rest[0] === '*'
    const [prn, elevation, azimuth] = isSought ? rest.slice(1) : rest
    if (azimuth === undefined) return
    notTracked.push(satelliteOf(prn, elevation, azimuth, undefined, isSought))
    rest = rest.slice(isSought ? 4 : 3)
  }
}

function satelliteOf(
  prn: string | undefined,
  elevation: string | undefined,
  azimuth: string | undefined,
  signal: string | undefined,
  isSought: boolean,
): Satellite {
  return {
    prn: parseField(prn) ?? 0,
    elevation: parseField(elevation),
    azimuth: parseField(azimuth),
    signal: parseField(signal),
    isSought,
  }
}

function parseField(field: string | undefined): number | undefined {
  return field === undefined || field.startsWith('-') ? undefined : Number(field)
}
