import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { unwrap } from '../../test/support/results.ts'
import { createSigningMembers } from '../../test/support/signing-members.ts'
import { firstSession } from '../consensus/session.ts'
import { sha384 } from '../core/hash.ts'
import { openSafetyJournal } from '../ledger/safety-journal.ts'
import type { OwnSession } from './own-session.ts'
import { makeSessionJournal } from './session-journal.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-session-journal-'))
after(() => rmSync(folder, { recursive: true }))

const { membership, members } = createSigningMembers(1)
const session = { ...firstSession(membership), membership: { ...membership, session: 1 } }
const keyHash = sha384(members[0]?.signer.publicKey ?? new Uint8Array())
const own = { session, identity: { member: membership.members[0], keyHash } } as unknown as OwnSession

function countIn(): number | undefined {
  const owner = { membershipHash: session.hash, member: 0, keyHash }
  const journal = unwrap(openSafetyJournal(join(folder, 'journal-1.sqlite'), owner))
  const count = journal.tpmCount()
  journal.close()
  return count
}

test('the journal of the next session knows what the TPM has counted, also when a crash had left it behind', () => {
  unwrap(makeSessionJournal(folder, own, 41))
  assert.equal(countIn(), 41)
  unwrap(makeSessionJournal(folder, own, 43))
  assert.equal(countIn(), 43)
  unwrap(makeSessionJournal(folder, own, 40))
  unwrap(makeSessionJournal(folder, own, undefined))
  assert.equal(countIn(), 43)
})
