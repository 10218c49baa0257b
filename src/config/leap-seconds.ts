import { ok, type Result } from '../core/fault.ts'
import { type LeapTable, parseLeapSecondsList } from '../core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../core/leap-table.ts'
import { readNamedFile } from './read-file.ts'

/** Where Debian's tzdata puts it. */
const SYSTEM_LIST = '/usr/share/zoneinfo/leap-seconds.list'

/** The list has 5 KB, most of which is comment. */
const LIST_BYTES_MAX = 262_144

/**
 * The leap table to use: the configured list (which must be readable and valid), else the system's, else the embedded
 * one; of the latter two the one that says more about the future.
 */
export function readLeapTable(configured: string | undefined, systemList = SYSTEM_LIST): Result<LeapTable> {
  if (configured !== undefined) return readList(configured)
  const system = readList(systemList)
  const newer = system.ok && system.value.expiresAtUtcSecond >= EMBEDDED_LEAP_TABLE.expiresAtUtcSecond
  return newer ? system : ok(EMBEDDED_LEAP_TABLE)
}

function readList(file: string): Result<LeapTable> {
  const bytes = readNamedFile(file, { what: 'a leap-seconds.list', bytesMax: LIST_BYTES_MAX })
  return bytes.ok ? parseLeapSecondsList(new TextDecoder().decode(bytes.value), file) : bytes
}
