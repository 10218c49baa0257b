import type { SignatureKind } from './signatures.ts'

/** Seeds of one size: a line of what is to be run. */
export interface Row {
  readonly n: number
  readonly firstSeed: number
  readonly lastSeed: number
  readonly epochs: number
  readonly signatures: SignatureKind
}

function row(n: number, seeds: number, epochs = 30, signatures: SignatureKind = 'keyed-hash', firstSeed = 1): Row {
  return { n, firstSeed, lastSeed: firstSeed + seeds - 1, epochs, signatures }
}

/** The first seed of a night: none of those that every change runs. */
const NIGHT = 100_000

/**
 * What is run before anything is accepted, and what is run in a night. The one place that says how many seeds of which
 * size; `docs/simulation.md` says what they cost.
 */
export const CAMPAIGNS: Readonly<Record<string, readonly Row[]>> = {
  ci: [
    row(100, 1, 6),
    row(31, 3),
    row(10, 100),
    row(8, 200),
    row(7, 400),
    row(5, 1_300),
    row(4, 8_000),
    row(4, 4, 10, 'ml-dsa-87'),
    row(7, 1, 6, 'ml-dsa-87'),
  ],
  long: [
    row(100, 10, 30, 'keyed-hash', NIGHT),
    row(31, 100, 30, 'keyed-hash', NIGHT),
    row(10, 4_000, 30, 'keyed-hash', NIGHT),
    row(8, 8_000, 30, 'keyed-hash', NIGHT),
    row(7, 14_000, 30, 'keyed-hash', NIGHT),
    row(5, 34_000, 30, 'keyed-hash', NIGHT),
    row(4, 100_000, 30, 'keyed-hash', NIGHT),
    row(3, 500, 30, 'keyed-hash', NIGHT),
    row(4, 50, 3_600, 'keyed-hash', NIGHT),
    row(4, 100, 30, 'ml-dsa-87', NIGHT),
    row(7, 20, 30, 'ml-dsa-87', NIGHT),
  ],
}
