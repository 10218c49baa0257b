/** From the largest: a value is written in the first unit of which it is at least a tenth. */
const UNITS: readonly (readonly [symbol: string, sizeNs: bigint])[] = [
  ['s', 1_000_000_000n],
  ['ms', 1_000_000n],
  ['µs', 1_000n],
]

/** An offset for people, signed: `+0.3 µs`, `−41 µs`, `−20 ms`, `0 ns`. Three digits, and a true minus sign. */
export function formatOffset(ns: bigint): string {
  if (ns === 0n) return '0 ns'
  return ns < 0n ? `−${formatDistance(-ns)}` : `+${formatDistance(ns)}`
}

/** A distance for people, at least 0: `41 µs`. */
export function formatDistance(ns: bigint): string {
  const unit = UNITS.find(([, sizeNs]) => ns * 10n >= sizeNs)
  if (unit === undefined) return `${ns} ns`
  const [symbol, sizeNs] = unit
  return `${Number((Number(ns) / Number(sizeNs)).toPrecision(3))} ${symbol}`
}
