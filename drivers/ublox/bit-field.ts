/** Bit `index` of a field, counted from 0 for the lowest. */
export function bit(field: number, index: number): boolean {
  return ((field >> index) & 1) === 1
}

/** `width` bits of a field, from bit `from` on. */
export function bits(field: number, from: number, width: number): number {
  return (field >> from) & ((1 << width) - 1)
}
