import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { mountTinyDisk } from '../../test/support/tiny-disk.ts'
import type { JournalRecord } from '../consensus/replica/types.ts'
import { createSafetyJournal } from './new-safety-journal.ts'
import { type JournalOwner, openSafetyJournal, type SafetyJournal } from './safety-journal.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-journal-'))
after(() => rmSync(folder, { recursive: true }))

const OWNER: JournalOwner = {
  membershipHash: new Uint8Array(48).fill(0xaa),
  member: 2,
  keyHash: new Uint8Array(48).fill(0xbb),
}

let files = 0

function newPath(): string {
  files += 1
  return join(folder, `journal-${files}.sqlite`)
}

function newJournal(path = newPath()): string {
  unwrap(createSafetyJournal(path, OWNER))
  return path
}

function open(path: string): SafetyJournal {
  return unwrap(openSafetyJournal(path, OWNER))
}

/** Runs `work` on the open journal; the next one to open it sees what became durable. */
function using<T>(path: string, work: (journal: SafetyJournal) => T): T {
  const journal = open(path)
  try {
    return work(journal)
  } finally {
    journal.close()
  }
}

function record(kind: JournalRecord['kind'], number: number, bytes = `${kind} ${number}`): JournalRecord {
  return { kind, number, bytes: new TextEncoder().encode(bytes) }
}

function saidIn(path: string): readonly string[] {
  return using(path, ({ records }) => records.map(({ bytes }) => new TextDecoder().decode(bytes)))
}

test('a journal without a file is a lost key, and none is made', () => {
  const path = newPath()
  const fault = faultOf(openSafetyJournal(path, OWNER))
  assert.equal(fault.code, 'journal.missing')
  assert.match(fault.message, /expected the safety journal of member 2, got no file; a key whose journal is lost/)
  assert.equal(existsSync(path), false)
})

test('a journal of another member, membership or key is refused with both named', () => {
  const path = newJournal()
  const other = new Uint8Array(48).fill(0xcc)
  const memberFault = faultOf(openSafetyJournal(path, { ...OWNER, member: 3 }))
  assert.equal(memberFault.code, 'journal.owner')
  assert.match(memberFault.message, /expected the journal of member 3, got that of member 2$/)
  const membershipFault = faultOf(openSafetyJournal(path, { ...OWNER, membershipHash: other }))
  assert.equal(membershipFault.code, 'journal.membership')
  assert.match(membershipFault.message, /expected a journal of membership c+…, got one of a+…$/)
  const keyFault = faultOf(openSafetyJournal(path, { ...OWNER, keyHash: other }))
  assert.equal(keyFault.code, 'journal.key')
  assert.match(keyFault.message, /expected a journal of the configured key c+…, got one of b+…$/)
  assert.equal(
    using(path, ({ bootCount }) => bootCount),
    1,
    'a refusal is no start',
  )
})

test('a file that is no journal is refused and left as it is', () => {
  const empty = newPath()
  writeFileSync(empty, '')
  assert.equal(faultOf(openSafetyJournal(empty, OWNER)).code, 'journal.damaged')
  assert.match(faultOf(openSafetyJournal(empty, OWNER)).message, /expected a safety journal, got an empty file$/)
  assert.equal(statSync(empty).size, 0)

  const text = newPath()
  writeFileSync(text, 'no database at all\n'.repeat(400))
  assert.equal(faultOf(openSafetyJournal(text, OWNER)).code, 'ledger.damaged')
  assert.match(readFileSync(text, 'utf8'), /^no database at all\n/)

  const foreign = newPath()
  const database = new DatabaseSync(foreign)
  database.exec('CREATE TABLE decision (height INTEGER)')
  database.close()
  assert.match(faultOf(openSafetyJournal(foreign, OWNER)).message, /got a database with tables decision$/)

  const ownerless = newJournal()
  const emptied = new DatabaseSync(ownerless)
  emptied.exec('DELETE FROM owner')
  emptied.close()
  assert.match(faultOf(openSafetyJournal(ownerless, OWNER)).message, /got one without an owner$/)
})

