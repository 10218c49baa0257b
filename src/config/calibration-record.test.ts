import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import {
  type CalibrationRecord,
  checkRecord,
  latestRecord,
  readRecords,
  readRecordsIfAny,
  withRecord,
} from './calibration-record.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-calibrations-'))
after(() => rmSync(folder, { recursive: true }))

const RECORD: CalibrationRecord = {
  source: 'gnss0',
  method: 'tdr',
  by: 'A. Meier',
  at: '2026-11-28T04:30:00Z',
  delayNs: 77,
  uncertaintyNs: 2,
}

test('what is written is read again, one record after the other', () => {
  const file = join(folder, 'a.toml')
  assert.deepEqual(unwrap(readRecordsIfAny(file)), [])
  const second = { ...RECORD, at: '2026-11-29T00:00:00Z', delayNs: -3, note: 'cable "7", \\ 30 m' }
  writeFileSync(file, unwrap(withRecord([], RECORD)))
  writeFileSync(file, unwrap(withRecord(unwrap(readRecords(file)), second)))
  assert.deepEqual(unwrap(readRecordsIfAny(file)), [RECORD, second])
  assert.equal(faultOf(readRecords(join(folder, 'absent.toml'))).code, 'file.unreadable')
})

test('the latest record of a source counts, wherever it stands', () => {
  const older = { ...RECORD, at: '2026-01-01T00:00:00Z', delayNs: 1 }
  const other = { ...RECORD, source: 'gnss1', at: '2027-01-01T00:00:00Z' }
  assert.equal(latestRecord([RECORD, older, other], 'gnss0')?.delayNs, 77)
  assert.equal(latestRecord([older, { ...RECORD, delayNs: 5 }, RECORD], 'gnss0'), RECORD)
  assert.equal(latestRecord([RECORD], 'gnss2'), undefined)
})

test('a mistake is told with its place, what was expected and what came', () => {
  for (const [mistake, sentence] of [
    [{ by: '' }, 'by: expected a text of 1 to 100 characters in one line, got ""'],
    [{ by: 'a\nb' }, 'by: expected a text of 1 to 100 characters in one line, got "a\\nb"'],
    [{ at: 'today' }, 'at: expected an instant of UTC like 2026-11-28T04:30:00Z, got "today"'],
    [{ delayNs: 1e8 }, 'delayNs: expected an integer from -10000000 to 10000000, got 100000000'],
    [{ uncertaintyNs: -1 }, 'uncertaintyNs: expected an integer from 0 to 10000000, got -1'],
    [{ method: 'guess' }, 'method: expected one of tdr, time-interval-counter, common-view, datasheet, got "guess"'],
  ] as const) {
    assert.equal(faultOf(checkRecord({ ...RECORD, ...mistake })).message, sentence)
  }
  const file = join(folder, 'wrong.toml')
  writeFileSync(file, '[[calibrations]]\nsource = "gnss0"\nextra = 1\n')
  const { message } = faultOf(readRecords(file))
  assert.match(message, /^.*wrong\.toml: calibrations\[0\]\.method: expected one of tdr/m)
})

test('a full file takes no more', () => {
  const records = Array.from({ length: 1_000 }, () => RECORD)
  assert.equal(faultOf(withRecord(records, RECORD)).code, 'config.value')
})
