declare const timescale: unique symbol

/** A bigint count of nanoseconds that belongs to one timescale; the compiler keeps the scales apart. */
type OnScale<Scale extends string> = bigint & { readonly [timescale]: Scale }

/** An instant of the local oscillator, CLOCK_MONOTONIC_RAW: never stepped, never slewed. ns since an unknown start. */
export type MonoNs = OnScale<'mono'>

/** An instant on TAI, ns since 1970-01-01T00:00:00 TAI (the PTP epoch, IEEE 1588-2019 7.2.3). */
export type TaiNs = OnScale<'tai'>

/** A reading of a node's ranging clock R_i: a constant-rate function of MonoNs within one (bootId, segment). */
export type RangingNs = OnScale<'ranging'>

/** An instant of CLOCK_REALTIME, which others may step and slew: ns since 1970-01-01T00:00:00 UTC, leap seconds uncounted. */
export type RealtimeNs = OnScale<'realtime'>

/** An instant on the scale of a network or timing card's hardware clock (`/dev/ptpN`), whatever that is set to. */
export type PhcNs = OnScale<'phc'>

type InstantNs = MonoNs | TaiNs | RangingNs | RealtimeNs | PhcNs

export const NS_PER_SECOND = 1_000_000_000n
export const NS_PER_MILLISECOND = 1_000_000n
export const NS_PER_MICROSECOND = 1_000n

/** No instant and no offset that enters an agreement may lie beyond ±2^62 ns (146 years). */
export const INSTANT_LIMIT_NS = 1n << 62n

export function monoNs(ns: bigint): MonoNs {
  return ns as MonoNs
}

export function taiNs(ns: bigint): TaiNs {
  return ns as TaiNs
}

export function rangingNs(ns: bigint): RangingNs {
  return ns as RangingNs
}

export function realtimeNs(ns: bigint): RealtimeNs {
  return ns as RealtimeNs
}

export function phcNs(ns: bigint): PhcNs {
  return ns as PhcNs
}

/** The instant `durationNs` after `instant`, on the same scale. */
export function plus<T extends InstantNs>(instant: T, durationNs: bigint): T {
  return (instant + durationNs) as T
}

/** The duration from `earlier` to `later`, in ns; both on the same scale. */
export function between<T extends InstantNs>(earlier: T, later: T): bigint {
  return (later as bigint) - (earlier as bigint)
}
