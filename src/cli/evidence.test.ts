import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Ended, provision, quorumtime } from '../../test/support/agent-process.ts'
import { unwrap } from '../../test/support/results.ts'
import { evidenceCodec, evidenceEntry } from '../consensus/evidence.ts'
import { type Membership, membershipHash } from '../consensus/membership.ts'
import { toHex } from '../core/bytes.ts'
import { decode } from '../core/encoding.ts'
import { EVIDENCE_FILE, openEvidenceLog } from '../ledger/evidence-log.ts'

const scratch = mkdtempSync(join(tmpdir(), 'quorumtime-evidence-'))
after(() => rmSync(scratch, { recursive: true }))

/** Published files of a cluster of four, with real signatures. */
function vector(name: string): string {
  return fileURLToPath(new URL(`../../test/vectors/${name}`, import.meta.url))
}

const GENESIS = vector('n4/genesis.cbor')
const bytes = new Uint8Array(readFileSync(vector('n4/evidence.cbor')))
const entry = evidenceEntry(unwrap(decode(evidenceCodec, bytes, 'evidence')))

function verify(file: string, ...more: readonly string[]): Promise<Ended> {
  return quorumtime('evidence', 'verify', file, '--genesis', GENESIS, ...more)
}

/** The one sentence that a verb ends with when it refuses. */
function refusalIn({ code, stdout, stderr }: Ended): string {
  assert.deepEqual([code, stdout], [1, ''], stderr)
  const sentence = /^quorumtime: ([^\n]+)\n$/.exec(stderr)?.[1]
  assert.ok(sentence !== undefined, stderr)
  return sentence
}

describe('evidence verify', () => {
  test('ends with 0 on a proof, of a contradiction or of a wrong outcome, and says who lied', async () => {
    const [pair, outcome, json] = await Promise.all([
      verify(vector('n4/evidence.cbor')),
      verify(vector('n4/evidence-outcome.cbor')),
      verify(vector('n4/evidence.cbor'), '--json'),
    ])
    assert.deepEqual([pair.code, outcome.code, json.code], [0, 0, 0], pair.stderr + outcome.stderr + json.stderr)
    assert.equal(
      pair.stdout,
      'rack-7: proven: ts1 signed what no correct appliance signs: conflicting-finalize in view 8\n',
    )
    assert.match(
      outcome.stdout,
      /^rack-7: proven: ts\d signed what no correct appliance signs: wrong-outcome in view 9\n$/,
    )
    const said = JSON.parse(json.stdout) as Record<string, unknown>
    assert.deepEqual(
      [said['type'], said['verified'], said['member'], said['name'], said['digest']],
      ['evidence', true, 1, 'ts1', toHex(entry.digest)],
    )
  })

  test('ends with 1 and the reason on anything else', async () => {
    const flipped = bytes.slice()
    flipped[3_000] = (flipped[3_000] ?? 0) ^ 1
    const file = join(scratch, 'flipped.qte')
    writeFileSync(file, flipped)
    const [changed, other, certificate, absent] = await Promise.all([
      verify(file),
      quorumtime('evidence', 'verify', vector('n4/evidence.cbor'), '--genesis', vector('n4/genesis-renamed.cbor')),
      verify(vector('n4/certificate.cbor')),
      verify(join(scratch, 'absent')),
    ])
    assert.match(refusalIn(changed), /flipped\.qte: .*expected signatures that verify/)
    assert.match(refusalIn(other), /expected cluster "rack-8", got "rack-7"/)
    assert.match(refusalIn(certificate), /certificate\.cbor: evidence/)
    assert.match(refusalIn(absent), /absent: expected a proof of a lie/)
  })
})

describe('evidence list and export', () => {
  const folder = join(scratch, 'cluster')
  const config = join(folder, 'ts0', 'config.toml')
  const file = join(folder, 'ts0', 'state', EVIDENCE_FILE)
  let membership: Membership

  before(async () => {
    membership = await provision({ folder, sources: [[], []] })
  })

  function list(...more: readonly string[]): Promise<Ended> {
    return quorumtime('evidence', 'list', '--config', config, ...more)
  }

  function exported(digits: string, out: string): Promise<Ended> {
    return quorumtime('evidence', 'export', digits, '--config', config, '--out', join(scratch, out))
  }

  test('make no log where an agent has not kept one', async () => {
    assert.equal(refusalIn(await list()), `${file}: expected an evidence log, got no file`)
    assert.equal(existsSync(file), false)
  })

  test('say what is kept under this membership, and write it to a file that verifies', async () => {
    const log = unwrap(openEvidenceLog(file))
    const empty = await list()
    assert.deepEqual([empty.code, empty.stdout], [0, 'no evidence\n'])
    unwrap(log.append({ ...entry, membershipHash: membershipHash(membership), seenAfterEpoch: 705, bytes }))
    const elsewhere = { ...entry, digest: new Uint8Array(48), membershipHash: new Uint8Array(48) }
    unwrap(log.append({ ...elsewhere, seenAfterEpoch: 1, bytes }))
    log.close()
    const digest = toHex(entry.digest)
    const [text, json, written, none, all] = await Promise.all([
      list(),
      list('--json'),
      exported(digest.slice(0, 8), 'lie.qte'),
      exported('zz', 'none.qte'),
      exported('', 'all.qte'),
    ])
    assert.equal(
      text.stdout,
      `${digest.slice(0, 12)}  ts1 signed what no correct appliance signs: conflicting-finalize in view 8, seen after epoch 705\n`,
    )
    const said = JSON.parse(json.stdout) as { readonly evidence: readonly Record<string, unknown>[] }
    assert.deepEqual(said.evidence, [
      { digest, member: 1, name: 'ts1', kind: entry.kind, number: 8, seenAfterEpoch: 705, bytes: bytes.length },
    ])
    assert.equal(written.stdout, `${join(scratch, 'lie.qte')}: ${bytes.length} bytes\n`)
    assert.equal((await verify(join(scratch, 'lie.qte'))).code, 0)
    assert.equal(refusalIn(none), 'zz: expected the first digits of one digest that is kept here, got none')
    assert.equal(all.code, 0)
    assert.match(refusalIn(await exported(digest, 'lie.qte')), /lie\.qte: expected to write a new file, got EEXIST/)
  })
})
