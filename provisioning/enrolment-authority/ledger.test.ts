import assert from 'node:assert/strict'
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { openLedger } from './ledger.ts'
import { decodeEntry, encodeEntry } from './ledger-entry.ts'

const scratch = mkdtempSync(join(tmpdir(), 'quorumtime-ledger-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const DIGEST = '0f'.repeat(48)
const ENROLLED = { kind: 'enrolled', node: 'ts0', challengeDigest: DIGEST, registers: [], enrolment: 'AAAA' } as const

/** A ledger with so many enrolments, as a copy of the folder would be. */
function ledgerOf(enrolments: number): string {
  const folder = mkdtempSync(join(scratch, 'authority-'))
  const ledger = unwrap(openLedger(folder))
  unwrap(ledger.append({ kind: 'founded', fleet: 'racks', authority: DIGEST }))
  for (let serial = 1; serial <= enrolments; serial++) unwrap(ledger.append({ ...ENROLLED, serial }))
  ledger.close()
  return folder
}

function codeOf(folder: string): string {
  const opened = openLedger(folder)
  if (opened.ok) opened.value.close()
  return faultOf(opened).code
}

function change(folder: string, by: (lines: string[]) => string[]): string {
  const path = join(folder, 'ledger.jsonl')
  writeFileSync(path, by(readFileSync(path, 'latin1').split('\n')).join('\n'))
  return folder
}

test('what was appended is there when it is opened again', () => {
  const folder = ledgerOf(3)
  const ledger = unwrap(openLedger(folder))
  assert.deepEqual(
    ledger.entries.map((entry) => (entry.kind === 'enrolled' ? entry.serial : entry.kind)),
    ['founded', 1, 2, 3],
  )
  unwrap(ledger.append({ ...ENROLLED, serial: 4 }))
  ledger.close()
  const again = unwrap(openLedger(folder))
  assert.equal(again.entries.length, 5)
  again.close()
})

test('a ledger that lost its end, its beginning, a line or a letter is refused', () => {
  assert.equal(codeOf(change(ledgerOf(3), (lines) => [...lines.slice(0, -2), ''])), 'ledger.lost')
  assert.equal(codeOf(change(ledgerOf(3), (lines) => lines.slice(1))), 'ledger.chain')
  assert.equal(codeOf(change(ledgerOf(3), (lines) => lines.toSpliced(2, 1))), 'ledger.chain')
  const edited = (lines: string[]): string[] => lines.with(1, (lines[1] ?? '').replace('"serial":1', '"serial":9'))
  assert.equal(codeOf(change(ledgerOf(3), edited)), 'ledger.chain')
  assert.equal(codeOf(change(ledgerOf(1), edited)), 'ledger.lost', 'the last line has its hash in the head')
  assert.equal(codeOf(change(ledgerOf(3), (lines) => lines.with(2, ` ${lines[2]}`))), 'ledger.line')
  const gone = ledgerOf(2)
  rmSync(join(gone, 'ledger.jsonl'))
  assert.equal(codeOf(gone), 'ledger.lost')
})

test('an older copy of the ledger alone is refused', () => {
  const folder = ledgerOf(1)
  const older = readFileSync(join(folder, 'ledger.jsonl'))
  const ledger = unwrap(openLedger(folder))
  for (const serial of [2, 3]) unwrap(ledger.append({ ...ENROLLED, serial }))
  ledger.close()
  writeFileSync(join(folder, 'ledger.jsonl'), older)
  assert.equal(codeOf(folder), 'ledger.lost')
})

test('a power cut between the line and the head, or within a line, loses nothing', () => {
  const folder = ledgerOf(2)
  const head = readFileSync(join(folder, 'ledger.head'))
  const ledger = unwrap(openLedger(folder))
  unwrap(ledger.append({ ...ENROLLED, serial: 3 }))
  ledger.close()
  writeFileSync(join(folder, 'ledger.head'), head)
  appendFileSync(join(folder, 'ledger.jsonl'), `{"number":4,"previous":"${'0'.repeat(4_000)}`)
  const again = unwrap(openLedger(folder))
  assert.equal(again.entries.length, 4)
  unwrap(again.append({ ...ENROLLED, serial: 4 }))
  again.close()
  const last = unwrap(openLedger(folder))
  assert.equal(last.entries.length, 5)
  last.close()
})

test('it is held by one process at a time, and by none that is gone', () => {
  const folder = ledgerOf(1)
  const ledger = unwrap(openLedger(folder))
  assert.equal(codeOf(folder), 'ledger.busy')
  ledger.close()
  const copy = join(scratch, 'copy')
  cpSync(folder, copy, { recursive: true })
  // No process has this number.
  writeFileSync(join(copy, 'ledger.lock'), '4194999\n')
  unwrap(openLedger(copy)).close()
})

test('a line is read only as it is written', () => {
  const entry = { number: 1, previous: DIGEST, time: '2026-11-28T10:00:00.000Z', ...ENROLLED, serial: 1 }
  const line = encodeEntry(entry)
  assert.deepEqual(unwrap(decodeEntry(line, 'line')), entry)
  const spelled = [line.replace('{', '{ '), line.replace('"serial":1', '"serial":1.0'), `${line} `, 'null', '', '[]']
  for (const other of spelled) assert.equal(faultOf(decodeEntry(other, 'line')).code, 'ledger.line')
})
