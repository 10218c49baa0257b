import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fail, ok, type Result } from '../../src/core/fault.ts'

/** Two at once would give one number twice. A lock whose process is gone is taken over. Fault: `ledger.busy`. */
export function holdLock(path: string): Result<{ release(): void }> {
  for (let attempts = 0; attempts < 2; attempts++) {
    try {
      writeFileSync(path, `${process.pid}\n`, { flag: 'wx', mode: 0o600 })
      return ok({ release: () => rmSync(path, { force: true }) })
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'EEXIST') return fail('ledger.busy', `${path}: expected to hold the ledger, got ${message}`)
    }
    const holder = holderOf(path)
    if (holder !== undefined && existsSync(`/proc/${holder}`)) {
      return fail('ledger.busy', `${path}: expected a ledger that nobody uses, got one that process ${holder} uses`)
    }
    rmSync(path, { force: true })
  }
  return fail('ledger.busy', `${path}: expected a ledger that nobody uses, got one that is in use`)
}

function holderOf(path: string): number | undefined {
  try {
    const holder = Number.parseInt(readFileSync(path, 'latin1'), 10)
    return Number.isSafeInteger(holder) ? holder : undefined
  } catch {
    return undefined
  }
}
