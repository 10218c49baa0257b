import { formatDurationNs } from './present.ts'

/** What an agent answers to `partitions`, as its JSON has it: nanoseconds are decimal strings. */
export interface PartitionsAnswer {
  readonly node: string
  readonly epoch: number | null
  readonly components: readonly (readonly string[])[]
  readonly affected: readonly string[]
  readonly silent: readonly string[]
  readonly links: readonly {
    readonly between: readonly [string, string]
    readonly state: string
    readonly asymmetric: boolean
    readonly claims: readonly (Claim | null)[]
  }[]
  readonly history: readonly {
    readonly epoch: number
    readonly before: readonly (readonly string[])[]
    readonly after: readonly (readonly string[])[]
  }[]
  readonly episodes: readonly Episode[]
}

interface Claim {
  readonly up: boolean
  readonly roundTripNs?: string
  readonly lossPpm: number
}

interface Episode {
  readonly reason: string
  readonly lastCertified?: { readonly epoch: number }
  readonly samples: readonly { readonly boundNs: string }[]
  readonly ended?: { readonly how: string; readonly durationNs: string; readonly divergence?: Divergence }
}

interface Divergence {
  readonly offsetNs: string
  readonly ownBoundNs: string
  readonly certifiedBoundNs: string
  readonly meets: boolean
}

/** The answer as lines for a person: parts, one line a link, changes and fallbacks with the newest first. */
export function describePartitions(answer: PartitionsAnswer): readonly string[] {
  const { node, epoch, components, affected, silent, links, history, episodes } = answer
  if (epoch === null) return [`${node} has heard nothing of the network yet`, ...fallbacks(episodes)]
  return [
    `${node}, epoch ${epoch}: ${partsOf(components)}`,
    ...(affected.length === 0 ? [] : [`cannot certify: ${affected.join(', ')}`]),
    ...(silent.length === 0 ? [] : [`silent: ${silent.join(', ')}`]),
    ...links.map(({ between, state, asymmetric, claims }) => {
      const said = claims.map((claim, end) => `${between[end] ?? ''}: ${claimOf(claim)}`).join('; ')
      return `link ${between.join(' – ')} ${state}${asymmetric ? ', asymmetric' : ''} (${said})`
    }),
    ...history.toReversed().map((change) => {
      return `changed in epoch ${change.epoch}: ${partsOf(change.before)} → ${partsOf(change.after)}`
    }),
    ...fallbacks(episodes),
  ]
}

export function partsOf(parts: readonly (readonly string[])[]): string {
  return parts.map((part) => part.join(' ')).join(' | ')
}

function claimOf(claim: Claim | null): string {
  if (claim === null) return 'nothing'
  const roundTrip = claim.roundTripNs === undefined ? '' : ` ${formatDurationNs(BigInt(claim.roundTripNs))}`
  return `${claim.up ? 'up' : 'down'}${roundTrip}, loss ${claim.lossPpm / 10_000} %`
}

function fallbacks(episodes: readonly Episode[]): readonly string[] {
  return episodes.map(({ reason, lastCertified, samples, ended }) => {
    const since = lastCertified === undefined ? '' : `, last certificate of epoch ${lastCertified.epoch}`
    const bound = samples.at(-1)?.boundNs
    const served = bound === undefined ? 'nothing served' : `served ± ${formatDurationNs(BigInt(bound))} at last`
    return `fallback (${reason}${since}): ${served}, ${endOf(ended)}`
  })
}

function endOf(ended: Episode['ended']): string {
  if (ended === undefined) return 'goes on'
  const { how, durationNs, divergence } = ended
  const end = `ended by ${how} after ${formatDurationNs(BigInt(durationNs))}`
  if (divergence === undefined) return end
  const { offsetNs, ownBoundNs, certifiedBoundNs, meets } = divergence
  const [offset, own, certified] = [offsetNs, ownBoundNs, certifiedBoundNs].map((ns) => formatDurationNs(BigInt(ns)))
  return `${end}, divergence ${offset}, own ± ${own}, certified ± ${certified}${meets ? '' : ', WHICH DO NOT MEET'}`
}
