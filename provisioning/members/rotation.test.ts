import assert from 'node:assert/strict'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { writeKeyFile } from '../../src/crypto/key-file.ts'
import { encodeSealedKey, type SealedKey } from '../../src/crypto/sealed-key.ts'
import { enrolmentOf, signEnrolment, TPM } from '../../test/support/attestation-records.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { configurationText } from '../appliance-configuration.ts'
import { checkClusterPlan } from '../cluster-plan.ts'
import { drawRotation } from './rotation.ts'

const scratch = mkdtempSync(join(tmpdir(), 'quorumtime-rotation-'))
after(() => rmSync(scratch, { recursive: true }))

const SEALED: SealedKey = {
  format: 'quorumtime-sealed-key-1',
  purpose: 'signing',
  keyHash: new Uint8Array(48),
  bank: 'sha256',
  registers: [7],
  parent: 'ecc-p384-aes256-sha384',
  publicArea: new Uint8Array(80),
  privateArea: new Uint8Array(80),
}

/** A folder with a configuration whose comments are to stay. */
function appliance(name: string, asked: object = {}): string {
  const folder = join(scratch, name)
  mkdirSync(join(folder, 'keys'), { recursive: true })
  const [own] = [{ name, site: 'a', address: '127.0.0.1', sources: [] }]
  const plan = unwrap(checkClusterPlan({ cluster: 'test', ...asked, appliances: [own] }, 'plan'))
  const [planned] = plan.appliances
  assert.ok(planned)
  writeFileSync(join(folder, 'config.toml'), `# by hand\n${configurationText(plan, planned)}`)
  return folder
}

test('the next keys are named beside the present ones, and nothing else changes', () => {
  const folder = appliance('ts0')
  for (const kind of ['signing', 'tls']) unwrap(writeKeyFile(join(folder, 'keys', `${kind}.pem`), new Uint8Array(32)))
  const before = readFileSync(join(folder, 'config.toml'), 'utf8')
  // Root can give files away; whoever runs this otherwise keeps what is theirs.
  const [owner, group] = process.getuid?.() === 0 ? [1234, 1235] : [statSync(folder).uid, statSync(folder).gid]
  chownSync(join(folder, 'config.toml'), owner, group)
  for (const { perform } of unwrap(drawRotation(folder, ['tls'])).tasks)
    unwrap(perform() as ReturnType<typeof writeKeyFile>)
  const text = readFileSync(join(folder, 'config.toml'), 'utf8')
  assert.match(text, /^tlsKey = "keys\/tls\.pem"\nnextTlsKey = "next\/keys\/tls\.pem"\n/m)
  assert.equal(text.replace(/^nextTlsKey.*\n/m, ''), before)
  const { uid, gid } = statSync(join(folder, 'config.toml'))
  assert.deepEqual([uid, gid], [owner, group])
  const again = unwrap(drawRotation(folder, ['tls'])).tasks
  assert.deepEqual(
    again.filter(({ action }) => action !== 'keep'),
    [],
  )
})

test('a sealed key is followed by a sealed one alone', () => {
  const folder = appliance('ts1')
  writeFileSync(join(folder, 'keys', 'signing.pem'), encodeSealedKey(SEALED), { mode: 0o600 })
  assert.equal(faultOf(drawRotation(folder, ['signing'])).code, 'rotate.sealed')
  mkdirSync(join(folder, 'next', 'keys'), { recursive: true })
  writeFileSync(join(folder, 'next', 'keys', 'signing.sealed'), encodeSealedKey(SEALED), { mode: 0o600 })
  const { tasks, publicKeys } = unwrap(drawRotation(folder, ['signing']))
  assert.deepEqual(publicKeys, [])
  unwrap(tasks.at(-1)?.perform() as ReturnType<typeof writeKeyFile>)
  assert.match(readFileSync(join(folder, 'config.toml'), 'utf8'), /^nextSigningKey = "next\/keys\/signing\.sealed"$/m)
})

test('a key that a TPM is to vouch for is named with its enrolment, and not before it has one', () => {
  const folder = appliance('ts2', { attestation: {} })
  const next = join(folder, 'next')
  for (const made of ['keys', 'attestation']) mkdirSync(join(next, made), { recursive: true })
  writeFileSync(join(next, 'keys', 'signing.sealed'), encodeSealedKey(SEALED), { mode: 0o600 })
  const none = faultOf(drawRotation(folder, ['signing']))
  assert.equal(none.code, 'rotate.not-enrolled')
  assert.match(none.message, /enrolment\.cbor: expected the enrolment of the key 000000000000, got .*no such file$/)
  const file = join(next, 'attestation', 'enrolment.cbor')
  writeFileSync(file, signEnrolment(enrolmentOf(TPM)))
  assert.match(faultOf(drawRotation(folder, ['signing'])).message, /000000000000, got one of [0-9a-f]{12}$/)
  writeFileSync(file, signEnrolment(enrolmentOf(TPM, { keyHash: SEALED.keyHash })))
  const before = readFileSync(join(folder, 'config.toml'), 'utf8')
  unwrap(
    unwrap(drawRotation(folder, ['signing']))
      .tasks.at(-1)
      ?.perform() as ReturnType<typeof writeKeyFile>,
  )
  const text = readFileSync(join(folder, 'config.toml'), 'utf8')
  assert.match(text, /^enrolment = .*\nnextEnrolment = "next\/attestation\/enrolment\.cbor"\n/m)
  assert.equal(text.replaceAll(/^next(?:SigningKey|Enrolment).*\n/gm, ''), before)
})

test('a TLS key needs no enrolment, and a key that is not made yet can have none', () => {
  const folder = appliance('ts3', { attestation: {} })
  mkdirSync(join(folder, 'next', 'keys'), { recursive: true })
  writeFileSync(join(folder, 'next', 'keys', 'tls.sealed'), encodeSealedKey({ ...SEALED, purpose: 'tls' }), {
    mode: 0o600,
  })
  unwrap(drawRotation(folder, ['tls']))
  unwrap(writeKeyFile(join(folder, 'keys', 'signing.sealed'), new Uint8Array(32)))
  const { code, message } = faultOf(drawRotation(folder, ['signing']))
  assert.equal(code, 'rotate.not-enrolled')
  assert.match(message, /the next signing key, which is not made yet/)
})
