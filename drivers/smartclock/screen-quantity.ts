/** Durations as the status screen writes them: `-5.4 ns`, `+300 ps`, `1.000 us`. */

const NS_PER_UNIT: Readonly<Record<string, number>> = { ps: 1e-3, ns: 1, us: 1e3, ms: 1e6, s: 1e9 }

/** In ns, to the ps; undefined for anything else. */
export function parseQuantityNs(text: string): number | undefined {
  const parts = /^\s*([+-]?\d{1,9}(?:\.\d{1,6})?) (ps|ns|us|ms|s)\s*$/.exec(text)
  const unitNs = NS_PER_UNIT[parts?.[2] ?? '']
  if (parts === null || unitNs === undefined) return undefined
  return Math.round(Number(parts[1]) * unitNs * 1000) / 1000
}

/** A time interval: whole ps below 1 ns, tenths of a ns above, always with a sign. */
export function formatInterval(ns: number): string {
  const sign = ns < 0 ? '-' : '+'
  const size = Math.abs(ns)
  if (size < 0.95) return `${sign}${Math.round(size * 10) * 100} ps`
  return size < 1e4 ? `${sign}${size.toFixed(1)} ns` : `${sign}${(size / 1e3).toFixed(1)} us`
}

/** An uncertainty: whole ns below 1 µs, tenths of a µs above. */
export function formatUncertainty(ns: number): string {
  return ns < 1e3 ? `${Math.round(ns)} ns` : `${(ns / 1e3).toFixed(1)} us`
}
