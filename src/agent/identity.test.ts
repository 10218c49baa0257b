import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { createSigningMembers } from '../../test/support/signing-members.ts'
import type { Configuration } from '../config/schema.ts'
import type { Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { writeKeyFile } from '../crypto/key-file.ts'
import { type Identity, identityIn } from './identity.ts'
import { loadKeys } from './keys/load-keys.ts'

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

async function loadIdentity(wanted: Configuration): Promise<Result<Identity>> {
  const keys = await loadKeys(wanted)
  return keys.ok ? identityIn(membership, wanted.node.name, keys.value) : keys
}

test('an appliance is the member of its name, with the keys that the genesis names', async () => {
  const identity = unwrap(await loadIdentity(configuration('node1', 'signing-1.pem', 'tls-1.pem')))
  assert.equal(identity.member.id, 1)
  assert.deepEqual(identity.signer.publicKey, membership.members[1]?.signingKey)
  assert.deepEqual(identity.tls.keyHash, membership.members[1]?.tlsKeyHash)
  assert.deepEqual(identity.keyHash, sha384(identity.signer.publicKey))
  const message = Uint8Array.of(1)
  const signature = identity.signer.sign('test', message)
  assert.equal(identity.verifier.verifySync(identity.signer.publicKey, 'test', message, signature), true)
})

test('a name that the genesis does not know is refused with those that it does', async () => {
  assert.equal(
    faultOf(await loadIdentity(configuration('node7', 'signing-1.pem', 'tls-1.pem'))).message,
    'node.name: expected a member of the genesis (node0, node1), got "node7"',
  )
})

test('a key of somebody else is refused with its file, for each of the two', async () => {
  const signing = faultOf(await loadIdentity(configuration('node1', 'signing-0.pem', 'tls-1.pem')))
  assert.equal(signing.code, 'identity.signing-key')
  assert.match(
    signing.message,
    /signing-0\.pem: expected the signing key that the genesis names for node1, got another/,
  )
  const tls = faultOf(await loadIdentity(configuration('node1', 'signing-1.pem', 'tls-0.pem')))
  assert.equal(tls.code, 'identity.tls-key')
  assert.match(tls.message, /tls-0\.pem: expected the TLS key that the genesis names for node1, got another/)
})

test('a key that is missing, or that others can read, is refused', async () => {
  assert.equal(faultOf(await loadIdentity(configuration('node1', 'absent.pem', 'tls-1.pem'))).code, 'key.missing')
  chmodSync(join(folder, 'tls-0.pem'), 0o640)
  assert.equal(
    faultOf(await loadIdentity(configuration('node0', 'signing-0.pem', 'tls-0.pem'))).code,
    'key.permissions',
  )
})

test('keys that a coming membership names are held beside the present ones', async () => {
  const wanted = configuration('node1', 'signing-0.pem', 'tls-1.pem')
  const next = { nextSigningKey: join(folder, 'signing-1.pem') }
  const identity = unwrap(await loadIdentity({ ...wanted, node: { ...wanted.node, ...next } }))
  assert.deepEqual(identity.signer.publicKey, membership.members[1]?.signingKey)
})

test('a credential is what systemd puts into the folder that it names', async (t) => {
  const wanted = configuration('node1', 'signing-1.pem', 'tls-1.pem')
  const given = { ...wanted, node: { ...wanted.node, signingKey: 'credential:signing' } }
  assert.equal(faultOf(await loadIdentity(given)).code, 'key.credential')
  process.env['CREDENTIALS_DIRECTORY'] = folder
  t.after(() => delete process.env['CREDENTIALS_DIRECTORY'])
  copyFileSync(join(folder, 'signing-1.pem'), join(folder, 'signing'))
  // An access list for the user of the service shows as bits of the group.
  chmodSync(join(folder, 'signing'), 0o440)
  const { keys } = unwrap(await loadIdentity(given))
  assert.deepEqual([keys.signing[0]?.guard, keys.tls[0]?.guard], ['credential', 'file'])
  chmodSync(join(folder, 'signing'), 0o444)
  assert.equal(faultOf(await loadIdentity(given)).code, 'key.permissions')
})
