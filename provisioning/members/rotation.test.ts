import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { writeKeyFile } from '../../src/crypto/key-file.ts'
import { encodeSealedKey, type SealedKey } from '../../src/crypto/sealed-key.ts'
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
function appliance(name: string): string {
  const folder = join(scratch, name)
  mkdirSync(join(folder, 'keys'), { recursive: true })
  const [own] = [{ name, site: 'a', address: '127.0.0.1', sources: [] }]
  const plan = unwrap(checkClusterPlan({ cluster: 'test', appliances: [own] }, 'plan'))
  const [planned] = plan.appliances
  assert.ok(planned)
  writeFileSync(join(folder, 'config.toml'), `# by hand\n${configurationText(plan, planned)}`)
  return folder
}

test('the next keys are named beside the present ones, and nothing else changes', () => {
  const folder = appliance('ts0')
  for (const kind of ['signing', 'tls']) unwrap(writeKeyFile(join(folder, 'keys', `${kind}.pem`), new Uint8Array(32)))
  const before = readFileSync(join(folder, 'config.toml'), 'utf8')
  for (const { perform } of unwrap(drawRotation(folder, ['tls'])).tasks)
    unwrap(perform() as ReturnType<typeof writeKeyFile>)
  const text = readFileSync(join(folder, 'config.toml'), 'utf8')
  assert.match(text, /^tlsKey = "keys\/tls\.pem"\nnextTlsKey = "next\/keys\/tls\.pem"\n/m)
  assert.equal(text.replace(/^nextTlsKey.*\n/m, ''), before)
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
