import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { mountTinyDisk } from '../../test/support/tiny-disk.ts'
import { openEvidenceLog, readEvidenceLog, type StoredEvidence } from './evidence-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-evidence-'))
after(() => rmSync(folder, { recursive: true }))

const CLUSTER = new Uint8Array(48).fill(1)

function proof(member: number, number: number, changes: Partial<StoredEvidence> = {}): StoredEvidence {
  const bytes = Uint8Array.of(member, number)
  return {
    member,
    kind: 'conflicting-finalize',
    number,
    digest: new Uint8Array(48).fill(100 * member + number),
    membershipHash: CLUSTER,
    seenAfterEpoch: 10 + number,
    bytes,
    ...changes,
  }
}

test('a proof is kept once and found again after a restart, in the order in which it came', () => {
  const path = join(folder, 'kept.sqlite')
  const log = unwrap(openEvidenceLog(path))
  assert.equal(unwrap(log.append(proof(2, 5))), true)
  assert.equal(unwrap(log.append(proof(1, 6, { kind: 'wrong-outcome' }))), true)
  assert.equal(unwrap(log.append(proof(2, 5, { seenAfterEpoch: 99 }))), false)
  log.close()
  const again = unwrap(openEvidenceLog(path))
  const reader = unwrap(readEvidenceLog(path))
  for (const { all } of [again, reader]) {
    assert.deepEqual(unwrap(all()), [proof(2, 5), proof(1, 6, { kind: 'wrong-outcome' })])
  }
  reader.close()
  again.close()
})

test('a liar that is proven to lie without end fills no disk, and leaves room for others and for another membership', () => {
  const log = unwrap(openEvidenceLog(join(folder, 'many.sqlite')))
  const kept = Array.from({ length: 40 }, (_, number) => unwrap(log.append(proof(1, number))))
  assert.equal(kept.filter(Boolean).length, 8)
  assert.equal(unwrap(log.append(proof(2, 1))), true)
  const membershipHash = new Uint8Array(48).fill(2)
  assert.equal(unwrap(log.append(proof(1, 50, { membershipHash }))), true)
  log.close()
})

test('a reader makes no file where there is none, and a file that is no log is a fault', () => {
  const absent = join(folder, 'absent.sqlite')
  assert.equal(faultOf(readEvidenceLog(absent)).message, `${absent}: expected an evidence log, got no file`)
  assert.equal(existsSync(absent), false)
  const text = join(folder, 'text.sqlite')
  writeFileSync(text, 'no database at all\n'.repeat(400))
  for (const open of [openEvidenceLog, readEvidenceLog]) assert.equal(faultOf(open(text)).code, 'ledger.damaged')
})

test('on a full disk a proof is not kept, and the next one is when there is space again', (t) => {
  const disk = mountTinyDisk(256)
  if ('absent' in disk) return t.skip(disk.absent)
  try {
    const path = join(disk.folder, 'evidence.sqlite')
    const log = unwrap(openEvidenceLog(path))
    disk.fill()
    const fault = faultOf(log.append(proof(1, 1, { bytes: new Uint8Array(40_000) })))
    assert.deepEqual(
      [fault.code, fault.message],
      ['ledger.disk-full', `${path}: expected to keep evidence, got a full disk`],
    )
    disk.drain()
    assert.equal(unwrap(log.append(proof(1, 2))), true)
    log.close()
  } finally {
    disk.unmount()
  }
})
