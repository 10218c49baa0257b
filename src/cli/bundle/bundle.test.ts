import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Ended, provision, quorumtime } from '../../../test/support/agent-process.ts'
import { AUTHORITY, STRANGER } from '../../../test/support/attestation-records.ts'
import {
  type AttestedChain,
  attestedChain,
  attestingMembership,
  bundleOf,
  honestRecord,
  keepOnDisk,
} from '../../../test/support/attested-chain.ts'
import { unwrap } from '../../../test/support/results.ts'
import { membershipCodec } from '../../consensus/membership.ts'
import { encode } from '../../core/encoding.ts'
import { publicKeyToPem } from '../../crypto/public-key.ts'
import { verifyBundleWith } from './verify-command.ts'

const scratch = mkdtempSync(join(tmpdir(), 'quorumtime-bundle-verb-'))
after(() => rmSync(scratch, { recursive: true }))
const membership = attestingMembership()
const GOOD = attestedChain({ membership })

function written(name: string, content: string | Uint8Array): string {
  const path = join(scratch, name)
  writeFileSync(path, content)
  return path
}

const key = written('authority.pub', publicKeyToPem(AUTHORITY.publicKey))
const strangersKey = written('stranger.pub', publicKeyToPem(STRANGER.publicKey))

function fileOf(name: string, chain: AttestedChain): string {
  return written(name, unwrap(bundleOf(chain)).bytes)
}

const verify = (file: string, ...words: readonly string[]): Promise<Ended> =>
  quorumtime('certificate', 'verify', file, ...words)

test('ends with 0 when all records are verified, and says of whom what', async () => {
  const file = fileOf('good.qtb', GOOD)
  const [text, json] = await Promise.all([
    verify(file, '--authority', key),
    verify(file, '--authority', key, strangersKey, '--json'),
  ])
  assert.deepEqual([text.code, text.stderr], [0, ''])
  assert.match(text.stdout, /^sample, epoch 6 \(.*\): verified\n/)
  assert.match(text.stdout, /^signed by 3 of 4: node0, node1, node2$/m)
  assert.match(text.stdout, /^genesis signed by authority [0-9a-f]{12}, membership never changed since$/m)
  assert.match(
    text.stdout,
    /^ {2}node0 {2}verified {2}TPM [0-9a-f]{12} firmware 7, software [0-9a-f]{12}; proposal and vote, /m,
  )
  assert.match(text.stdout, /^ {2}node3 {2}verified {2}TPM .*; proposal, certified unjudged$/m)
  assert.match(text.stdout, /^ {4}instrument gnss: smartclock, serial 3711A00123, firmware 3805$/m)
  assert.match(text.stdout, /^not asked, for want of memory: /m)
  assert.match(text.stdout, /signed by 3 members, and all 4 attestation records that it names are verified\.\n$/)
  const said = JSON.parse(json.stdout) as Record<string, unknown>
  assert.deepEqual([json.code, said['type'], said['allVerified'], said['epoch']], [0, 'bundle', true, 6])
  assert.equal((said['records'] as unknown[]).length, 4)
})

test('ends with 3 when the certificate holds and a record does not', async () => {
  const file = fileOf(
    'one-none.qtb',
    attestedChain({
      membership,
      record: (id, _, named) => (id === 2 ? honestRecord(membership, id, named(5)) : undefined),
    }),
  )
  const [text, json] = await Promise.all([verify(file, '--authority', key), verify(file, '--authority', key, '--json')])
  assert.deepEqual([text.code, json.code, text.stderr], [3, 3, ''])
  assert.match(text.stdout, /^ {2}node0 {2}none {6}no TPM, software unknown; proposal and vote, /m)
  assert.match(
    text.stdout,
    /^ {4}record\.absent: record: expected one that its node has signed, got a node that names none$/m,
  )
  assert.match(text.stdout, / attestation records are verified and \d are not\.\n$/)
  assert.equal((JSON.parse(json.stdout) as Record<string, unknown>)['allVerified'], false)
})

test('ends with 1 and the reason when anything does not verify, and when the wrong things are given', async () => {
  const file = fileOf('again.qtb', GOOD)
  const bytes = new Uint8Array(readFileSync(file))
  bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1
  const flipped = written('flipped.qtb', bytes)
  const genesis = written('genesis-alone.cbor', encode(membershipCodec, membership))
  const refusal = async (...words: readonly [string, ...string[]]): Promise<string> => {
    const { code, stdout, stderr } = await verify(...words)
    assert.deepEqual([code, stdout], [1, ''], stderr)
    return stderr
  }
  const [broken, stranger, keyless, both, noKey] = await Promise.all([
    refusal(flipped, '--authority', key),
    refusal(file, '--authority', strangersKey),
    refusal(file, '--genesis', genesis),
    refusal(file, '--genesis', genesis, '--authority', key),
    refusal(file, '--authority', genesis),
  ])
  assert.match(
    broken,
    /^quorumtime: \S+flipped\.qtb: bundle: expected records that votes or listed proposals name alone, got record/,
  )
  assert.match(stranger, /again\.qtb: genesis signatures: expected one by [0-9a-f]+/)
  assert.match(keyless, /expected 1 to 4 public keys of authorities for a bundle, got 0$/m)
  assert.match(both, /--genesis, --authority: expected one of them, got both$/m)
  assert.match(noKey, /expected an ML-DSA-87 public key in PEM/)
})

const folder = join(scratch, 'cluster')
const own = join(folder, 'ts0')

function exported(out: string): Promise<Ended> {
  return quorumtime(
    'certificate',
    'export',
    '--config',
    join(own, 'config.toml'),
    '--bundle',
    '--out',
    join(scratch, out),
  )
}

async function verdicts(out: string): Promise<readonly string[]> {
  const bytes = new Uint8Array(readFileSync(join(scratch, out)))
  return unwrap(await verifyBundleWith(bytes, [key])).members.map(({ judgement }) => judgement.verdict)
}

before(async () => {
  await provision({ folder, sources: [[]] })
  writeFileSync(join(own, 'genesis.cbor'), encode(membershipCodec, membership))
  keepOnDisk(join(own, 'state'), GOOD, [1])
})

test('export --bundle takes no genesis that nobody stands by, and tells which records are not kept', async () => {
  const unsigned = await exported('unsigned.qtb')
  assert.equal(unsigned.code, 1)
  assert.match(
    unsigned.stderr,
    /signatures\.cbor: expected the signatures of the genesis by its authorities, got no such file/,
  )
  writeFileSync(join(own, 'genesis.signatures.cbor'), GOOD.genesisSignatures)
  const partial = await exported('partial.qtb')
  assert.equal(partial.code, 0)
  assert.match(
    partial.stderr,
    /^quorumtime: record [0-9a-f]{96} is not kept here: its node will not count as verified\n$/,
  )
  assert.deepEqual(await verdicts('partial.qtb'), ['verified', 'flagged', 'verified', 'verified'])
})

test('export --bundle writes what verifies out of the folder of an agent', async (t) => {
  writeFileSync(join(own, 'genesis.signatures.cbor'), GOOD.genesisSignatures)
  keepOnDisk(join(own, 'state'), GOOD)
  const whole = await exported('whole.qtb')
  assert.deepEqual([whole.code, whole.stderr], [0, ''])
  assert.match(whole.stdout, /whole\.qtb: \d+ bytes\n$/)
  assert.deepEqual(await verdicts('whole.qtb'), Array(4).fill('verified'))
  t.diagnostic(whole.stdout.trim())
})
