import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleReading } from '../../test/support/proposals.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { createSigningMembers } from '../../test/support/signing-members.ts'
import type { Hello } from '../consensus/messages.ts'
import { readHello, signHello } from './hello.ts'

const { membership, cluster, members, verifier, envelope } = createSigningMembers(3)
const HELLO: Hello = {
  era: 1,
  clock: sampleReading(1, 70n, { tai: 1_000n, bound: 50n }),
  view: 9,
  finalizedView: 8,
  answerWanted: true,
}

function signedBy(member: number): Uint8Array {
  const signer = members[member]?.signer
  assert.ok(signer !== undefined)
  return signHello(cluster, member, 4, signer, HELLO)
}

test('what a member signs its peer reads, with the boot that said it', () => {
  const { header, body } = unwrap(readHello(signedBy(1), 1, membership, cluster, verifier))
  assert.deepEqual(body, HELLO)
  assert.deepEqual([header.sender, header.bootCount, header.attestationDigest], [1, 4, undefined])
})

test('a Hello of another member than the one at the other end is refused', () => {
  const fault = faultOf(readHello(signedBy(2), 1, membership, cluster, verifier))
  assert.deepEqual(fault, { code: 'hello.sender', message: 'hello: expected one of member 1, got one of member 2' })
})

test('a Hello of another cluster or genesis is refused', () => {
  const otherName = { ...cluster, cluster: 'other' }
  assert.equal(faultOf(readHello(signedBy(1), 1, membership, otherName, verifier)).code, 'message.cluster')
  const otherGenesis = { ...cluster, membershipHash: new Uint8Array(48) }
  assert.equal(
    faultOf(readHello(signedBy(1), 1, membership, otherGenesis, verifier)).message,
    "hello of member 1: expected this membership's hash, got another",
  )
})

test('a Hello whose signature does not verify is refused with the name of its sender', () => {
  const signer = members[2]?.signer
  assert.ok(signer !== undefined)
  const forged = signHello(cluster, 1, 4, signer, HELLO)
  assert.deepEqual(faultOf(readHello(forged, 1, membership, cluster, verifier)), {
    code: 'hello.signature',
    message: 'hello of member 1 (node1): expected a valid signature, got one that does not verify',
  })
})

test('another first message, or none at all, is refused', () => {
  const vote = envelope(1, 'nullify', { view: 3 })
  assert.equal(
    faultOf(readHello(vote, 1, membership, cluster, verifier)).message,
    'first frame: expected a hello, got a nullify',
  )
  assert.equal(faultOf(readHello(Uint8Array.of(0xff), 1, membership, cluster, verifier)).code, 'encoding.cbor')
})
