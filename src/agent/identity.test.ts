import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { createSigningMembers } from '../../test/support/signing-members.ts'
import type { Configuration } from '../config/schema.ts'
import { sha384 } from '../core/hash.ts'
import { writeKeyFile } from '../crypto/key-file.ts'
import { loadIdentity } from './identity.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-identity-'))
after(() => rmSync(folder, { recursive: true }))

const { membership, members } = createSigningMembers(2)
for (const [id, { seed, tlsSeed }] of members.entries()) {
  unwrap(writeKeyFile(join(folder, `signing-${id}.pem`), seed))
  unwrap(writeKeyFile(join(folder, `tls-${id}.pem`), tlsSeed))
}

function configuration(name: string, signing: string, tls: string): Configuration {
  const node = { name, signingKey: join(folder, signing), tlsKey: join(folder, tls) } as Configuration['node']
  return { node } as Configuration
}

test('an appliance is the member of its name, with the keys that the genesis names', () => {
  const identity = unwrap(loadIdentity(configuration('node1', 'signing-1.pem', 'tls-1.pem'), membership))
  assert.equal(identity.member.id, 1)
  assert.deepEqual(identity.signer.publicKey, membership.members[1]?.signingKey)
  assert.deepEqual(identity.tls.keyHash, membership.members[1]?.tlsKeyHash)
  assert.deepEqual(identity.keyHash, sha384(identity.signer.publicKey))
  const message = Uint8Array.of(1)
  const signature = identity.signer.sign('test', message)
  assert.equal(identity.verifier.verifySync(identity.signer.publicKey, 'test', message, signature), true)
})

test('a name that the genesis does not know is refused with those that it does', () => {
  assert.equal(
    faultOf(loadIdentity(configuration('node7', 'signing-1.pem', 'tls-1.pem'), membership)).message,
    'node.name: expected a member of the genesis (node0, node1), got "node7"',
  )
})

test('a key of somebody else is refused with its file, for each of the two', () => {
  const signing = faultOf(loadIdentity(configuration('node1', 'signing-0.pem', 'tls-1.pem'), membership))
  assert.equal(signing.code, 'identity.signing-key')
  assert.match(
    signing.message,
    /signing-0\.pem: expected the signing key that the genesis names for node1, got another/,
  )
  const tls = faultOf(loadIdentity(configuration('node1', 'signing-1.pem', 'tls-0.pem'), membership))
  assert.equal(tls.code, 'identity.tls-key')
  assert.match(tls.message, /tls-0\.pem: expected the TLS key that the genesis names for node1, got another/)
})

test('a key that is missing, or that others can read, is refused', () => {
  assert.equal(faultOf(loadIdentity(configuration('node1', 'absent.pem', 'tls-1.pem'), membership)).code, 'key.missing')
  chmodSync(join(folder, 'tls-0.pem'), 0o640)
  assert.equal(
    faultOf(loadIdentity(configuration('node0', 'signing-0.pem', 'tls-0.pem'), membership)).code,
    'key.permissions',
  )
})