test('a journal with a damaged page is refused, whichever page it is', () => {
  const whole = newJournal()
  using(whole, (journal) => {
    for (let view = 1; view <= 40; view++) unwrap(journal.append([record('notarize', view, 'x'.repeat(1_000))]))
  })
  const bytes = readFileSync(whole)
  const pageBytes = 4_096
  assert.ok(bytes.length > 8 * pageBytes, `expected several pages of records, got ${bytes.length} bytes`)
  for (let at = 0; at < bytes.length; at += pageBytes) {
    const path = newPath()
    const damaged = Buffer.from(bytes)
    damaged.fill(0xff, at, at + 100)
    writeFileSync(path, damaged)
    const { code, message } = faultOf(openSafetyJournal(path, OWNER))
    assert.match(code, /^(?:journal|ledger)\.damaged$/, `damage at ${at}: ${message}`)
    assert.ok(message.startsWith(`${path}: expected`), message)
    assert.equal(message.includes('\n'), false)
  }
})

test('every start is counted, and the count outlives the process', () => {
  const path = newJournal()
  const counts = [1, 2, 3].map(() => using(path, ({ bootCount }) => bootCount))
  assert.deepEqual(counts, [1, 2, 3])
})

test('a journal that is open is nobody else’s', () => {
  const path = newJournal()
  using(path, () => {
    const fault = faultOf(openSafetyJournal(path, OWNER))
    assert.equal(fault.code, 'ledger.in-use')
    assert.match(fault.message, /got a database that another process has open$/)
  })
  assert.equal(
    using(path, ({ bootCount }) => bootCount),
    2,
  )
})

test('what was said is there at the next start, in the order in which it was said', () => {
  const path = newJournal()
  using(path, (journal) => {
    assert.deepEqual(journal.records, [])
    unwrap(journal.append([]))
    unwrap(journal.append([record('proposal', 7), record('block', 3)]))
    unwrap(journal.append([record('notarize', 3)]))
  })
  assert.deepEqual(saidIn(path), ['proposal 7', 'block 3', 'notarize 3'])
})

test('a process that dies after an append has said it', () => {
  const path = newJournal()
  const journal = open(path)
  unwrap(journal.append([record('finalize', 4)]))
  // What is on the disk at this instant is what a dead process leaves behind.
  const left = newPath()
  copyFileSync(path, left)
  copyFileSync(`${path}-wal`, `${left}-wal`)
  journal.close()
  assert.deepEqual(saidIn(left), ['finalize 4'])
})

test('a second vote of one kind and view never becomes durable, also not beside other records', () => {
  for (const kind of ['block', 'notarize', 'nullify', 'finalize'] as const) {
    const path = newJournal()
    using(path, (journal) => {
      unwrap(journal.append([record(kind, 5, 'first')]))
      const fault = faultOf(journal.append([record('proposal', 9), record(kind, 5, 'second')]))
      assert.equal(fault.code, 'journal.conflict')
      assert.match(fault.message, new RegExp(`expected nothing said against ${kind} 5 yet, got ${kind} of it$`))
    })
    assert.deepEqual(saidIn(path), ['first'])
  }
})

test('Nullify and Finalize of one view exclude each other; Notarize goes with either', () => {
  for (const [first, second] of [
    ['nullify', 'finalize'],
    ['finalize', 'nullify'],
  ] as const) {
    const path = newJournal()
    using(path, (journal) => {
      unwrap(journal.append([record('notarize', 5), record(first, 5)]))
      assert.equal(faultOf(journal.append([record(second, 5)])).code, 'journal.conflict')
      unwrap(journal.append([record(second, 6)]))
    })
    assert.deepEqual(saidIn(path), ['notarize 5', `${first} 5`, `${second} 6`])
  }
})

test('numbers of epochs and of views do not mix', () => {
  const path = newJournal()
  using(path, (journal) => unwrap(journal.append([record('proposal', 5), record('notarize', 5), record('final', 5)])))
  assert.deepEqual(saidIn(path), ['proposal 5', 'notarize 5', 'final 5'])
})

