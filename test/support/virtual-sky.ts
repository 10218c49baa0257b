import type { EmulatorContext } from '../../drivers/driver.ts'
import { divCeil, divFloor } from '../../src/core/integer.ts'
import { type LeapTable, type UtcTime, utcToTai } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { type MonoNs, plus, type TaiNs } from '../../src/core/time.ts'

export interface VirtualSkyOptions {
  /** At local instant `monoAt` … */
  readonly monoAt: MonoNs
  /** … the sky says `taiAt`. */
  readonly taiAt: TaiNs
  /** How fast the sky runs away from the local oscillator, ns per second. */
  readonly ratePpb?: bigint
  readonly leapTable?: LeapTable
}

const BILLION = 1_000_000_000n

/** A sky of constant rate over the local oscillator. `skyTai(skyMono(t))` is t or 1 ns after it. */
export function createVirtualSky(options: VirtualSkyOptions): EmulatorContext {
  const { monoAt, taiAt, ratePpb = 0n, leapTable = EMBEDDED_LEAP_TABLE } = options
  return {
    leapTable,
    skyTai: (at) => plus(taiAt, divFloor((at - monoAt) * (BILLION + ratePpb), BILLION)),
    skyMono: (tai) => plus(monoAt, divCeil((tai - taiAt) * BILLION, BILLION + ratePpb)),
  }
}

/** The TAI instant of `2026-01-15T12:00:00`, by the embedded leap table. */
export function taiOf(utc: string): TaiNs {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = utc.split(/[-T:]/).map(Number)
  const reading: UtcTime = { year, month, day, hour, minute, second, nanosecond: 0 }
  const tai = utcToTai(EMBEDDED_LEAP_TABLE, reading)
  if (!tai.ok) throw new Error(tai.fault.message)
  return tai.value
}
