import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { withAdvice } from '../../provisioning/advice.ts'
import { drawJoin } from '../../provisioning/appliance/join.ts'
import { BENCH_ATTESTATION } from '../../provisioning/bench.ts'
import { drawClusterGenesis } from '../../provisioning/cluster-genesis.ts'
import { checkClusterPlan } from '../../provisioning/cluster-plan.ts'
import { openAuthority } from '../../provisioning/enrolment-authority/authority.ts'
import { findSwtpm } from '../../provisioning/software-tpm.ts'
import { readGenesis } from '../../src/config/genesis.ts'
import { readConfiguration } from '../../src/config/parse.ts'
import {
  encodeGenesisSignatures,
  GENESIS_CONTEXT,
  genesisContent,
  verifyGenesisSignatures,
} from '../../src/consensus/genesis-signature.ts'
import { membershipCodec } from '../../src/consensus/membership.ts'
import { encode } from '../../src/core/encoding.ts'
import type { Result } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { taiNs } from '../../src/core/time.ts'
import { readPrivateKey } from '../../src/crypto/key-file.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { faultOf, unwrap } from '../support/results.ts'

/** The one command that makes a bench, twice; and what neither authority nor appliances take for a genesis. */

const found = findSwtpm()
const skip = found.ok ? false : found.fault.message
const SCRIPT = fileURLToPath(new URL('../../provisioning/test-bench', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'qt-bench-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const bench = join(folder, 'bench')

interface Ran {
  readonly membership: string
  readonly seconds: number
}

function runScript(): Promise<{ readonly said: Ran; readonly lines: readonly string[] }> {
  return new Promise((resolve, reject) => {
    execFile(SCRIPT, [bench, '--json'], (error, stdout, stderr) => {
      if (error === null) resolve({ said: JSON.parse(stdout) as Ran, lines: stderr.trim().split('\n') })
      else reject(new Error(stderr))
    })
  })
}

/** Everything but logs, which are appended to, and TPMs, which count their starts. */
function snapshot(): Readonly<Record<string, string>> {
  const entries = readdirSync(bench, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.log'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(bench, path).startsWith('tpm/'))
  return Object.fromEntries(entries.map((path) => [relative(bench, path), readFileSync(path, 'hex')]))
}

const first = skip === false ? await runScript() : undefined

test('one command makes four members with a signed genesis, and once more the very same', { skip }, async (t) => {
  assert.ok(first)
  const before = snapshot()
  const second = await runScript()
  t.diagnostic(`from nothing ${first.said.seconds} s, once more ${second.said.seconds} s`)
  assert.equal(second.said.membership, first.said.membership)
  assert.deepEqual(snapshot(), before)
  assert.deepEqual(
    second.lines.filter((line) => !line.startsWith('keep ')),
    [],
  )
  const genesis = unwrap(readGenesis(join(bench, 'genesis.cbor')))
  assert.deepEqual(
    genesis.members.map(({ name }) => name),
    ['ts0', 'ts1', 'ts2', 'ts3'],
  )
  const authorities = genesis.attestation?.authorities ?? []
  const signatures = new Uint8Array(readFileSync(join(bench, 'ts2', 'genesis.signatures.cbor')))
  const { verifySync } = selectMlDsa().verifier
  assert.equal(unwrap(verifyGenesisSignatures(signatures, genesis, authorities, verifySync)).length, 1)
  const { attestation } = unwrap(readConfiguration(join(bench, 'ts1', 'config.toml')))
  assert.equal(attestation?.swtpm, join(bench, 'tpm', 'ts1', 'tpm.sock'))
  assert.equal(attestation?.enrolment, join(bench, 'ts1', 'attestation', 'enrolment.cbor'))
})

test('private keys are where they were made, and in no log', { skip }, () => {
  const files = readdirSync(bench, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const texts = files.map((entry) => ({
    path: relative(bench, join(entry.parentPath, entry.name)),
    text: readFileSync(join(entry.parentPath, entry.name), 'latin1'),
  }))
  const keys = texts.filter(({ text, path }) => text.includes('PRIVATE KEY') && !path.startsWith('ca/'))
  // Those of the appliances are sealed.
  const places = ['authority/authority.pem', 'genesis/operators/operator.pem']
  for (const name of ['ts0', 'ts1', 'ts2', 'ts3']) {
    const { node } = unwrap(readConfiguration(join(bench, name, 'config.toml')))
    for (const place of [node.signingKey, node.tlsKey]) assert.equal(unwrap(readPrivateKey(place)).kind, 'sealed')
  }
  assert.deepEqual(keys.map(({ path }) => path).sort(), places.sort())
  for (const { path, text: pem } of keys) {
    const seed = Buffer.from((pem.split('\n')[1] ?? '') + (pem.split('\n')[2] ?? ''), 'base64').subarray(-32)
    const spelled = [seed.toString('hex'), seed.toString('base64').slice(2, 40), seed.toString('latin1')]
    const leaks = texts.filter((other) => other.path !== path && spelled.some((secret) => other.text.includes(secret)))
    assert.deepEqual(
      leaks.map((other) => other.path),
      [],
      path,
    )
  }
})

function refused(result: Result<unknown>, code: string): void {
  const fault = faultOf(result)
  assert.equal(fault.code, code, fault.message)
  assert.match(withAdvice(fault).message, /^[^\n]+(?:expected|got)[^\n]+; [^\n]+$/)
}

test('an appliance joins no genesis but one that its authority stands by and that has its keys', { skip }, () => {
  const genesis = unwrap(readGenesis(join(bench, 'genesis.cbor')))
  const terms = genesis.attestation
  assert.ok(terms)
  const stranger = selectMlDsa().createSigner(new Uint8Array(32).fill(9))
  const joining = (changed: typeof genesis, signatures?: Uint8Array) => {
    const bundle = mkdtempSync(join(folder, 'bundle-'))
    cpSync(join(bench, 'genesis'), bundle, { recursive: true })
    writeFileSync(join(bundle, 'genesis.cbor'), encode(membershipCodec, changed))
    if (signatures === undefined) rmSync(join(bundle, 'genesis.signatures.cbor'))
    else writeFileSync(join(bundle, 'genesis.signatures.cbor'), signatures)
    return drawJoin({ folder: join(bench, 'ts0'), bundle, updateConfiguration: false })
  }
  const genuine = new Uint8Array(readFileSync(join(bench, 'genesis.signatures.cbor')))
  assert.ok(joining(genesis, genuine).ok)
  const signedBy = (by: typeof stranger, of = genesis): Uint8Array =>
    encodeGenesisSignatures([
      { authority: sha384(by.publicKey), signature: by.sign(GENESIS_CONTEXT, genesisContent(of)) },
    ])
  refused(joining(genesis), 'genesis.unsigned')
  refused(joining(genesis, signedBy(stranger)), 'genesis.unsigned')
  refused(joining({ ...genesis, targetPrecisionNs: 5n }, genuine), 'genesis.signature')
  refused(joining({ ...genesis, attestation: undefined }, genuine), 'genesis.no-attestation')
  const hijacked = { ...genesis, attestation: { ...terms, authorities: [stranger.publicKey] } }
  refused(joining(hijacked, signedBy(stranger, hijacked)), 'genesis.authority')
  // By the authority itself, of the keys of others: what it must never have signed.
  const opened = unwrap(openAuthority(join(bench, 'authority')))
  opened.close()
  const [one, two, ...rest] = genesis.members
  assert.ok(one && two)
  const swapped = {
    ...genesis,
    members: [{ ...two, id: 0, name: one.name }, { ...one, id: 1, name: two.name }, ...rest],
  }
  refused(joining(swapped, signedBy(opened.signer, swapped)), 'identity.keys')
  // And a configuration that names keys which are not here.
  const plainKeys = mkdtempSync(join(folder, 'bundle-'))
  cpSync(join(bench, 'genesis'), plainKeys, { recursive: true })
  const file = join(plainKeys, 'ts0', 'config.toml')
  writeFileSync(file, readFileSync(file, 'utf8').replace('signing.sealed', 'signing.pem'))
  refused(drawJoin({ folder: join(bench, 'ts0'), bundle: plainKeys, updateConfiguration: true }), 'config.keys')
  const renamed = { ...genesis, members: [{ ...one, name: 'other' }, two, ...rest] }
  refused(joining(renamed, signedBy(opened.signer, renamed)), 'identity.name')
})

test('an authority signs one genesis for a cluster, of those that it has enrolled', { skip }, (t) => {
  const authority = unwrap(openAuthority(join(bench, 'authority')))
  t.after(() => authority.close())
  const drawn = (changes: object, names = ['ts0', 'ts1', 'ts2', 'ts3'], out = 'elsewhere') => {
    const appliances = names.map((name, id) => ({
      name,
      site: `hall-${id}`,
      address: `192.0.2.${id + 1}`,
      sources: [],
    }))
    const plan = unwrap(
      checkClusterPlan({ cluster: 'bench', attestation: BENCH_ATTESTATION, appliances, ...changes }, 'plan'),
    )
    const options = { otherAuthorities: [], updateConfigurations: false, genesisTai: taiNs(7n) }
    return drawClusterGenesis({ plan, authority, folder: join(folder, out), ...options })
  }
  const count = authority.ledger.entries.length
  refused(drawn({ epochPeriodMs: 500 }), 'authority.genesis')
  refused(drawn({}, ['ts0', 'ts9']), 'genesis.not-enrolled')
  refused(drawn({ cluster: 'second', attestation: { pcrs: [0, 10] } }), 'genesis.selection')
  refused(drawn({ cluster: 'second', attestation: undefined }), 'genesis.no-attestation')
  const second = unwrap(drawn({ cluster: 'second', attestation: { onFailure: 'refuse', unattested: 'refuse' } }))
  assert.equal(second.membership.attestation?.policy.onFailure, 'refuse')
  assert.equal(authority.ledger.entries.length, count, 'nothing is signed by looking')
})
