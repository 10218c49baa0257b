import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { EMBEDDED_LEAP_TABLE } from '../core/leap-table.ts'
import { readLeapTable } from './leap-seconds.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-leap-'))
after(() => rmSync(folder, { recursive: true }))

const NTP_TO_UNIX_SECONDS = 2_208_988_800n

/** A list that knows one entry, 2017-01-01, and ends at this UNIX second. */
function listUntil(expiresAtUtcSecond: bigint, name = 'leap-seconds.list'): string {
  const file = join(folder, name)
  writeFileSync(file, `#@\t${expiresAtUtcSecond + NTP_TO_UNIX_SECONDS}\n3692217600\t37\t# 1 Jan 2017\n`)
  return file
}

const absent = join(folder, 'absent.list')

test('a configured list is used, even when it says less than the others', () => {
  const file = listUntil(1_600_000_000n)
  const table = unwrap(readLeapTable(file, listUntil(4_000_000_000n, 'system.list')))
  assert.equal(table.origin, file)
  assert.equal(table.expiresAtUtcSecond, 1_600_000_000n)
})

test('a configured list that is missing or damaged is a fault, not a reason to use another', () => {
  assert.equal(faultOf(readLeapTable(absent)).message, `${absent}: expected a leap-seconds.list, got no such file`)
  const damaged = join(folder, 'damaged.list')
  writeFileSync(damaged, '#@ 3676924800\n3692217600 thirty-seven\n')
  assert.match(faultOf(readLeapTable(damaged)).message, /damaged\.list:2: expected "<NTP second> <TAI−UTC>", got /)
})

test('of the system’s list and the embedded table the one that reaches further is used', () => {
  const later = EMBEDDED_LEAP_TABLE.expiresAtUtcSecond + 1n
  const system = listUntil(later, 'system.list')
  assert.equal(unwrap(readLeapTable(undefined, system)).expiresAtUtcSecond, later)
  const older = listUntil(EMBEDDED_LEAP_TABLE.expiresAtUtcSecond - 1n, 'system.list')
  assert.equal(unwrap(readLeapTable(undefined, older)), EMBEDDED_LEAP_TABLE)
})

test('a machine without a list, or with a damaged one, has the embedded table', () => {
  assert.equal(unwrap(readLeapTable(undefined, absent)), EMBEDDED_LEAP_TABLE)
  const damaged = join(folder, 'damaged-system.list')
  writeFileSync(damaged, 'nothing of the kind\n')
  assert.equal(unwrap(readLeapTable(undefined, damaged)), EMBEDDED_LEAP_TABLE)
})
