import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { toHex, utf8 } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { attempt } from '../../src/linux/attempt.ts'
import { decodeEntry, encodeEntry, type LedgerEntry } from './ledger-entry.ts'
import { readHead, writeHead } from './ledger-head.ts'
import { holdLock } from './ledger-lock.ts'

/** All that an authority has done. It is held by one process at a time, and no line of it is ever lost unnoticed. */
export interface Ledger {
  readonly entries: readonly LedgerEntry[]
  /** Durable when it returns. Faults: `ledger.write`, `ledger.head`. */
  append(entry: NewEntry): Result<LedgerEntry>
  close(): void
}

/** Without what the ledger itself adds. */
export type NewEntry = LedgerEntry extends infer Entry
  ? Entry extends LedgerEntry
    ? Omit<Entry, 'number' | 'previous' | 'time'>
    : never
  : never

const FIRST_PREVIOUS = toHex(new Uint8Array(48))
/** Thousands of enrolments. */
const LEDGER_BYTES_MAX = 268_435_456

/**
 * The ledger in a folder, with every line checked against the one before and the last one against `ledger.head`, which is
 * written after each: a ledger that has lost its end, or was put back from an older copy alone, is refused. A last line that was never
 * completed, in a power cut, has led to nothing, and is written over. Faults: `ledger.busy`, `ledger.line`, `ledger.chain`,
 * `ledger.lost`, `ledger.head`, `ledger.read`.
 */
export function openLedger(folder: string): Result<Ledger> {
  const lock = holdLock(join(folder, 'ledger.lock'))
  if (!lock.ok) return lock
  const opened = openHeld(folder, lock.value.release)
  if (!opened.ok) lock.value.release()
  return opened
}

function openHeld(folder: string, release: () => void): Result<Ledger> {
  const path = join(folder, 'ledger.jsonl')
  const read = readLines(path)
  if (!read.ok) return read
  const chain = checkChain(path, read.value.lines)
  if (!chain.ok) return chain
  const { entries, last } = chain.value
  const kept = checkHead(folder, path, entries, last)
  if (!kept.ok) return kept
  let previous = last
  let length = read.value.length
  return ok({
    entries,
    append: (entry) => {
      const whole = { number: entries.length, previous, time: new Date().toISOString(), ...entry }
      const line = encodeEntry(whole)
      const written = appendLine(path, line, length)
      if (!written.ok) return written
      entries.push(whole)
      previous = toHex(sha384(utf8(line)))
      length = written.value
      const head = writeHead(folder, { count: entries.length, hash: previous })
      return head.ok ? ok(whole) : head
    },
    close: release,
  })
}

interface Lines {
  readonly lines: readonly string[]
  /** Of the whole ones, in bytes. */
  readonly length: number
}

function readLines(path: string): Result<Lines> {
  if (!existsSync(path)) return ok({ lines: [], length: 0 })
  const bytes = attempt('ledger.read', `${path}: expected a ledger of at most ${LEDGER_BYTES_MAX} bytes`, () =>
    statSync(path).size > LEDGER_BYTES_MAX ? undefined : readFileSync(path, 'latin1'),
  )
  if (!bytes.ok) return bytes
  if (bytes.value === undefined)
    return fail('ledger.read', `${path}: expected at most ${LEDGER_BYTES_MAX} bytes, got more`)
  const length = bytes.value.lastIndexOf('\n') + 1
  return ok({ lines: length === 0 ? [] : bytes.value.slice(0, length - 1).split('\n'), length })
}

function checkChain(
  path: string,
  lines: readonly string[],
): Result<{ readonly entries: LedgerEntry[]; readonly last: string }> {
  const entries: LedgerEntry[] = []
  let last = FIRST_PREVIOUS
  for (const [index, line] of lines.entries()) {
    const entry = decodeEntry(line, `${path}:${index + 1}`)
    if (!entry.ok) return entry
    if (
      entry.value.number !== index ||
      entry.value.previous !== last ||
      (entry.value.kind === 'founded') !== (index === 0)
    ) {
      return fail('ledger.chain', `${path}:${index + 1}: expected the entry that follows the one before, got another`)
    }
    entries.push(entry.value)
    last = toHex(sha384(utf8(line)))
  }
  return ok({ entries, last })
}

/** The head may be one entry behind: power went between the two. */
function checkHead(folder: string, path: string, entries: readonly LedgerEntry[], last: string): Result<void> {
  const head = readHead(folder)
  if (!head.ok) return head
  const count = head.value?.count ?? 0
  const hash = count === entries.length ? last : (entries[count]?.previous ?? '')
  const known = head.value?.hash ?? FIRST_PREVIOUS
  if (count <= entries.length && entries.length - count <= 1 && hash === known) {
    return count === entries.length ? ok(undefined) : writeHead(folder, { count: entries.length, hash: last })
  }
  return fail(
    'ledger.lost',
    `${path}: expected ${count} entries that end in ${known.slice(0, 12)}…, got ${entries.length} that do not: entries are lost, and numbers with them`,
  )
}

/** Over what an interrupted run may have left of a line; how long the ledger is then. */
function appendLine(path: string, line: string, length: number): Result<number> {
  const bytes = utf8(`${line}\n`)
  return attempt('ledger.write', `${path}: expected to append an entry`, () => {
    const isNew = !existsSync(path)
    const file = openSync(path, isNew ? 'wx' : 'r+', 0o600)
    try {
      ftruncateSync(file, length)
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, length + at)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    if (isNew) syncFolder(dirname(path))
    return length + bytes.length
  })
}

/** Without this the name of a new file may be lost in a power cut, although its content is on the disk. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
