/** How an emulated unit writes numbers. */

/** `+3` */
export function integer(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value)}`
}

/** `+6.00000E+002`: five decimals, an exponent of three digits. */
export function real(value: number): string {
  const [mantissa = '', exponent = ''] = Math.abs(value).toExponential(5).split('e')
  return `${value < 0 ? '-' : '+'}${mantissa}E${threeDigits(Number(exponent))}`
}

/** `-5.4E-009`: seconds at a resolution of 0.1 ns, with no more decimals than it takes, but one. */
export function interval(ns: number): string {
  const tenths = Math.round(ns * 10)
  const digits = String(Math.abs(tenths))
  const decimals = digits.slice(1).replace(/0+$/, '').padEnd(1, '0')
  const exponent = tenths === 0 ? 0 : digits.length - 11
  return `${tenths < 0 ? '-' : '+'}${digits[0]}.${decimals}E${threeDigits(exponent)}`
}

/** `+4.320E-004`, as a 58503A predicts. */
export function threeDecimals(value: number): string {
  const [mantissa = '', exponent = ''] = Math.abs(value).toExponential(3).split('e')
  return `${value < 0 ? '-' : '+'}${mantissa}E${threeDigits(Number(exponent))}`
}

/** The only numbers without a sign. */
export function boolean(value: boolean): string {
  return value ? '1' : '0'
}

function threeDigits(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(3, '0')}`
}
