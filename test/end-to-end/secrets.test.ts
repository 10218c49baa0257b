import assert from 'node:assert/strict'
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openDesk } from '../../src/cli/demo/instruments.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { readLeapTable } from '../../src/config/leap-seconds.ts'
import { NS_PER_SECOND, taiNs } from '../../src/core/time.ts'
import { readKeyFile } from '../../src/crypto/key-file.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { provision, quorumtime, startAgent } from '../support/agent-process.ts'
import { unwrap } from '../support/results.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-secrets-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const config = join(folder, 'ts0', 'config.toml')

/** Eight bytes of a secret in a row are not there by chance. Of them, six lie on the groups of any base64. */
const RUN_BYTES = 8
const BASE64_BYTES = 6

/** Which secret a text or file shows, and how; undefined when it shows none. */
function leakIn(content: Uint8Array, secrets: Readonly<Record<string, Uint8Array>>): string | undefined {
  const bytes = Buffer.from(content)
  const lower = Buffer.from(bytes.toString('latin1').toLowerCase(), 'latin1')
  for (const [name, secret] of Object.entries(secrets)) {
    for (let at = 0; at + RUN_BYTES <= secret.length; at++) {
      const run = Buffer.from(secret.subarray(at, at + RUN_BYTES))
      if (bytes.includes(run)) return `${name}, raw`
      if (lower.includes(run.toString('hex'))) return `${name}, in hexadecimal`
      // JSON of a typed array, and what an inspector prints.
      if (lower.includes([...run].join(','))) return `${name}, in decimal`
    }
    for (let at = 0; at + BASE64_BYTES <= secret.length; at++) {
      const group = Buffer.from(secret.subarray(at, at + BASE64_BYTES))
      for (const form of ['base64', 'base64url'] as const) {
        if (bytes.includes(group.toString(form))) return `${name}, in ${form}`
      }
    }
  }
  return undefined
}

function filesBelow(place: string): readonly string[] {
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .map((name) => join(place, name))
    .filter((path) => lstatSync(path).isFile())
}

test('the search finds what it looks for', () => {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => (index * 37 + 11) & 0xff)
  const found = (text: string | Uint8Array): string | undefined => leakIn(Buffer.from(text), { key: secret })
  const part = Buffer.from(secret.subarray(7, 15))
  assert.equal(found(Buffer.concat([Buffer.from('x'), part])), 'key, raw')
  assert.equal(found(`seed=${part.toString('hex').toUpperCase()}`), 'key, in hexadecimal')
  for (const lead of ['', 'a', 'ab']) {
    assert.equal(found(Buffer.concat([Buffer.from(lead), part]).toString('base64')), 'key, in base64')
  }
  assert.equal(found(`[${[...part].join(',')}]`), 'key, in decimal')
  assert.equal(found('nothing of it'), undefined)
})

test('nothing that an agent says, keeps, answers or exports has eight bytes of a seed in it', async (t) => {
  const world = unwrap(createWorld(unwrap(readLeapTable(undefined))))
  const startedAt = readMonoNs()
  mkdirSync(join(folder, 'ts0', 'state'), { recursive: true })
  const desk = unwrap(openDesk(join(folder, 'ts0'), 1, world.sky(startedAt, 0n)))
  t.after(() => desk.close())
  const now = world.truth(startedAt)
  await provision({ folder, sources: [desk.sources], genesisTai: taiNs(now - (now % NS_PER_SECOND)) })
  const keys = { signing: join(folder, 'ts0', 'keys', 'signing.pem'), tls: join(folder, 'ts0', 'keys', 'tls.pem') }
  const secrets = { signing: unwrap(readKeyFile(keys.signing)), tls: unwrap(readKeyFile(keys.tls)) }
  for (const [name, path] of Object.entries(keys)) {
    assert.ok(leakIn(readFileSync(path), secrets)?.startsWith(name), 'the key file itself would be found')
  }

  const said: string[] = []
  const ask = async (...words: readonly string[]): Promise<void> => {
    const { stdout, stderr } = await quorumtime(...words, '--config', config)
    said.push(stdout, stderr)
  }
  const agent = startAgent(t, config)
  await agent.until(({ type }) => type === 'decision')
  for (const verb of ['status', 'sources', 'peers', 'partitions', 'check-config']) {
    await ask(verb)
    await ask(verb, '--json')
  }
  await ask('certificate', 'export', '--out', join(folder, 'exported.qtc'))
  await ask('evidence', 'list')
  agent.signal('SIGTERM')
  const { stdout, stderr } = await agent.ended
  said.push(stdout, stderr)
  // A key file that is damaged at its end, in its middle, or is of another form.
  const pem = readFileSync(keys.signing, 'latin1')
  for (const damaged of [pem.slice(0, -40), pem.replace('MDQC', 'MDQD'), pem.replace('PRIVATE', 'SECRET')]) {
    writeFileSync(keys.signing, damaged, { mode: 0o600 })
    const failed = await quorumtime('agent', '--config', config)
    assert.equal(failed.code, 1)
    said.push(failed.stdout, failed.stderr)
    await ask('check-config')
  }
  assert.ok(said.join('').length > 5_000, 'something was said')
  for (const text of said) assert.equal(leakIn(Buffer.from(text), secrets), undefined, text)
  const kept = filesBelow(folder).filter((path) => !path.endsWith('.pem'))
  assert.ok(kept.some((path) => path.endsWith('journal.sqlite')) && kept.some((path) => path.endsWith('.qtc')))
  for (const path of kept) assert.equal(leakIn(readFileSync(path), secrets), undefined, path)
})
