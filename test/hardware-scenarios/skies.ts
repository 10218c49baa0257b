import type { EmulatorContext } from '../../drivers/driver.ts'
import { divFloor } from '../../src/core/integer.ts'
import type { LeapTable } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { type MonoNs, NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import { createVirtualSky } from '../support/virtual-sky.ts'
import { START_AT } from './instrument-chain.ts'

/** The rate of a crystal of the host against the sky. */
const RATE_PPB = 12_000n

/** A true sky that says `taiAt` when a chain starts. */
export function trueSky(taiAt: TaiNs, leapTable: LeapTable = EMBEDDED_LEAP_TABLE): EmulatorContext {
  return createVirtualSky({ monoAt: START_AT, taiAt, ratePpb: RATE_PPB, leapTable })
}

/** The same, but from local instant `from` on it runs away by so many ns a second. */
export function pulledSky(sky: EmulatorContext, from: MonoNs, pullPpb: bigint): EmulatorContext {
  const taiFrom = sky.skyTai(from)
  const pulledNs = (tai: TaiNs): bigint => {
    return tai <= taiFrom ? 0n : divFloor((tai - taiFrom) * pullPpb, NS_PER_SECOND)
  }
  return {
    leapTable: sky.leapTable,
    skyTai: (at) => plus(sky.skyTai(at), pulledNs(sky.skyTai(at))),
    skyMono: (tai) => {
      // The pull is so slow that undoing it once is right to less than a nanosecond.
      const undone = plus(tai, -divFloor((tai > taiFrom ? tai - taiFrom : 0n) * pullPpb, NS_PER_SECOND + pullPpb))
      return sky.skyMono(undone)
    },
  }
}
