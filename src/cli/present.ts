import type { Block } from '../consensus/block.ts'
import type { Membership } from '../consensus/membership.ts'
import { epochMarkTai } from '../consensus/replica/epoch-schedule.ts'
import { formatUtc, type LeapTable, taiToUtc } from '../core/leap.ts'
import type { TaiNs } from '../core/time.ts'

/** `3.2 µs`, `812 ns`, `1.50 s`: three digits and the unit that fits. */
export function formatDurationNs(ns: bigint): string {
  const magnitude = ns < 0n ? -ns : ns
  const units: readonly (readonly [string, bigint])[] = [
    ['s', 1_000_000_000n],
    ['ms', 1_000_000n],
    ['µs', 1_000n],
  ]
  const unit = units.find(([, size]) => magnitude >= size)
  if (unit === undefined) return `${ns} ns`
  return `${(Number(ns) / Number(unit[1])).toPrecision(3)} ${unit[0]}`
}

/** UTC of an instant for people, or its TAI count where the leap table does not reach. */
export function formatInstant(tai: TaiNs, leapTable: LeapTable): string {
  const utc = taiToUtc(leapTable, tai)
  return utc.ok ? formatUtc(utc.value) : `${tai} ns TAI`
}

/** A decided block as plain data for `--json`; names from the membership stand beside ids. */
export function describeBlock(block: Block, blockHash: Uint8Array, membership: Membership): Record<string, unknown> {
  const nameOf = (id: number): string => membership.members[id]?.name ?? `member ${id}`
  return {
    cluster: membership.cluster,
    era: block.era,
    epoch: block.epoch,
    view: block.view,
    height: block.height,
    blockHash,
    markTai: epochMarkTai(membership, block.epoch),
    grade: block.outcome.grade,
    hardwareConfidencePpm: block.outcome.hardwareConfidencePpm,
    precisionNs: block.outcome.precisionNs,
    members: block.outcome.frames.map(({ member, region, verdict, intervals }) => ({
      id: member,
      name: nameOf(member),
      verdict,
      intervals,
      ...(region === undefined
        ? {}
        : { regionHalfWidthNs: (region.hi - region.lo + 1n) / 2n, method: region.method, survivors: region.survivors }),
    })),
    attestation: block.outcome.attestation.map(({ member, digest, verdict }) => {
      return { id: member, name: nameOf(member), record: digest ?? null, verdict }
    }),
    outliers: block.outcome.outliers.map(nameOf),
    domains: block.outcome.domains,
    leap: block.outcome.leap,
    reputationPpm: block.state.reputationPpm,
    suspects: block.state.behaviour.suspects.map(({ member, kind }) => ({ member: nameOf(member), kind })),
    logRoot: block.logRoot,
  }
}
