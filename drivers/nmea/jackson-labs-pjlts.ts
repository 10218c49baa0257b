import { ok, type Result } from '../../src/core/fault.ts'
import type { SampleQuality } from '../../src/core/sample.ts'
import { all, expectFields, malformed, parseDecimal, parseWhole } from './fields.ts'
import type { NmeaSentence } from './sentence.ts'
import type { Told, ToldAlarm } from './told.ts'

/** Lock states (LTE-Lite manual). 5: in holdover by its word, its phase still locked, for about 100 s. */
const STATES: Readonly<Record<number, { readonly name: string; readonly quality: SampleQuality }>> = {
  0: { name: 'warm-up', quality: 'unlocked' },
  1: { name: 'holdover', quality: 'holdover' },
  2: { name: 'locking', quality: 'unlocked' },
  5: { name: 'holdover, phase locked', quality: 'holdover' },
  6: { name: 'locked', quality: 'locked' },
}

/** Health bits (Mini-JLT and LTE-Lite manuals; the last two on rubidium units). */
const HEALTH_BITS: readonly string[] = [
  'coarse DAC at its maximum',
  'coarse DAC at its minimum',
  'phase beyond 250 ns',
  'running for less than 300 s',
  'in holdover for more than 60 s',
  'frequency estimate out of bounds',
  'oscillator voltage too high',
  'oscillator voltage too low',
  'short-term drift beyond 100 ns',
  'phase reset or coarse DAC change within 3 minutes',
  'oscillator fault',
  'jamming',
  'filter loop unlocked',
]
const JAMMING_BIT = 0x800

/**
 * Status of Jackson Labs' LTE-Lite and Micro-JLT:
 * `$PJLTS,-0.39,-2.74,157848,6,2.5829535,86.0984,-1.0E-12,0,17,0x0`: filtered and raw offset from UTC ns, pulses, lock state, control
 * voltage V and %, frequency accuracy, holdover s, satellites, health. Fault: `nmea.field`.
 */
export function parsePjlts(sentence: NmeaSentence): Result<Told> {
  const read = all([
    expectFields(sentence, 10),
    parseDecimal(sentence, 1),
    parseDecimal(sentence, 2),
    parseWhole(sentence, 4),
    parseDecimal(sentence, 6),
    parseDecimal(sentence, 7),
    parseWhole(sentence, 8),
    parseWhole(sentence, 9),
    parseHealth(sentence, 10),
  ])
  if (!read.ok) return read
  const [, filteredNs, rawNs, stateNumber, controlPercent, frequency, holdoverSeconds, satellites, health] = read.value
  const state = STATES[stateNumber ?? -1]
  if (state === undefined) return malformed(sentence, 4, `one of ${Object.keys(STATES).join(', ')}`)
  return ok({
    topic: 'PJLTS',
    quality: state.quality,
    alarms: [...stateAlarms(state), ...healthAlarms(health)],
    details: {
      lockState: state.name,
      health: `0x${health.toString(16)}`,
      ...(filteredNs === undefined ? {} : { timeOffsetFilteredNs: filteredNs }),
      ...(rawNs === undefined ? {} : { timeOffsetNs: rawNs }),
      ...(controlPercent === undefined ? {} : { controlVoltagePercent: controlPercent }),
      ...(frequency === undefined ? {} : { frequencyEstimate: frequency }),
      ...(holdoverSeconds === undefined ? {} : { holdoverSeconds }),
      ...(satellites === undefined ? {} : { satellitesUsed: satellites }),
    },
  })
}

function parseHealth(sentence: NmeaSentence, index: number): Result<number> {
  const field = sentence.fields[index] ?? ''
  return /^0x[0-9A-F]{1,8}$/i.test(field) ? ok(Number(field)) : malformed(sentence, index, 'health bits like 0x0')
}

function stateAlarms({ name, quality }: { readonly name: string; readonly quality: SampleQuality }): ToldAlarm[] {
  if (quality === 'locked') return []
  const reason = `PJLTS: expected a locked oscillator, got ${name}`
  return [{ code: `jackson-labs.${quality}`, reason, doubtsLabels: false }]
}

function healthAlarms(health: number): ToldAlarm[] {
  const said = HEALTH_BITS.filter((_, bit) => (health & (1 << bit)) !== 0)
  const reason = `PJLTS: expected health 0x0, got 0x${health.toString(16)}: ${said.join(', ') || 'unknown bits'}`
  return [
    ...(health === 0 ? [] : [{ code: 'jackson-labs.unhealthy', reason, doubtsLabels: false }]),
    ...((health & JAMMING_BIT) === 0 ? [] : [{ code: 'gnss.jammed', reason, doubtsLabels: false }]),
  ]
}
