import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualJournal } from '../../support/virtual-journal.ts'
import { findUnjournalled } from './journal.ts'

const bytes = new Uint8Array(5_000)

test('a journal with two words that one member may not both say is a violation', () => {
  const journal = createVirtualJournal()
  journal.append([{ kind: 'finalize', number: 3, bytes }])
  assert.deepEqual(findUnjournalled({ id: 1, journal, unjournalled: [] }), [])
  journal.append([{ kind: 'nullify', number: 3, bytes }])
  assert.deepEqual(findUnjournalled({ id: 1, journal, unjournalled: [] }), [
    { violation: 'journalViolations', message: 'node 1 said nullify 3 after finalize 3' },
  ])
})

test('a word that left the machine and was never durable is a violation', () => {
  const [problem] = findUnjournalled({ id: 2, journal: createVirtualJournal(), unjournalled: ['notarize'] })
  assert.match(problem?.message ?? '', /node 2 sent a notarize that was never durable/)
})
