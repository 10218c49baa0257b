import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { attempt } from '../../src/linux/attempt.ts'

/** How far a ledger has come: kept beside it, so that a ledger without its end is noticed. */
export interface LedgerHead {
  readonly count: number
  /** SHA-384 of the last line, hexadecimal. */
  readonly hash: string
}

const FILE = 'ledger.head'
const TEXT = /^(\d{1,9}) ([0-9a-f]{96})\n$/

/** Undefined where there is none yet. Fault: `ledger.head`. */
export function readHead(folder: string): Result<LedgerHead | undefined> {
  const path = join(folder, FILE)
  if (!existsSync(path)) return ok(undefined)
  const text = attempt('ledger.head', `${path}: expected to read it`, () => readFileSync(path, 'latin1'))
  if (!text.ok) return text
  const [, count, hash] = TEXT.exec(text.value) ?? []
  return count === undefined || hash === undefined
    ? fail('ledger.head', `${path}: expected a number of entries and the hash of the last, got other text`)
    : ok({ count: Number(count), hash })
}

/** Whole and durable, or as before. Fault: `ledger.head`. */
export function writeHead(folder: string, { count, hash }: LedgerHead): Result<void> {
  const path = join(folder, FILE)
  return attempt('ledger.head', `${path}: expected to write it`, () => {
    writeFileSync(`${path}.new`, `${count} ${hash}\n`, { mode: 0o600, flush: true })
    renameSync(`${path}.new`, path)
    const file = openSync(folder, 'r')
    try {
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  })
}
