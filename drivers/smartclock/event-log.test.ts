import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatLogEntry, parseLogAnswer, parseLogListing } from './event-log.ts'

test('an entry as a 58503A answered it reads, and is written again', () => {
  const text = '"Log 001:20050528.00:00:00: Log cleared"'
  const entry = parseLogAnswer(text)
  assert.deepEqual(entry, { ok: true, value: { number: 1, at: '2005-05-28T00:00:00', text: 'Log cleared' } })
  assert.ok(entry.ok)
  assert.equal(formatLogEntry(entry.value, 'answer'), text)
})

test('a listing as a 58503A sent it reads: a state, a blank line, two spaces', () => {
  const lines = [
    'Log status: Full',
    '',
    'Log 001:20050528.00:00:00:  Log cleared',
    'Log 004:20050528.00:02:00:  GPS reference valid at 20050529.04:09:25',
    'Log 024:20050529.18:19:58:  Holdover started, TI limit exceeded',
  ]
  const listing = parseLogListing(lines)
  assert.ok(listing.ok)
  assert.equal(listing.value.isFull, true)
  assert.deepEqual(
    listing.value.entries.map(({ number, text }) => `${number} ${text}`),
    ['1 Log cleared', '4 GPS reference valid at 20050529.04:09:25', '24 Holdover started, TI limit exceeded'],
  )
  assert.equal(formatLogEntry(listing.value.entries[2] ?? assert.fail(), 'listing'), lines[4])
})

test('222 entries (overwriting) is full too, 24 entries is not', () => {
  for (const [status, isFull] of [
    ['Log status: 222 entries (overwriting)', true],
    ['Log status: 24 entries', false],
  ] as const) {
    const listing = parseLogListing([status])
    assert.ok(listing.ok)
    assert.equal(listing.value.isFull, isFull)
  }
})

test('what is no log is a fault', () => {
  for (const parsed of [
    parseLogAnswer('Log 001:20050528.00:00:00: Log cleared'),
    parseLogAnswer('"Log 1:20050528.00:00:00: Log cleared"'),
    parseLogListing([]),
    parseLogListing(['LOCK']),
    parseLogListing(['Log status: Full', 'LOCK']),
  ]) {
    assert.ok(!parsed.ok)
    assert.equal(parsed.fault.code, 'smartclock.log')
  }
})

test('nothing that comes as a log makes it throw', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 100 }), { maxLength: 20 }), (lines) => {
      parseLogListing(['Log status: Full', ...lines])
      for (const line of lines) parseLogAnswer(line)
    }),
  )
})
