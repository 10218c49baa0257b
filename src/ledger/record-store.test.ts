import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { mountTinyDisk } from '../../test/support/tiny-disk.ts'
import { openRecordStore, readRecordStore, type StoredRecord } from './record-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-records-'))
after(() => rmSync(folder, { recursive: true }))

function shown(node: string, height: number, changes: Partial<StoredRecord> = {}): StoredRecord {
  const digest = new Uint8Array(48).fill(height)
  digest.set(Buffer.from(node))
  return { digest, node, height, bytes: new Uint8Array(100).fill(height), eventLog: undefined, ...changes }
}

test('a record, its log and what is known of its node are found again after a restart', () => {
  const path = join(folder, 'kept.sqlite')
  const store = unwrap(openRecordStore(path))
  const eventLog = { digest: new Uint8Array(48).fill(7), bytes: Uint8Array.of(7) }
  const record = shown('ts1', 5, { eventLog })
  assert.equal(unwrap(store.keep(record)), undefined)
  // The second time, with other words for the same digest: what is there stays.
  assert.equal(unwrap(store.keep({ ...record, bytes: Uint8Array.of(1) })), undefined)
  unwrap(store.keepKnown('ts1', Uint8Array.of(1)))
  unwrap(store.keepKnown('ts1', Uint8Array.of(2)))
  store.close()
  const again = unwrap(openRecordStore(path))
  const reader = unwrap(readRecordStore(path))
  for (const each of [again, reader]) {
    assert.deepEqual(unwrap(each.record(record.digest)), record.bytes)
    assert.deepEqual(unwrap(each.eventLog(eventLog.digest)), eventLog.bytes)
    assert.equal(unwrap(each.record(eventLog.digest)), undefined)
  }
  assert.deepEqual([...unwrap(again.known())], [['ts1', Uint8Array.of(2)]])
  reader.close()
  again.close()
})

test('a node that shows records without end pushes out its own oldest ones, and that is told', () => {
  const path = join(folder, 'many.sqlite')
  const store = unwrap(openRecordStore(path, 350))
  const other = shown('ts2', 1)
  unwrap(store.keep(other))
  for (const height of [1, 2, 3]) assert.equal(unwrap(store.keep(shown('ts1', height))), undefined)
  assert.deepEqual(unwrap(store.keep(shown('ts1', 4))), { node: 'ts1', count: 1, height: 1 })
  store.close()
  const again = unwrap(openRecordStore(path, 350))
  const wide = shown('ts1', 5, { bytes: new Uint8Array(250) })
  assert.deepEqual(unwrap(again.keep(wide)), { node: 'ts1', count: 2, height: 3 })
  for (const [kept, height] of [
    [false, 3],
    [true, 4],
    [true, 5],
  ] as const) {
    assert.equal(unwrap(again.record(shown('ts1', height).digest)) !== undefined, kept, `${height}`)
  }
  assert.ok(unwrap(again.record(other.digest)))
  again.close()
})

test('of the logs of one node the newest stay', () => {
  const store = unwrap(openRecordStore(join(folder, 'logs.sqlite')))
  const logOf = (height: number) => ({ digest: new Uint8Array(48).fill(height), bytes: Uint8Array.of(height) })
  for (let height = 1; height <= 40; height++) unwrap(store.keep(shown('ts1', height, { eventLog: logOf(height) })))
  const kept = Array.from({ length: 40 }, (_, index) => unwrap(store.eventLog(logOf(index + 1).digest)))
  assert.deepEqual(
    kept.flatMap((log) => (log === undefined ? [] : [...log])),
    Array.from({ length: 32 }, (_, index) => index + 9),
  )
  store.close()
})

test('a file that is no store, and none at all, are faults', () => {
  assert.equal(faultOf(readRecordStore(join(folder, 'absent.sqlite'))).code, 'ledger.missing')
  const text = join(folder, 'text.sqlite')
  writeFileSync(text, 'no database at all\n'.repeat(400))
  for (const open of [openRecordStore, readRecordStore]) assert.equal(faultOf(open(text)).code, 'ledger.damaged')
})

test('on a full disk a record is not kept, and the next one is when there is space again', (t) => {
  const disk = mountTinyDisk(512)
  if ('absent' in disk) return t.skip(disk.absent)
  try {
    const store = unwrap(openRecordStore(join(disk.folder, 'records.sqlite')))
    disk.fill()
    const wide = shown('ts1', 1, { bytes: new Uint8Array(60_000) })
    assert.equal(faultOf(store.keep(wide)).code, 'ledger.disk-full')
    disk.drain()
    assert.equal(unwrap(store.record(wide.digest)), undefined)
    assert.equal(unwrap(store.keep(wide)), undefined)
    assert.deepEqual(unwrap(store.record(wide.digest)), wide.bytes)
    store.close()
  } finally {
    disk.unmount()
  }
})
