import { type CalibrationRecord, latestRecord } from './calibration-record.ts'
import type { SourceConfiguration } from './schema.ts'

/**
 * Gives each source the delay that was recorded of it. One that states a delay itself must state the same: of two
 * numbers nobody could tell which is at work. A sentence for each mistake.
 */
export function applyCalibrations(
  sources: readonly SourceConfiguration[],
  records: readonly CalibrationRecord[],
): { readonly sources: SourceConfiguration[]; readonly mistakes: readonly string[] } {
  const mistakes: string[] = []
  const applied = sources.map((source, index) => {
    const record = latestRecord(records, source.name)
    if (record === undefined) return source
    const recorded = { delayNs: record.delayNs, delayUncertaintyNs: record.uncertaintyNs }
    for (const key of ['delayNs', 'delayUncertaintyNs'] as const) {
      const stated = source[key]
      if (stated === undefined || stated === recorded[key]) continue
      const expected = `nothing, or ${recorded[key]} as measured by ${record.by} at ${record.at}`
      mistakes.push(`sources[${index}].${key}: expected ${expected}, got ${stated}`)
    }
    return { ...source, ...recorded }
  })
  return { sources: applied, mistakes }
}
