import { type Membership, PUBLIC_KEY_BYTES, RULES_VERSION } from '../../src/consensus/membership.ts'
import type { ClockReading, Proposal, RangingEntry, SourceState, SourceVerdict } from '../../src/consensus/proposal.ts'
import { NS_PER_SECOND, rangingNs, taiNs } from '../../src/core/time.ts'

/** Memberships, readings and proposals in few words, for tests that compute by hand. Names start with "sample". */

/** Everybody at site `north`, target 1,000 ns, genesis at TAI 0, era 1, one epoch a second. */
export function sampleMembership(n: number, changes: Partial<Membership> = {}): Membership {
  return {
    format: 'quorumtime-genesis-2',
    cluster: 'sample',
    era: 1,
    genesisTai: taiNs(0n),
    epochPeriodNs: NS_PER_SECOND,
    rulesVersion: RULES_VERSION,
    targetPrecisionNs: 1_000n,
    acceptSingleDomain: [],
    members: Array.from({ length: n }, (_, id) => ({
      id,
      name: `node${id}`,
      site: 'north',
      signingKey: new Uint8Array(PUBLIC_KEY_BYTES).fill(id),
      tlsKeyHash: new Uint8Array(48).fill(id),
    })),
    operators: [],
    operatorThreshold: 0,
    attestation: undefined,
    session: 0,
    previous: undefined,
    ...changes,
  }
}

/** A boot of its own for every number. */
export function sampleBoot(boot: number): Uint8Array {
  return new Uint8Array(16).fill(boot)
}

/** What a clock says: R, and N ± ε unless it has none. ρ is 0, so that nothing ages unless the test says so. */
export function sampleReading(
  member: number,
  ranging: bigint,
  node?: { readonly tai: bigint; readonly bound: bigint },
  changes: Partial<ClockReading> = {},
): ClockReading {
  return {
    bootId: sampleBoot(member),
    segment: 0,
    rangingNs: rangingNs(ranging),
    nodeClock: node && { taiNs: taiNs(node.tai), boundNs: node.bound },
    rangingRatePpb: 0n,
    ...changes,
  }
}

/** φ ± u about a peer that is in its first boot and segment, fresh unless the test says so. */
export function sampleEntry(
  peer: number,
  phiNs: bigint,
  uncertaintyNs: bigint,
  changes: Partial<RangingEntry> = {},
): RangingEntry {
  return { peer, bootId: sampleBoot(peer), segment: 0, phiNs, uncertaintyNs, ageNs: 0n, ...changes }
}

/** A proposal for epoch 1 of era 1 around a reading and a row. */
export function sampleProposal(
  reading: ClockReading,
  ranging: readonly RangingEntry[],
  changes: Partial<Proposal> = {},
): Proposal {
  return {
    ...reading,
    era: 1,
    epoch: 1,
    parent: new Uint8Array(48),
    mode: 'locked',
    sources: [],
    ranging,
    links: [],
    leap: undefined,
    stampRoot: undefined,
    verdicts: [],
    ...changes,
  }
}

/** Sources named after their order, each `[domain, state]`. */
export function sampleSources(...sources: readonly (readonly [string, SourceState])[]): readonly SourceVerdict[] {
  return sources.map(([domain, state], index) => ({
    name: `source${index}`,
    class: 'gnss',
    domain,
    state,
    offsetNs: undefined,
  }))
}