test('the constraints stand in the file itself, whoever writes to it', () => {
  const path = newJournal()
  const database = new DatabaseSync(path)
  const insert = database.prepare(`INSERT INTO record (kind, number, bytes) VALUES (?, 5, x'00')`)
  insert.run('finalize')
  assert.throws(() => insert.run('finalize'), /UNIQUE constraint failed/)
  assert.throws(() => insert.run('nullify'), /UNIQUE constraint failed/)
  database.close()
})

test('a final block makes the votes before it forgettable, and closes their views for good', () => {
  const path = newJournal()
  using(path, (journal) => {
    for (const view of [3, 4, 5]) {
      unwrap(journal.append([record('block', view), record('notarize', view), record('finalize', view)]))
    }
    unwrap(journal.append([record('final', 4)]))
    unwrap(journal.append([record('final', 5)]))
    for (const late of [record('notarize', 3), record('nullify', 4), record('final', 5), record('final', 4)]) {
      const fault = faultOf(journal.append([late]))
      assert.equal(fault.code, 'journal.conflict')
      assert.match(fault.message, /got final 5 before$/)
    }
  })
  assert.deepEqual(saidIn(path), ['block 5', 'notarize 5', 'finalize 5', 'final 5'])
})

test('only the newest proposals are kept, and epochs never go back', () => {
  const path = newJournal()
  using(path, (journal) => {
    for (let epoch = 1; epoch <= 20; epoch++) unwrap(journal.append([record('proposal', epoch)]))
    assert.equal(faultOf(journal.append([record('proposal', 20, 'again')])).code, 'journal.conflict')
    assert.equal(faultOf(journal.append([record('proposal', 2, 'again')])).code, 'journal.conflict')
  })
  assert.deepEqual(
    saidIn(path),
    Array.from({ length: 9 }, (_, index) => `proposal ${index + 12}`),
  )
})

test('a journal that exists is never made again, and half of one never exists', () => {
  const path = newJournal()
  using(path, (journal) => unwrap(journal.append([record('notarize', 1)])))
  const fault = faultOf(createSafetyJournal(path, OWNER))
  assert.equal(fault.code, 'journal.exists')
  assert.deepEqual(saidIn(path), ['notarize 1'])

  const nowhere = join(folder, 'no-such-folder', 'journal.sqlite')
  assert.match(faultOf(createSafetyJournal(nowhere, OWNER)).message, /no-such-folder/)

  const resumed = newPath()
  writeFileSync(`${resumed}.new`, 'what an interrupted run left')
  newJournal(resumed)
  assert.equal(existsSync(`${resumed}.new`), false)
  assert.deepEqual(saidIn(resumed), [])
})

test('on a full disk nothing is said, nothing is lost, and it goes on when there is space again', (t) => {
  const disk = mountTinyDisk(160)
  if ('absent' in disk) return t.skip(disk.absent)
  try {
    const path = newJournal(join(disk.folder, 'journal.sqlite'))
    const journal = open(path)
    unwrap(journal.append([record('notarize', 1)]))
    disk.fill()
    const fault = faultOf(journal.append([record('finalize', 1, 'x'.repeat(20_000))]))
    assert.equal(fault.code, 'ledger.disk-full')
    assert.equal(fault.message, `${path}: expected to write the safety journal, got a full disk`)
    disk.drain()
    unwrap(journal.append([record('finalize', 1)]))
    journal.close()
    assert.deepEqual(saidIn(path), ['notarize 1', 'finalize 1'])

    disk.fill()
    assert.equal(faultOf(openSafetyJournal(path, OWNER)).code, 'ledger.disk-full')
    const second = join(disk.folder, 'second.sqlite')
    assert.equal(faultOf(createSafetyJournal(second, OWNER)).code, 'ledger.disk-full')
    assert.equal(existsSync(second) || existsSync(`${second}.new`), false)
    disk.drain()
    assert.deepEqual(saidIn(path), ['notarize 1', 'finalize 1'])
  } finally {
    disk.unmount()
  }
})
