import type { RangingEntry } from '../../src/consensus/proposal.ts'
import type { Measurement } from '../../src/consensus/replica/types.ts'
import { type MonoNs, plus, rangingNs, type TaiNs } from '../../src/core/time.ts'

/** Clocks of different zero, all right: R_i = mono + 1000 s·i, N_i within 500 ns; ranging knows the difference to 30 µs. */
export function honestMeasurement(id: number, n: number, now: MonoNs, trueTai: TaiNs): Measurement {
  return {
    bootId: bootId(id),
    segment: 1,
    rangingNs: rangingNs(now + zeroNs(id)),
    nodeClock: { taiNs: plus(trueTai, BigInt(id) * 10n), boundNs: 500n },
    rangingRatePpb: 200n,
    mode: 'locked',
    sources: [{ name: 'gnss0', class: 'gnss', domain: 'gnss', state: 'selected', offsetNs: 0n }],
    ranging: honestRow(id, n),
    links: [],
    leap: undefined,
    stampRoot: undefined,
    verdicts: [],
  }
}

const rows = new Map<string, readonly RangingEntry[]>()

/** The same at all times. */
function honestRow(id: number, n: number): readonly RangingEntry[] {
  const known = rows.get(`${id} of ${n}`)
  if (known !== undefined) return known
  const row = Array.from({ length: n }, (_, peer) => peer)
    .filter((peer) => peer !== id)
    .map((peer) => ({
      peer,
      bootId: bootId(peer),
      segment: 1,
      phiNs: zeroNs(peer) - zeroNs(id),
      uncertaintyNs: 30_000n,
      ageNs: 100_000_000n,
    }))
  rows.set(`${id} of ${n}`, row)
  return row
}

function bootId(id: number): Uint8Array {
  return new Uint8Array(16).fill(id + 1)
}

function zeroNs(id: number): bigint {
  return BigInt(id) * 1_000_000_000_000n
}
