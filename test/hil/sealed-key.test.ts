import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findUnsealed } from '../../src/agent/keys/guards.ts'
import { type Keys, loadKeys } from '../../src/agent/keys/load-keys.ts'
import { extendRegister } from '../../src/attestation/tpm/registers.ts'
import { SHA256 } from '../../src/attestation/tpm-algorithm.ts'
import type { Configuration } from '../../src/config/schema.ts'
import type { Result } from '../../src/core/fault.ts'
import { writeKeyFile } from '../../src/crypto/key-file.ts'
import { generateSeed } from '../../src/crypto/seed.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { type Ended, quorumtime } from '../support/agent-process.ts'
import { faultOf, unwrap } from '../support/results.ts'
import { openScope } from '../support/scope.ts'
import { missingSwtpm, type Swtpm, startSwtpm } from './swtpm.ts'

/** The command `quorumtime key` and the loading of keys, against software TPMs (swtpm, libtpms). */

const skip = await missingSwtpm()
const folder = mkdtempSync(join(tmpdir(), 'quorumtime-sealed-'))
const scope = openScope()
after(async () => {
  await scope.close()
  rmSync(folder, { recursive: true, force: true })
})
const [swtpm, another] =
  skip === false ? [await startSwtpm(scope, folder, 'one'), await startSwtpm(scope, folder, 'other')] : []

const [seed, tlsSeed] = [generateSeed(), generateSeed()]
const at = (name: string): string => join(folder, name)
unwrap(writeKeyFile(at('signing.pem'), seed))
unwrap(writeKeyFile(at('escrow.pem'), seed))
unwrap(writeKeyFile(at('tls.pem'), tlsSeed))
const publicKey = selectMlDsa().createSigner(seed).publicKey

function placeOf({ host, port }: Swtpm): string {
  return `${host}:${port}`
}

async function key(verb: string, file: string, ...words: readonly string[]): Promise<Ended> {
  assert.ok(swtpm)
  await swtpm.tpm.close()
  return quorumtime('key', verb, at(file), '--purpose', 'signing', '--tpm', placeOf(swtpm), ...words)
}

function load(tpm: Swtpm, signing: string, tls = 'tls.pem'): Promise<Result<Keys>> {
  const node = { signingKey: at(signing), tlsKey: at(tls) } as Configuration['node']
  const attestation = { provider: 'tpm2', swtpm: placeOf(tpm) } as Configuration['attestation']
  return loadKeys({ node, attestation } as Configuration)
}

/** As a firmware update does to what is measured. */
async function changeRegister(pcr: number): Promise<void> {
  assert.ok(swtpm)
  unwrap(await extendRegister(swtpm.tpm, pcr, SHA256, new Uint8Array(32).fill(7)))
  await swtpm.tpm.close()
}

test('a key is sealed, checked, and its file in the clear removed when asked to; again it changes nothing', {
  skip,
}, async () => {
  const words = ['--registers', 'sha256:0,4,7', '--out', at('signing.sealed'), '--log', at('log')]
  const rehearsed = await key('seal', 'signing.pem', ...words, '--dry-run', '--remove-plain')
  assert.match(rehearsed.stdout, /signing\.sealed: sealed signing key of .* under sha256:0,4,7, would be made/)
  assert.deepEqual([rehearsed.code, existsSync(at('signing.sealed')), existsSync(at('signing.pem'))], [0, false, true])
  const made = await key('seal', 'signing.pem', ...words)
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stdout, /signing\.sealed: unseals \(under sha256:0,4,7, below ecc-p384-aes256-sha384\)/)
  const bytes = readFileSync(at('signing.sealed'))
  const again = await key('seal', 'signing.pem', ...words, '--remove-plain')
  assert.equal(again.code, 0, again.stderr)
  assert.match(again.stdout, /signing\.pem: overwritten and removed; on flash .* the old blocks stay/)
  assert.equal(existsSync(at('signing.pem')), false)
  const third = await key('seal', 'signing.pem', ...words, '--remove-plain')
  assert.equal(third.code, 0, third.stderr)
  assert.deepEqual(readFileSync(at('signing.sealed')), bytes)
  assert.match(readFileSync(at('log'), 'utf8'), /^\S+Z key: signing key .*, dry run$/m)
})

