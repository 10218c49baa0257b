import { fail, ok, type Result } from '../../src/core/fault.ts'

/**
 * C3, the line protocol of the SA5x (MAC-SA5X User's Guide, DS50002938A, chapter 4). Commands and answers are made with a
 * sequence number and a checksum, both of which the unit gives back: no answer is taken for another's.
 */

/** `set,DigitalTuning,-7` with sequence number 5: `{set#05,DigitalTuning,-7|2B}`; the checksum is of what stands before `|`. */
export function encodeCommand(body: string, sequence: number): string {
  const comma = body.indexOf(',')
  const name = comma === -1 ? body : body.slice(0, comma)
  const numbered = `${name}#${twoHex(sequence)}${body.slice(name.length)}`
  return `{${numbered}|${twoHex(checksum(numbered))}}`
}

export interface Answer {
  readonly sequence: number
  readonly value: string
}

const ANSWER = /^\[(#([0-9A-Fa-f]{2})=([ -~]{0,200}))\|([0-9A-Fa-f]{2})\]$/

/** `[#05=-7|01]`. Faults: `sa5x.answer` it is none, `sa5x.checksum`. */
export function parseAnswer(line: string): Result<Answer> {
  const [, covered, sequence, value, sum] = ANSWER.exec(line) ?? []
  if (covered === undefined || sequence === undefined || value === undefined || sum === undefined) {
    return fail('sa5x.answer', `expected an answer like [#05=1|2A], got ${JSON.stringify(line.slice(0, 60))}`)
  }
  const expected = checksum(covered)
  if (Number.parseInt(sum, 16) !== expected) {
    return fail('sa5x.checksum', `expected the checksum ${twoHex(expected)} for ${covered}, got ${sum}`)
  }
  return ok({ sequence: Number.parseInt(sequence, 16), value })
}

/** The number of the error that an answer reports: `[#05!100|36]`, `[!1]` when the command could not even be read. */
export function errorNumber(line: string): number | undefined {
  const number = /^\[(?:#[0-9A-Fa-f]{2})?!(\d{1,3})(?:\|[0-9A-Fa-f]{2})?\]$/.exec(line)?.[1]
  return number === undefined ? undefined : Number(number)
}

/** The XOR of the characters (sections 4.1.3 and 4.2.2). */
export function checksum(text: string): number {
  let sum = 0
  for (let index = 0; index < text.length; index++) sum ^= text.charCodeAt(index) & 0xff
  return sum
}

export function twoHex(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, '0')
}
