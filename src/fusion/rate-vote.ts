import type { Interval } from '../core/interval.ts'
import { select } from './selection.ts'
import type { FrequencyEstimate } from './source-clock.ts'

/** What one source says of the rate of TAI against the local oscillator. */
export interface RateWord {
  readonly name: string
  readonly domain: string
  /** The bound covers what the source's own time may drift. */
  readonly rate: FrequencyEstimate
}

/**
 * The rate on which the sources agree. A liar whose time walks through the right one is selected for a moment, with a
 * rate that is all wrong, and may claim any sharpness: so rates are voted on like times, by failure domain, and what
 * the majority covers is what is believed. It is never sharper than the sharpest word, since words that overlap by luck
 * do not calm an oscillator. Undefined when too few agree; two domains that contradict each other say nothing.
 */
export function agreedRate(words: readonly RateWord[]): FrequencyEstimate | undefined {
  const { agreed, contested, selected } = select(
    words.map(({ name, domain, rate }) => ({ name, domain, interval: rateInterval(rate) })),
    undefined,
  )
  const sharpest = words
    .filter(({ name }) => selected.includes(name))
    .map(({ rate }) => rate)
    .sort((a, b) => a.uncertaintyPpb - b.uncertaintyPpb || Number(a.baselineNs - b.baselineNs))[0]
  if (agreed === undefined || sharpest === undefined || contested) return undefined
  const [loPpb, hiPpb] = [Number(agreed.lo) / FINE, Number(agreed.hi) / FINE]
  return {
    ppb: (loPpb + hiPpb) / 2,
    uncertaintyPpb: Math.max(sharpest.uncertaintyPpb, (hiPpb - loPpb) / 2),
    baselineNs: sharpest.baselineNs,
  }
}

/** Rates are voted on in thousandths of a ppb. */
const FINE = 1_000

/** Rounded outward. */
function rateInterval({ ppb, uncertaintyPpb }: FrequencyEstimate): Interval {
  return {
    lo: BigInt(Math.floor((ppb - uncertaintyPpb) * FINE)),
    hi: BigInt(Math.ceil((ppb + uncertaintyPpb) * FINE)),
  }
}
