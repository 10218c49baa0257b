/** What the three numbers mean by which a grandmaster describes itself in Announce and in its data sets. */

/** Whether a clock of a class may be believed, and in what it is: what the lock of an instrument is. */
export interface ClassMeaning {
  readonly quality: 'locked' | 'holdover' | 'unlocked'
  readonly words: string
}

/** IEEE 1588-2019, table 4, and ITU-T G.8275.1, table 2 (135 to 165). */
const CLASSES: Readonly<Record<number, ClassMeaning>> = {
  6: { quality: 'locked', words: 'locked to a primary reference' },
  7: { quality: 'holdover', words: 'in holdover, within specification' },
  13: { quality: 'locked', words: 'locked to an application-specific reference' },
  14: { quality: 'holdover', words: 'in holdover from an application-specific reference, within specification' },
  52: { quality: 'unlocked', words: 'in holdover, out of specification (degradation A)' },
  58: { quality: 'unlocked', words: 'in holdover from an application-specific reference, out of specification' },
  135: { quality: 'holdover', words: 'a boundary clock in holdover, within specification' },
  140: { quality: 'holdover', words: 'in holdover, out of specification, category 1' },
  150: { quality: 'holdover', words: 'in holdover, out of specification, category 2' },
  160: { quality: 'holdover', words: 'in holdover, out of specification, category 3' },
  165: { quality: 'holdover', words: 'a boundary clock in holdover, out of specification' },
  187: { quality: 'unlocked', words: 'in holdover, out of specification (degradation B)' },
  193: { quality: 'unlocked', words: 'in holdover from an application-specific reference (degradation B)' },
  248: { quality: 'unlocked', words: 'without a reference' },
  255: { quality: 'unlocked', words: 'a time receiver only' },
}

const UNKNOWN_CLASS: ClassMeaning = { quality: 'unlocked', words: 'of a class without a meaning that is known' }

export function meaningOfClass(clockClass: number): ClassMeaning {
  return CLASSES[clockClass] ?? UNKNOWN_CLASS
}

/** `unlimited`: worse than 10 s. */
export type ClaimedAccuracy = bigint | 'unknown' | 'unlimited'

/** From 0x17 on, ns, rounded up (IEEE 1588-2019, table 5). */
const ACCURACIES_NS: readonly bigint[] = [
  [1n, 1n, 1n, 1n, 1n, 1n],
  [1n, 3n, 10n, 25n, 100n, 250n],
  [1_000n, 2_500n, 10_000n, 25_000n, 100_000n, 250_000n],
  [1_000_000n, 2_500_000n, 10_000_000n, 25_000_000n, 100_000_000n, 250_000_000n],
  [1_000_000_000n, 10_000_000_000n],
].flat()
const ACCURACY_FIRST = 0x17
const ACCURACY_UNLIMITED = 0x31
/** Finer claims are not made here: nothing is better than a nanosecond. */
const CLAIMS_FROM = 0x1d - ACCURACY_FIRST

/** How far a clock says that it is from the time at the most, ns. */
export function claimedAccuracyNs(clockAccuracy: number): ClaimedAccuracy {
  if (clockAccuracy === ACCURACY_UNLIMITED) return 'unlimited'
  return ACCURACIES_NS[clockAccuracy - ACCURACY_FIRST] ?? 'unknown'
}

/** 2.5 ns, which is read as 3 and kept by 2. */
const ACCURACY_HALVED = 0x1e - ACCURACY_FIRST

/** The number for the smallest claim that `accuracyNs` keeps, 0x31 beyond 10 s. */
export function accuracyCode(accuracyNs: bigint): number {
  const index = ACCURACIES_NS.findIndex(
    (limitNs, at) => at >= CLAIMS_FROM && accuracyNs <= (at === ACCURACY_HALVED ? limitNs - 1n : limitNs),
  )
  return index < 0 ? ACCURACY_UNLIMITED : ACCURACY_FIRST + index
}

/** What a clock follows, by its own word. */
export interface TimeSourceMeaning {
  readonly words: string
  /** What its time depends on. */
  readonly dependsOn: 'sky' | 'own' | 'unknown'
}

/** IEEE 1588-2019, table 6. */
const TIME_SOURCES: Readonly<Record<number, TimeSourceMeaning>> = {
  16: { words: 'atomic clock', dependsOn: 'own' },
  32: { words: 'gnss', dependsOn: 'sky' },
  48: { words: 'terrestrial radio', dependsOn: 'unknown' },
  57: { words: 'serial time code', dependsOn: 'unknown' },
  64: { words: 'ptp', dependsOn: 'unknown' },
  80: { words: 'ntp', dependsOn: 'unknown' },
  96: { words: 'hand set', dependsOn: 'own' },
  144: { words: 'other', dependsOn: 'unknown' },
  160: { words: 'internal oscillator', dependsOn: 'own' },
}

export function meaningOfTimeSource(timeSource: number): TimeSourceMeaning {
  return TIME_SOURCES[timeSource] ?? { words: 'unknown', dependsOn: 'unknown' }
}
