import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { mountTinyDisk } from '../../test/support/tiny-disk.ts'
import { type DecisionLog, openDecisionLog, readDecisionLog, type StoredDecision } from './decision-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-log-'))
after(() => rmSync(folder, { recursive: true }))

const SECOND_NS = 1_000_000_000n
/** With epochs of 10 minutes a day has 144. */
const TEN_MINUTES_NS = 600n * SECOND_NS

let files = 0

function newPath(): string {
  files += 1
  return join(folder, `decisions-${files}.sqlite`)
}

function using(path: string, epochPeriodNs: bigint, work: (log: DecisionLog) => void): void {
  const log = unwrap(openDecisionLog(path, epochPeriodNs))
  try {
    work(log)
  } finally {
    log.close()
  }
}

/** Epoch and height are alike unless the test says so. */
function decision(height: number, changes: Partial<StoredDecision> = {}): StoredDecision {
  const bytes = (mark: number): Uint8Array => Uint8Array.of(mark, height >> 8, height & 0xff)
  return {
    height,
    epoch: height,
    view: height,
    blockHash: bytes(1),
    block: bytes(2),
    leafHash: bytes(3),
    certificate: bytes(4),
    ...changes,
  }
}

test('an epoch is that of the decision which certified it, not of a change of the membership, and of the newest era', () => {
  using(newPath(), SECOND_NS, (log) => {
    unwrap(
      log.append(
        decision(1),
        decision(2),
        decision(3, { epoch: 2, certificate: undefined }),
        decision(4, { epoch: 3 }),
      ),
    )
    assert.equal(unwrap(log.byEpoch(2))?.height, 2)
    assert.equal(unwrap(log.byEpoch(3))?.height, 4)
    unwrap(
      log.append(
        decision(5, { epoch: 3, certificate: undefined }),
        decision(6, { epoch: 1 }),
        decision(7, { epoch: 2 }),
      ),
    )
    assert.equal(unwrap(log.byEpoch(1))?.height, 6)
    assert.equal(unwrap(log.byEpoch(2))?.height, 7)
    assert.equal(unwrap(log.byEpoch(3))?.height, 4)
  })
})

test('a decision is found again by height, epoch and hash, also after a restart', () => {
  const path = newPath()
  const kept = decision(2, { epoch: 9, view: 4 })
  using(path, SECOND_NS, (log) => {
    assert.equal(unwrap(log.newestCertified()), undefined)
    unwrap(log.append(decision(1)))
    unwrap(log.append(kept))
    unwrap(log.append(decision(3, { epoch: 10, certificate: undefined })))
  })
  using(path, SECOND_NS, (log) => {
    for (const found of [log.byHeight(2), log.byEpoch(9), log.byHash(kept.blockHash)]) {
      assert.deepEqual(unwrap(found), kept)
    }
    assert.deepEqual(unwrap(log.newestCertified()), kept)
    assert.equal(unwrap(log.byHeight(3))?.certificate, undefined)
    for (const none of [log.byHeight(4), log.byEpoch(2), log.byHash(Uint8Array.of(0))]) {
      assert.equal(unwrap(none), undefined)
    }
  })
})

test('a decision that is kept already stays as it is', () => {
  using(newPath(), SECOND_NS, (log) => {
    unwrap(log.append(decision(1)))
    unwrap(log.append(decision(1, { certificate: undefined })))
    assert.deepEqual(unwrap(log.byHeight(1)), decision(1))
  })
})

test('signatures are kept for a day, then those of every 64th epoch; decisions are kept for ever', () => {
  using(newPath(), TEN_MINUTES_NS, (log) => {
    for (let height = 1; height <= 300; height++) unwrap(log.append(decision(height)))
    const certified = Array.from({ length: 300 }, (_, index) => index + 1).filter(
      (height) => unwrap(log.byHeight(height))?.certificate !== undefined,
    )
    const withinTheDay = Array.from({ length: 144 }, (_, index) => index + 157)
    assert.deepEqual(certified, [64, 128, ...withinTheDay])
    assert.deepEqual(unwrap(log.certifiedFrom(65)), decision(128))
    assert.deepEqual(unwrap(log.certifiedFrom(129)), decision(157))
    assert.equal(unwrap(log.leafHashes(300)).length, 300)
  })
})

test('a day is a day whatever the epoch period, and epochs that were never decided keep nothing alive', () => {
  using(newPath(), SECOND_NS, (log) => {
    for (const [height, epoch] of [
      [1, 10],
      [2, 11],
      [3, 86_409],
    ] as const) {
      unwrap(log.append(decision(height, { epoch })))
    }
    assert.notEqual(unwrap(log.byEpoch(10))?.certificate, undefined)
    // Epochs 86,410 and 86,411, a day after the first two, are not decided.
    unwrap(log.append(decision(4, { epoch: 86_500 })))
    assert.equal(unwrap(log.byEpoch(10))?.certificate, undefined)
    assert.equal(unwrap(log.byEpoch(11))?.certificate, undefined)
    assert.notEqual(unwrap(log.byEpoch(86_409))?.certificate, undefined)
  })
})

