import { readFileSync } from 'node:fs'
import { fail, ok, type Result } from '../core/fault.ts'
import { type LeapTable, parseLeapSecondsList } from '../core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../core/leap-table.ts'

/** Where Debian's tzdata puts it. */
const SYSTEM_LIST = '/usr/share/zoneinfo/leap-seconds.list'

/**
 * The leap table to use: the configured list (which must be readable and valid), else the system's, else the embedded
 * one; of the latter two the one that says more about the future.
 */
export function readLeapTable(configured: string | undefined): Result<LeapTable> {
  if (configured !== undefined) {
    try {
      return parseLeapSecondsList(readFileSync(configured, 'utf8'), configured)
    } catch (error) {
      return fail(
        'leap.unreadable',
        `${configured}: expected a readable leap-seconds.list, got ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      )
    }
  }
  let text: string
  try {
    text = readFileSync(SYSTEM_LIST, 'utf8')
  } catch {
    return ok(EMBEDDED_LEAP_TABLE)
  }
  const system = parseLeapSecondsList(text, SYSTEM_LIST)
  const newer = system.ok && system.value.expiresAtUtcSecond >= EMBEDDED_LEAP_TABLE.expiresAtUtcSecond
  return newer ? system : ok(EMBEDDED_LEAP_TABLE)
}
