import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { toHex } from '../core/bytes.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { between, type MonoNs } from '../core/time.ts'
import { attempt } from '../linux/attempt.ts'

/**
 * What an instrument said, in a file as it came: notes first (lines that begin with `#`, the last of them `BYTES_FOLLOW`),
 * then the bytes and nothing else. When they came, and what the host sent, is in the file beside it, `arrivalsPath`: a line
 * for each read, `<ns since the start> < <how many bytes>`, and for each write, `<ns since the start> > <hexadecimal>`.
 */
export interface Recording {
  /** Bytes from the instrument. Fault: `record.write`; nothing is recorded after it. */
  heard(bytes: Uint8Array, at: MonoNs): Result<void>
  /** Bytes to the instrument. */
  sent(bytes: Uint8Array, at: MonoNs): Result<void>
  /** How many bytes of the instrument are in the file. */
  bytes(): number
  close(): void
  /** Takes both files away. */
  discard(): void
}

export const FIRST_NOTE = '# quorumtime recording 1'
export const BYTES_FOLLOW = '# bytes follow'

const NOTE_CHARACTERS_MAX = 400

export function arrivalsPath(path: string): string {
  return `${path}.arrivals`
}

/** Begins both files; neither may exist. `notes` are by name, in their order. Faults: `record.open`, `record.write`. */
export function createRecording(
  path: string,
  notes: Readonly<Record<string, string>>,
  startAt: MonoNs,
): Result<Recording> {
  const opened: number[] = []
  for (const name of [path, arrivalsPath(path)]) {
    const fd = attempt('record.open', `${name}: expected to create it`, () => openSync(name, 'wx', 0o644))
    if (!fd.ok) {
      // What this call has created is taken away; what was there before is not touched.
      for (const other of opened) closeSync(other)
      if (opened.length > 0) rmSync(path)
      return fd
    }
    opened.push(fd.value)
  }
  const [bytesFd = -1, arrivalsFd = -1] = opened
  let count = 0
  const write = (fd: number, name: string, what: Uint8Array | string): Result<void> =>
    attempt('record.write', `${name}: expected to write on`, () => {
      if (typeof what === 'string') writeSync(fd, what)
      else writeSync(fd, what)
    })
  const stamp = (at: MonoNs): bigint => between(startAt, at)
  const recording: Recording = {
    heard(bytes, at) {
      const written = write(bytesFd, path, bytes)
      if (!written.ok) return written
      count += bytes.length
      return write(arrivalsFd, arrivalsPath(path), `${stamp(at)} < ${bytes.length}\n`)
    },
    sent: (bytes, at) => write(arrivalsFd, arrivalsPath(path), `${stamp(at)} > ${toHex(bytes)}\n`),
    bytes: () => count,
    close: () => {
      for (const fd of opened) closeSync(fd)
    },
    discard: () => {
      for (const name of [path, arrivalsPath(path)]) rmSync(name, { force: true })
    },
  }
  const begun = write(bytesFd, path, header(notes))
  return begun.ok ? ok(recording) : begun
}

function header(notes: Readonly<Record<string, string>>): string {
  const lines = Object.entries(notes).map(([name, text]) => `# ${name}: ${oneLine(text)}`)
  return [FIRST_NOTE, ...lines, BYTES_FOLLOW, ''].join('\n')
}

/** A note is one line, whatever was put into it. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, ' ').slice(0, NOTE_CHARACTERS_MAX)
}

/** How much came when, of a recording that has it written beside it. */
export interface Arrival {
  readonly afterNs: bigint
  readonly bytes: number
}

/** Reads the lines of an arrivals file that tell of bytes read. Fault `record.arrivals`: which line is none. */
export function parseArrivals(text: string, name: string): Result<readonly Arrival[]> {
  const arrivals: Arrival[] = []
  let last = 0n
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue
    const match = /^(\d{1,18}) (?:< (\d{1,7})|> (?:[0-9a-f]{2})*)$/.exec(line)
    if (match === null) return arrivalFault(name, index, '"<ns> < <bytes>" or "<ns> > <hexadecimal>"', line)
    const afterNs = BigInt(match[1] ?? '')
    if (afterNs < last) return arrivalFault(name, index, `an instant after ${last}`, line)
    last = afterNs
    if (match[2] !== undefined) arrivals.push({ afterNs, bytes: Number(match[2]) })
  }
  return ok(arrivals)
}

function arrivalFault(name: string, index: number, expected: string, line: string): { ok: false; fault: Fault } {
  return fail('record.arrivals', `${name}:${index + 1}: expected ${expected}, got "${line.slice(0, 60)}"`)
}