test('leaf hashes come in the order of the log, and a hole is a fault that says how large the log is', () => {
  const path = newPath()
  using(path, SECOND_NS, (log) => {
    // Blocks that were missed are fetched backwards.
    for (const height of [3, 2, 5, 1]) unwrap(log.append(decision(height)))
    assert.deepEqual(
      unwrap(log.leafHashes(3)),
      [1, 2, 3].map((height) => decision(height).leafHash),
    )
    assert.deepEqual(unwrap(log.leafHashes(0)), [])
    const fault = faultOf(log.leafHashes(5))
    assert.equal(fault.code, 'log.incomplete')
    assert.equal(fault.message, `${path}: expected all 5 decisions of the log, got 4; ask another appliance`)
  })
})

test('a reader sees what a running agent writes, and makes no file where there is none', () => {
  const path = newPath()
  using(path, SECOND_NS, (log) => {
    const reader = unwrap(readDecisionLog(path))
    unwrap(log.append(decision(1)))
    assert.deepEqual(unwrap(reader.newestCertified()), decision(1))
    reader.close()
  })
  const absent = newPath()
  assert.equal(faultOf(readDecisionLog(absent)).message, `${absent}: expected a decision log, got no file`)
  assert.equal(existsSync(absent), false)
})

test('a file that is no decision log is a fault, not a crash', () => {
  const text = newPath()
  writeFileSync(text, 'no database at all\n'.repeat(400))
  assert.equal(faultOf(openDecisionLog(text, SECOND_NS)).code, 'ledger.damaged')
  assert.equal(faultOf(readDecisionLog(text)).code, 'ledger.damaged')

  const foreign = newPath()
  const database = new DatabaseSync(foreign)
  database.exec('CREATE TABLE decision (height INTEGER)')
  database.close()
  assert.match(faultOf(openDecisionLog(foreign, SECOND_NS)).message, /expected to open the decision log, got "/)
  assert.match(faultOf(readDecisionLog(foreign)).message, /expected to open the decision log, got "/)
})

test('on a full disk a decision is not kept, and the log goes on when there is space again', (t) => {
  const disk = mountTinyDisk(256)
  if ('absent' in disk) return t.skip(disk.absent)
  try {
    const path = join(disk.folder, 'decisions.sqlite')
    using(path, SECOND_NS, (log) => {
      unwrap(log.append(decision(1)))
      disk.fill()
      const fault = faultOf(log.append(decision(2, { block: new Uint8Array(40_000) })))
      assert.equal(fault.code, 'ledger.disk-full')
      assert.equal(fault.message, `${path}: expected to keep a decision, got a full disk`)
      disk.drain()
      unwrap(log.append(decision(3)))
      assert.equal(unwrap(log.byHeight(2)), undefined)
    })
    using(path, SECOND_NS, (log) => assert.deepEqual(unwrap(log.byHeight(3)), decision(3)))
  } finally {
    disk.unmount()
  }
})

test('decisions that come together are kept together, or none of them', () => {
  using(newPath(), SECOND_NS, (log) => {
    unwrap(log.append(decision(2), decision(3)))
    assert.deepEqual(unwrap(log.byHeight(3)), decision(3))
    const broken = decision(5, { epoch: 'five' as unknown as number })
    assert.equal(faultOf(log.append(decision(4), broken)).code, 'ledger.sqlite')
    assert.equal(unwrap(log.byHeight(4)), undefined)
  })
})

test('what is missing is told from the newest down, and a run ends where something is missing', () => {
  using(newPath(), SECOND_NS, (log) => {
    assert.deepEqual(unwrap(log.gaps(8)), [])
    unwrap(log.append(decision(3), decision(5), decision(6), decision(9)))
    assert.deepEqual(unwrap(log.gaps(8)), [
      { knownHeight: 6, next: decision(9) },
      { knownHeight: 3, next: decision(5) },
      { knownHeight: 0, next: decision(3) },
    ])
    assert.deepEqual(unwrap(log.gaps(2)), [
      { knownHeight: 6, next: decision(9) },
      { knownHeight: 0, next: decision(5) },
    ])
    assert.deepEqual(unwrap(log.run(decision(6).blockHash, 9)), [decision(6).block, decision(5).block])
    assert.deepEqual(unwrap(log.run(decision(6).blockHash, 1)), [decision(6).block])
    assert.deepEqual(unwrap(log.run(decision(7).blockHash, 9)), [])
  })
})

test('a start looks for holes above what is complete, which follows every hole that closes', () => {
  const path = newPath()
  const complete = (): unknown => {
    const database = new DatabaseSync(path, { readOnly: true })
    const row = database.prepare('SELECT height FROM complete').get()
    database.close()
    return row?.['height']
  }
  using(path, SECOND_NS, (log) => {
    for (const [height, expected] of [
      [1, 1],
      [2, 2],
      [5, 2],
      [4, 2],
      [7, 2],
      [3, 5],
      [6, 7],
    ] as const) {
      unwrap(log.append(decision(height)))
      assert.equal(complete(), expected, `after ${height}`)
    }
  })
  // A log of a version that did not count is looked through once.
  const database = new DatabaseSync(path)
  database.exec('DROP TABLE complete')
  database.close()
  assert.equal(unwrap(unwrap(readDecisionLog(path)).byHeight(3))?.height, 3, 'it can be read as it is')
  using(path, SECOND_NS, () => assert.equal(complete(), 7))
})
