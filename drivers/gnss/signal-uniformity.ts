import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'

/**
 * Satellites at all heights come in at 30 to 50 dB-Hz. Signals that are all equally strong come from one antenna nearby: a
 * spoofer, or a repeater. It is a sign and no proof.
 */
export interface SignalUniformity {
  /** C/N0 of the signals that are tracked, dB-Hz, of one moment. */
  note(cn0DbHz: readonly number[], at: MonoNs): void
  /** A sentence while something is wrong. */
  alarm(now: MonoNs): string | undefined
  forget(): void
}

const SIGNALS_MIN = 6
/** Standard deviation; a clear sky has four and more. */
const SPREAD_DB_MAX = 1
const READINGS_IN_A_ROW = 3
/** Readings that come sooner after each other are one. */
const READING_NS = 900n * NS_PER_MILLISECOND
const HOLD_NS = 30n * NS_PER_SECOND

export function createSignalUniformity(): SignalUniformity {
  let uniformInARow = 0
  let notedAt: MonoNs | undefined
  let alarm: { readonly text: string; readonly until: MonoNs } | undefined
  return {
    note(cn0DbHz, at) {
      // Some list their satellites in parts, system by system.
      if (notedAt !== undefined && between(notedAt, at) < READING_NS) return
      notedAt = at
      const count = cn0DbHz.length
      if (count < SIGNALS_MIN) {
        uniformInARow = 0
        return
      }
      const mean = cn0DbHz.reduce((sum, value) => sum + value, 0) / count
      const spread = Math.sqrt(cn0DbHz.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count)
      uniformInARow = spread < SPREAD_DB_MAX ? uniformInARow + 1 : 0
      if (uniformInARow < READINGS_IN_A_ROW) return
      const text = `${count} signals are equally strong: ${mean.toFixed(1)} dB-Hz with a spread of ${spread.toFixed(1)} dB.`
      alarm = { text, until: plus(at, HOLD_NS) }
    },
    alarm: (now) => (alarm !== undefined && now < alarm.until ? alarm.text : undefined),
    forget() {
      uniformInARow = 0
      notedAt = undefined
      alarm = undefined
    },
  }
}
