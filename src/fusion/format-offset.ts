/** `+0.3 µs`, `−41 µs`, `−20 ms`: three digits, the unit that fits, and a true minus sign. */
export function formatOffset(ns: bigint, signed = true): string {
  const magnitude = ns < 0n ? -ns : ns
  const sign = ns < 0n ? '−' : signed ? '+' : ''
  const units: readonly (readonly [string, bigint])[] = [
    ['s', 1_000_000_000n],
    ['ms', 1_000_000n],
    ['µs', 1_000n],
  ]
  const unit = units.find(([, size]) => magnitude >= size)
  if (unit === undefined) return `${sign}${magnitude} ns`
  return `${sign}${Number((Number(magnitude) / Number(unit[1])).toPrecision(3))} ${unit[0]}`
}
