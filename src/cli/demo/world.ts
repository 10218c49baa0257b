import type { EmulatorContext } from '../../../drivers/driver.ts'
import type { Result } from '../../core/fault.ts'
import { divCeil, divFloor } from '../../core/integer.ts'
import { type LeapTable, realtimeToTai } from '../../core/leap.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type TaiNs } from '../../core/time.ts'
import { readClockPair } from '../../linux/clock.ts'

/**
 * What time it really is, in the demo: a constant-rate function of this machine's oscillator, which every process here
 * shares. So the demo can say how wrong each appliance is, which no appliance can know.
 */
export interface World {
  truth(at: MonoNs): TaiNs
  mono(tai: TaiNs): MonoNs
  /** A sky that tells the truth at `since` and walks away from it by `ratePpb` (1,000 ppb are 1 µs/s). */
  sky(since: MonoNs, ratePpb: bigint): EmulatorContext
}

export function createWorld(leapTable: LeapTable): Result<World> {
  const { monoNs: anchorMono, shownNs } = readClockPair()
  const anchorTai = realtimeToTai(leapTable, shownNs)
  if (!anchorTai.ok) return anchorTai
  const truth = (at: MonoNs): TaiNs => plus(anchorTai.value, between(anchorMono, at))
  const mono = (tai: TaiNs): MonoNs => plus(anchorMono, between(anchorTai.value, tai))
  return {
    ok: true,
    value: {
      truth,
      mono,
      sky: (since, ratePpb) => ({
        leapTable,
        skyTai: (at) => plus(truth(at), divFloor(between(since, at) * ratePpb, NS_PER_SECOND)),
        skyMono: (tai) => {
          const elapsed = between(truth(since), tai)
          return plus(since, divCeil(elapsed * NS_PER_SECOND, NS_PER_SECOND + ratePpb))
        },
      }),
    },
  }
}
