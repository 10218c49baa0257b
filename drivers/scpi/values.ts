import { fail, ok, type Result } from '../../src/core/fault.ts'

/**
 * The number formats of SCPI replies (IEEE 488.2-1992 8.7) as the SmartClock family writes them, read strictly: signs
 * are always there, also on zero, except on booleans. All faults have the code `scpi.value`.
 */

/** `+3`, `-113` (NR1). */
export function parseInteger(text: string): Result<number> {
  if (!/^[+-]\d{1,10}$/.test(text)) return unexpected('a signed integer like +3', text)
  return ok(Number(text))
}

/** `-5.4E-009`, `+6.00000E+002` (NR3: one digit, decimals, an exponent of three digits) or `+1.8` (NR2). */
export function parseReal(text: string): Result<number> {
  if (!/^[+-](?:\d\.\d{1,9}E[+-]\d{3}|\d{1,9}\.\d{1,9})$/.test(text)) {
    return unexpected('a real number like +6.00000E+002', text)
  }
  return ok(Number(text))
}

/** `0` or `1`, the only numbers without a sign. */
export function parseBoolean(text: string): Result<boolean> {
  if (text !== '0' && text !== '1') return unexpected('0 or 1', text)
  return ok(text === '1')
}

/** `"Log 001:20050528.00:00:00: Log cleared"` without its quotes. */
export function parseQuoted(text: string): Result<string> {
  const quoted = /^"([^"]*)"$/.exec(text)
  if (quoted?.[1] === undefined) return unexpected('a string in double quotes', text)
  return ok(quoted[1])
}

/** The fields of a list, cut at the commas outside quotes: `N,+37,"a,b"` has three. Only an open quote is a fault. */
export function splitList(text: string): Result<readonly string[]> {
  const fields = text.match(/(?:"[^"]*"|[^",])+|(?<=^|,)(?=,|$)/g)
  if (fields === null || fields.join(',') !== text) return unexpected('a list with its quotes closed', text)
  return ok(fields)
}

/** `+3,+4,+9`. An empty list is written `+0`, which only the asker can tell from a list of one zero. */
export function parseIntegerList(text: string): Result<readonly number[]> {
  const numbers: number[] = []
  for (const field of text.split(',')) {
    const number = parseInteger(field)
    if (!number.ok) return unexpected('a list of signed integers like +3,+4', text)
    numbers.push(number.value)
  }
  return ok(numbers)
}

/** An entry of the error queue. Code 0 says that the queue is empty. */
export interface ErrorEntry {
  readonly code: number
  readonly text: string
}

/** `-113,"Undefined header"`, the answer to `:SYST:ERR?`. */
export function parseErrorEntry(text: string): Result<ErrorEntry> {
  const comma = text.indexOf(',')
  const code = parseInteger(text.slice(0, Math.max(comma, 0)))
  const message = parseQuoted(text.slice(comma + 1))
  if (!code.ok || !message.ok) return unexpected('an error like -113,"Undefined header"', text)
  return ok({ code: code.value, text: message.value })
}

function unexpected(
  expected: string,
  got: string,
): { readonly ok: false; readonly fault: { code: string; message: string } } {
  return fail('scpi.value', `expected ${expected}, got ${JSON.stringify(got)}`)
}
