import { fail, ok } from '../../src/core/fault.ts'
import { taiMinusUtcAt } from '../../src/core/leap.ts'
import { createPrng } from '../../src/core/prng.ts'
import { between, type MonoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import type { ClockEmulator } from '../clock-driver.ts'
import type { EmulatorContext } from '../driver.ts'
import type { PhcOptions } from './options.ts'

/** What an emulated clock can be told to do wrong. */
export const FAULTS = {
  stepped: 'It is set a millisecond ahead, and back when the fault ends.',
  still: 'It stands still, and is right again when the fault ends.',
  fast: 'It runs 1000 ppm fast, and is set right when the fault ends.',
  unset: 'It counts from 1970, as after a reset.',
} as const

const STEP_NS = 1_000_000n
/** Of readings through a PCI bus. */
const BRACKET_NS = 1_200

/** A hardware clock that is kept on what the sky says, to a few nanoseconds. */
export function createEmulator(options: PhcOptions, seed: number, context: EmulatorContext): ClockEmulator {
  const prng = createPrng(seed)
  const since = new Map<string, MonoNs | undefined>()
  let stoodAt: bigint | undefined
  const ageNs = (fault: string, now: MonoNs): bigint => {
    const from = since.get(fault) ?? now
    since.set(fault, from)
    return between(from, now)
  }
  const showAt = (now: MonoNs): bigint => {
    const tai = context.skyTai(now)
    const utcSeconds = options.scale === 'utc' ? (taiMinusUtcAt(context.leapTable, tai) ?? 0) : 0
    let shown = tai - BigInt(utcSeconds) * NS_PER_SECOND + BigInt(Math.round(4 * (prng.nextUnit() - 0.5)))
    if (since.has('stepped')) shown += STEP_NS
    if (since.has('fast')) shown += ageNs('fast', now) / 1_000n
    if (since.has('unset')) shown = ageNs('unset', now)
    return shown
  }
  return {
    read: (now) => {
      const bracketNs = BigInt(Math.round(BRACKET_NS * (1 + prng.nextUnit())))
      stoodAt = since.has('still') ? (stoodAt ?? showAt(now)) : undefined
      return { monoNs: now, shownNs: stoodAt ?? showAt(now), bracketNs }
    },
    setFault: (name, on) => {
      if (!Object.hasOwn(FAULTS, name)) {
        return fail('emulator.fault', `expected one of ${Object.keys(FAULTS).join(', ')}, got "${name}"`)
      }
      if (on) since.set(name, undefined)
      else since.delete(name)
      return ok(undefined)
    },
  }
}
