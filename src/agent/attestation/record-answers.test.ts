import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { recordBytes } from '../../../test/support/attestation-records.ts'
import { unwrap } from '../../../test/support/results.ts'
import { recordDigest } from '../../attestation/record.ts'
import { sha384 } from '../../core/hash.ts'
import { openRecordStore } from '../../ledger/record-store.ts'
import { createRecordAnswers } from './record-answers.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-answers-'))
after(() => rmSync(folder, { recursive: true }))

test('records are given to who asks, with their log where it is wanted, and to nobody faster than that is of use', (t) => {
  const store = unwrap(openRecordStore(join(folder, 'records.sqlite')))
  t.after(store.close)
  const log = Uint8Array.of(1, 2, 3)
  const record = recordBytes({ eventLogDigest: sha384(log) })
  const digest = recordDigest(record)
  const eventLog = { digest: sha384(log), bytes: log }
  unwrap(store.keep({ digest, node: 'node-b', height: 1, bytes: record, eventLog }))
  const { answer } = createRecordAnswers(store, 4, assert.ifError)
  assert.deepEqual(answer(1, { digest, withEventLog: false }, 0)?.value, { record, eventLog: undefined })
  assert.deepEqual(answer(1, { digest, withEventLog: true }, 0)?.value, { record, eventLog: log })
  assert.equal(answer(1, { digest: sha384(log), withEventLog: true }, 0), undefined)
  const given = (from: number, nowMs: number): number => {
    const answers = Array.from({ length: 100 }, () => answer(from, { digest, withEventLog: true }, nowMs))
    return (
      answers.filter((each) => each?.kind === 'record' && each.value.eventLog !== undefined).length * 100 +
      answers.filter(Boolean).length
    )
  }
  // 2n at once, 4 of them with their log; then 4 in a second, and a log every 2 s.
  assert.deepEqual([given(2, 0), given(2, 1_000), given(2, 3_000), given(3, 3_000)], [408, 4, 108, 408])
})
