import { type MonoNs, plus } from '../../src/core/time.ts'
import type { EmulatorAction } from '../driver.ts'

const SECOND_EDGE_AFTER_NS = 50_000n
const PULSES_PER_MISSING_ONE = 3

/**
 * What the pulse output of an emulated instrument shows of its `count`th pulse, counted from 1, under the faults
 * `missing-pulse` (every third is) and `doubled-pulse` (a second edge follows each).
 */
export function pulseEdges(at: MonoNs, count: number, faults: ReadonlySet<string>): readonly EmulatorAction[] {
  if (faults.has('missing-pulse') && count % PULSES_PER_MISSING_ONE === 0) return []
  const edges = faults.has('doubled-pulse') ? [at, plus(at, SECOND_EDGE_AFTER_NS)] : [at]
  return edges.map((edge) => ({ type: 'pulse', at: edge }))
}