test('the agent gets the key by its TPM, and says how each is guarded', { skip }, async () => {
  assert.ok(swtpm)
  const keys = unwrap(await load(swtpm, 'signing.sealed'))
  assert.deepEqual(keys.signing[0]?.key.publicKey, publicKey)
  assert.deepEqual([keys.signing[0]?.guard, keys.tls[0]?.guard], ['tpm', 'file'])
  const attestation = { provider: 'tpm2' } as Configuration['attestation']
  const unsealed = findUnsealed(keys, { attestation } as Configuration)
  assert.deepEqual(
    unsealed.map(({ code, message }) => `${code} ${message.split(':')[0]}`),
    [`key.plain ${at('tls.pem')}`],
  )
  assert.deepEqual(findUnsealed(keys, {} as Configuration), [])
})

test('another TPM, the wrong purpose, no TPM, and a file that others may read are each a sentence', {
  skip,
}, async () => {
  assert.ok(swtpm && another)
  const elsewhere = faultOf(await load(another, 'signing.sealed'))
  assert.equal(elsewhere.code, 'key.other-tpm')
  assert.match(elsewhere.message, /expected the TPM that has sealed the key, got another or one that was cleared; seal/)
  assert.equal(faultOf(await load(swtpm, 'signing.sealed', 'signing.sealed')).code, 'key.purpose')
  const node = { signingKey: at('signing.sealed'), tlsKey: at('tls.pem') } as Configuration['node']
  assert.equal(faultOf(await loadKeys({ node } as Configuration)).code, 'key.tpm')
  chmodSync(at('signing.sealed'), 0o640)
  assert.equal(faultOf(await load(swtpm, 'signing.sealed')).code, 'key.permissions')
  chmodSync(at('signing.sealed'), 0o600)
})

test('announced, a firmware update is crossed by sealing under what it leaves alone, and sealing anew', {
  skip,
}, async () => {
  assert.ok(swtpm)
  const before = await key('reseal', 'signing.sealed', '--registers', 'sha256:7')
  assert.equal(before.code, 0, before.stderr)
  await changeRegister(4)
  const after = await key('reseal', 'signing.sealed', '--registers', 'sha256:0,4,7')
  assert.equal(after.code, 0, after.stderr)
  assert.match(after.stdout, /sealed anew under sha256:0,4,7 as they are now, before under sha256:7/)
  assert.deepEqual(unwrap(await load(swtpm, 'signing.sealed')).signing[0]?.key.publicKey, publicKey)
})

test('unannounced, it closes the seal, and the escrowed key opens the way', { skip }, async () => {
  assert.ok(swtpm)
  await changeRegister(0)
  const closed = faultOf(await load(swtpm, 'signing.sealed'))
  assert.equal(closed.code, 'key.registers')
  assert.match(closed.message, /expected the registers sha256:0,4,7 as they were .* docs\/keys\.md, "After a firmware/)
  for (const verb of ['unseal-check', 'reseal']) {
    const refused = await key(verb, 'signing.sealed')
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /firmware, boot loader or their settings have changed/)
  }
  unwrap(writeKeyFile(at('stranger.pem'), generateSeed()))
  const stranger = await key('reseal', 'signing.sealed', '--escrow', at('stranger.pem'))
  assert.match(stranger.stderr, /stranger\.pem: expected the key that is sealed, got another one/)
  const again = await key('reseal', 'signing.sealed', '--registers', 'sha256:0,4,7', '--escrow', at('escrow.pem'))
  assert.equal(again.code, 0, again.stderr)
  assert.equal((await key('unseal-check', 'signing.sealed')).code, 0)
})

test('a TPM that is silent is asked again for a while, and then told of', { skip }, async () => {
  assert.ok(another)
  await another.tpm.close()
  another.child.kill('SIGSTOP')
  const fault = faultOf(await load(another, 'signing.sealed'))
  another.child.kill('SIGCONT')
  assert.equal(fault.code, 'tpm.silent')
  assert.match(fault.message, /signing\.sealed: expected the TPM to unseal the key, got .* expected a response within/)
})
