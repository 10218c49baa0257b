import { abs, divCeil } from '../core/integer.ts'

/** What a class of instrument is worth until the configuration says otherwise (design: section 2, table of classes). */
export interface ClassDefaults {
  /** Weight of its word among agreeing sources, in thousandths. */
  readonly authorityMilli: bigint
  /** What averaging cannot remove while it is locked, wiring included, ns. */
  readonly accuracyNs: bigint
  /** How fast its time may run away while it is not disciplined, ppb. */
  readonly holdoverPpb: number
  /** Without a sample for longer than this it has nothing to say, ns. */
  readonly ageNsMax: bigint
}

export type SourceClass = 'caesium' | 'rubidium' | 'gpsdo' | 'gnss' | 'ptp' | 'serial'
export type OscillatorClass = 'crystal' | 'ocxo' | 'rubidium' | 'caesium'

/** What a bare crystal may be off, ppb: every oscillator of which nothing better is known. */
export const UNLEARNT_PPB = 50_000n

/** A class without an oscillator of its own keeps time like a bare crystal once it is alone. */
const BARE_CRYSTAL_PPB = Number(UNLEARNT_PPB)

const FIVE_SECONDS_NS = 5_000_000_000n

export const CLASS_DEFAULTS: Readonly<Record<SourceClass, ClassDefaults>> = {
  caesium: { authorityMilli: 1_000n, accuracyNs: 100n, holdoverPpb: 0.01, ageNsMax: FIVE_SECONDS_NS },
  rubidium: { authorityMilli: 1_000n, accuracyNs: 150n, holdoverPpb: 1, ageNsMax: FIVE_SECONDS_NS },
  gpsdo: { authorityMilli: 1_000n, accuracyNs: 150n, holdoverPpb: 1, ageNsMax: FIVE_SECONDS_NS },
  gnss: { authorityMilli: 900n, accuracyNs: 200n, holdoverPpb: BARE_CRYSTAL_PPB, ageNsMax: FIVE_SECONDS_NS },
  ptp: { authorityMilli: 800n, accuracyNs: 1_000n, holdoverPpb: BARE_CRYSTAL_PPB, ageNsMax: FIVE_SECONDS_NS },
  serial: { authorityMilli: 100n, accuracyNs: 100_000_000n, holdoverPpb: BARE_CRYSTAL_PPB, ageNsMax: FIVE_SECONDS_NS },
}

/** How far the time of a source of this class may run away in so long while it is not disciplined, rounded up. */
export function holdoverDriftNs(sourceClass: SourceClass, durationNs: bigint): bigint {
  const milliPpb = BigInt(Math.ceil(CLASS_DEFAULTS[sourceClass].holdoverPpb * 1_000))
  return divCeil(abs(durationNs) * milliPpb, 1_000_000_000_000n)
}

/** What the local oscillator may wander however well its rate was measured, ppb, whole and rounded up. */
export const OSCILLATOR_FLOOR_PPB: Readonly<Record<OscillatorClass, bigint>> = {
  crystal: 200n,
  ocxo: 5n,
  rubidium: 1n,
  caesium: 1n,
}
