import { abs } from '../../src/core/integer.ts'
import { contains } from '../../src/core/interval.ts'
import type { TaiNs } from '../../src/core/time.ts'
import type { NodeClockReading } from '../../src/fusion/node-clock.ts'

/** What a run of a node clock came to, held against the truth at every instant at which it was read. */
export interface Judge {
  hear(reading: NodeClockReading, truth: TaiNs): void
  figures(): Figures
}

export interface Figures {
  /** Readings that held a time. */
  readonly readings: number
  /** Of these, those whose interval did not hold the truth. */
  readonly missed: number
  /** Both since the bound was first small: how wide it starts is no news. */
  readonly errorNsMax: bigint
  readonly boundNsMax: bigint
  /** Every flag and code of an alarm that was seen. */
  readonly flags: readonly string[]
}

const SETTLED_NS = 10_000n

export function createJudge(): Judge {
  let readings = 0
  let missed = 0
  let errorNsMax = 0n
  let boundNsMax = 0n
  let settled = false
  const flags = new Set<string>()
  return {
    hear: ({ estimate, flags: raised, alarms }, truth) => {
      for (const flag of raised) flags.add(flag)
      for (const { code } of alarms) flags.add(code)
      if (estimate === undefined) return
      readings += 1
      if (!contains(estimate.interval, truth)) missed += 1
      settled ||= estimate.boundNs <= SETTLED_NS
      if (!settled) return
      const errorNs = abs(estimate.taiNs - truth)
      if (errorNs > errorNsMax) errorNsMax = errorNs
      if (estimate.boundNs > boundNsMax) boundNsMax = estimate.boundNs
    },
    figures: () => ({ readings, missed, errorNsMax, boundNsMax, flags: [...flags].sort() }),
  }
}
