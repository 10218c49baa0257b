import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleProposal, sampleReading } from '../../test/support/proposals.ts'
import { createReplicaCluster, testSign, testVerify } from '../../test/support/replica-cluster.ts'
import { faultOf } from '../../test/support/results.ts'
import { createSigningMembers } from '../../test/support/signing-members.ts'
import type { Member } from '../consensus/membership.ts'
import { compactVote, decodeEnvelope, type MessageType } from '../consensus/messages.ts'
import { quorumCertificateCodec } from '../consensus/quorum-certificate.ts'
import type { JournalRecord } from '../consensus/replica/types.ts'
import { equalBytes } from '../core/bytes.ts'
import { encode } from '../core/encoding.ts'
import { checkJournal, type JournalCheck } from './journal-check.ts'

const { membership, members, verifier, envelope } = createSigningMembers(4)
const [self] = membership.members
assert.ok(self !== undefined)
const CHECK = { membership, identity: { member: self, verifier } }
const HASH = new Uint8Array(48).fill(7)
const PROPOSAL = sampleProposal(sampleReading(0, 5n, { tai: 9n, bound: 1n }), [], { epoch: 6 })

const RECORDS: readonly JournalRecord[] = [
  { kind: 'proposal', number: 6, bytes: envelope(0, 'proposal', PROPOSAL) },
  { kind: 'notarize', number: 3, bytes: envelope(0, 'notarize', { view: 3, hash: HASH }) },
  { kind: 'finalize', number: 3, bytes: envelope(0, 'finalize', { view: 3, hash: HASH }) },
  { kind: 'nullify', number: 4, bytes: envelope(0, 'nullify', { view: 4 }) },
  { kind: 'nullification', number: 4, bytes: nullification(4, [0, 1, 2]) },
]

function nullification(view: number, senders: readonly number[]): Uint8Array {
  const votes = senders.map((sender) => {
    const vote = decodeEnvelope(envelope(sender, 'nullify', { view }))
    assert.ok(vote.ok && vote.value.type === 'nullify')
    return compactVote(vote.value)
  })
  return encode(quorumCertificateCodec, { type: 'nullify', view, hash: undefined, votes })
}

/** The virtual cluster's signatures: a key is its member's number plus one, many times. */
function testVerifySync(key: Uint8Array, context: string, content: Uint8Array, signature: Uint8Array): boolean {
  const type = context.replace('quorumtime/v1/', '') as MessageType
  return equalBytes(signature, testSign((key[0] ?? 0) - 1, type, content))
}

async function messageFor(record: JournalRecord): Promise<string> {
  const fault = faultOf(await checkJournal('journal.sqlite', [...RECORDS, record], CHECK))
  assert.equal(fault.code, 'journal.damaged')
  return fault.message
}

test('a journal of messages that this member has signed, and of certificates that verify, is genuine', async () => {
  assert.equal((await checkJournal('journal.sqlite', RECORDS, CHECK)).ok, true)
  assert.equal((await checkJournal('journal.sqlite', [], CHECK)).ok, true)
})

test('the journals of a cluster that has decided are genuine, each for its own member', async () => {
  const decided = createReplicaCluster({ n: 4, seed: 2 })
  await decided.run(3_500_000_000n)
  const node = decided.nodes[3]
  const [other, own] = [decided.membership.members[2], decided.membership.members[3]]
  assert.ok(node !== undefined && other !== undefined && own !== undefined)
  const records = node.journal.records()
  assert.ok(records.some(({ kind }) => kind === 'final') && records.some(({ kind }) => kind === 'block'))
  const checkFor = (member: Member): JournalCheck => ({
    membership: decided.membership,
    identity: { member, verifier: { verify: testVerify, verifySync: testVerifySync } },
  })
  assert.deepEqual(await checkJournal('journal.sqlite', records, checkFor(own)), { ok: true, value: undefined })
  assert.equal((await checkJournal('journal.sqlite', records, checkFor(other))).ok, false)
})

test('one changed bit anywhere in a record is found', async () => {
  for (const record of RECORDS) {
    const { bytes } = record
    for (const at of [0, 20, bytes.length >> 1, bytes.length - 1]) {
      const damaged = Uint8Array.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ 0x10
      const checked = await checkJournal('journal.sqlite', [{ ...record, bytes: damaged }], CHECK)
      assert.equal(checked.ok, false, `${record.kind} with a changed byte ${at}`)
    }
  }
})

test('what others have signed, and what stands under another kind or number, is not what this member has said', async () => {
  assert.equal(
    await messageFor({ kind: 'nullify', number: 5, bytes: envelope(1, 'nullify', { view: 5 }) }),
    'journal.sqlite: expected a nullify of 5, got a nullify of member 1',
  )
  assert.equal(
    await messageFor({ kind: 'finalize', number: 5, bytes: envelope(0, 'nullify', { view: 5 }) }),
    'journal.sqlite: expected a finalize of 5, got a nullify of member 0',
  )
  assert.equal(
    await messageFor({ kind: 'nullify', number: 5, bytes: envelope(0, 'nullify', { view: 6 }) }),
    'journal.sqlite: expected a nullify of 5, got one of 6',
  )
  assert.match(
    await messageFor({ kind: 'nullification', number: 5, bytes: nullification(5, [0, 1]) }),
    /^journal\.sqlite: expected a nullification of 5, got nullify certificate of view 5: expected at least 3 signatures/,
  )
  assert.match(
    await messageFor({ kind: 'final', number: 5, bytes: Uint8Array.of(0xff) }),
    /^journal\.sqlite: expected a final of 5, got certificate: expected canonical CBOR/,
  )
  assert.equal(members.length, 4)
})
