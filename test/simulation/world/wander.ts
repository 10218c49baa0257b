import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Prng } from '../../../src/core/prng.ts'

/** How far an oscillator is from its mean rate's line at whole seconds, ns. */
export interface Wander {
  readonly origin: 'recorded' | 'synthetic'
  /** `count` values, one a second, beginning anywhere. */
  draw(prng: Prng, count: number): readonly number[]
}

const FOLDER = process.env['QUORUMTIME_CAPTURES'] ?? join(import.meta.dirname, '../../../../shared/captures')
const RECORDING = join(FOLDER, 'wander', 'i210-ptp-offset-2h.dat')
/** The recording counts in ticks of the two network cards. */
const TICK_NS = 10

/** The recorded two hours when they are here; else what was fitted to them. */
export function findWander(): Wander {
  if (!existsSync(RECORDING)) return syntheticWander
  const values = readFileSync(RECORDING, 'utf8').trim().split('\n').map(Number)
  return {
    origin: 'recorded',
    draw: (prng, count) => {
      const first = prng.nextBelow(values.length)
      // Over the end and back, so that there is no step where the recording begins again.
      return Array.from({ length: count }, (_, index) => {
        const at = (first + index) % (2 * values.length)
        return TICK_NS * (values[at < values.length ? at : 2 * values.length - 1 - at] ?? 0)
      })
    },
  }
}

/** Two first-order processes: standard deviation, ns, and time constant, s. */
const PARTS = [
  { deviationNs: 1_318, seconds: 795 },
  { deviationNs: 444, seconds: 6.3 },
] as const
const GLITCH_CHANCE = 2.5 / 7_200
const GLITCH_NS = 5_000

/**
 * The sum of two Ornstein-Uhlenbeck processes and a rare glitch, fitted to the recording: its standard deviation is
 * 1,391 ns, its autocorrelation 0.984, 0.942, 0.912, 0.866, 0.833, 0.765 and 0.616 after 1, 5, 10, 30, 60, 120 and 300 s
 * (the fit: 0.984, 0.938, 0.908, 0.866, 0.833, 0.772, 0.616), and it jumps by 5 µs, there and back.
 */
export const syntheticWander: Wander = {
  origin: 'synthetic',
  draw: (prng, count) => {
    const values = PARTS.map(({ deviationNs }) => deviationNs * prng.nextNormal())
    return Array.from({ length: count }, () => {
      for (const [index, { deviationNs, seconds }] of PARTS.entries()) {
        const kept = Math.exp(-1 / seconds)
        values[index] = (values[index] ?? 0) * kept + deviationNs * Math.sqrt(1 - kept * kept) * prng.nextNormal()
      }
      const glitchNs = prng.nextUnit() < GLITCH_CHANCE ? -GLITCH_NS : 0
      return values.reduce((sum, value) => sum + value, glitchNs)
    })
  },
}
