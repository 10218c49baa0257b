import type { Interval } from '../core/interval.ts'
import { type Candidate, select } from './selection.ts'
import type { FrequencyEstimate } from './source-clock.ts'

/** What one source says of the rate of TAI against the local oscillator. */
export interface RateWord {
  readonly name: string
  readonly domain: string
  /** The bound covers what the source's own time may drift; undefined: it does not know the rate yet. */
  readonly rate: FrequencyEstimate | undefined
}

/**
 * The rate on which the sources agree. A liar whose time walks through the right one is selected for a moment, with a
 * rate that is all wrong, and may claim any sharpness: so rates are voted on like times, by failure domain, and what
 * the majority covers is what is believed. It is never sharper than the sharpest word, since words that overlap by luck
 * do not calm an oscillator. Undefined when too few agree or know it yet, so that who comes first does not decide, and
 * when two domains contradict each other.
 */
export function agreedRate(words: readonly RateWord[]): FrequencyEstimate | undefined {
  const candidates = words.flatMap(candidateOf)
  if (domainCount(candidates) * 2 <= domainCount(words)) return undefined
  const { cautious, contested, selected } = select(candidates, undefined)
  const sharpest = candidates
    .filter(({ name }) => selected.includes(name))
    .map(({ rate }) => rate)
    .sort((a, b) => a.uncertaintyPpb - b.uncertaintyPpb || Number(a.baselineNs - b.baselineNs))[0]
  if (cautious === undefined || sharpest === undefined || contested) return undefined
  const [loPpb, hiPpb] = [Number(cautious.lo) / FINE, Number(cautious.hi) / FINE]
  return {
    ppb: (loPpb + hiPpb) / 2,
    uncertaintyPpb: Math.max(sharpest.uncertaintyPpb, (hiPpb - loPpb) / 2),
    baselineNs: sharpest.baselineNs,
  }
}

/** Rates are voted on in thousandths of a ppb. */
const FINE = 1_000

function candidateOf({ name, domain, rate }: RateWord): readonly (Candidate & { readonly rate: FrequencyEstimate })[] {
  return rate === undefined ? [] : [{ name, domain, rate, interval: rateInterval(rate) }]
}

/** Rounded outward. */
function rateInterval({ ppb, uncertaintyPpb }: FrequencyEstimate): Interval {
  return {
    lo: BigInt(Math.floor((ppb - uncertaintyPpb) * FINE)),
    hi: BigInt(Math.ceil((ppb + uncertaintyPpb) * FINE)),
  }
}

function domainCount(words: readonly { readonly domain: string }[]): number {
  return new Set(words.map(({ domain }) => domain)).size
}
