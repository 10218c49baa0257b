import { readLeapTable } from '../src/config/leap-seconds.ts'
import { ok, type Result } from '../src/core/fault.ts'
import { realtimeToTai } from '../src/core/leap.ts'
import { type TaiNs, taiNs } from '../src/core/time.ts'
import { readRealtimeNs } from '../src/linux/clock.ts'

/** The present second by this machine's clock: only a label for epoch 0, so its error does not matter. */
export function presentTai(): Result<TaiNs> {
  const table = readLeapTable(undefined)
  if (!table.ok) return table
  const now = realtimeToTai(table.value, readRealtimeNs())
  return now.ok ? ok(taiNs(now.value - (now.value % 1_000_000_000n))) : now
}
