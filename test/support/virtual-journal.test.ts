import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualJournal } from './virtual-journal.ts'

test('what was durable at a crash stays what it was when the journal goes on', () => {
  const journal = createVirtualJournal()
  journal.append([{ kind: 'notarize', number: 1, bytes: new Uint8Array(1) }])
  const atCrash = journal.records()
  journal.append([{ kind: 'finalize', number: 1, bytes: new Uint8Array(2) }])
  assert.deepEqual([atCrash.length, journal.records().length], [1, 2])
})
