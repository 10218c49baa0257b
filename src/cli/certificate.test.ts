import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Ended, provision, quorumtime } from '../../test/support/agent-process.ts'
import { unwrap } from '../../test/support/results.ts'
import { blockCodec } from '../consensus/block.ts'
import { type Certificate, certificateCodec } from '../consensus/certificate.ts'
import { decisionLeafHash } from '../consensus/decision.ts'
import { decode, encode } from '../core/encoding.ts'
import { sha384 } from '../core/hash.ts'
import { openDecisionLog } from '../ledger/decision-log.ts'

const scratch = mkdtempSync(join(tmpdir(), 'quorumtime-certificate-'))
after(() => rmSync(scratch, { recursive: true }))

/** Published files of a cluster of four, with real signatures. */
function vector(name: string): string {
  return fileURLToPath(new URL(`../../test/vectors/${name}`, import.meta.url))
}

const GENESIS = vector('n4/genesis.cbor')
const bytes = new Uint8Array(readFileSync(vector('n4/certificate.cbor')))
const certificate = unwrap(decode(certificateCodec, bytes, 'certificate'))
const block = unwrap(decode(blockCodec, certificate.block, 'block'))

function written(name: string, content: Uint8Array): string {
  const path = join(scratch, name)
  writeFileSync(path, content)
  return path
}

function verify(file: string, genesis = GENESIS): Promise<Ended> {
  return quorumtime('certificate', 'verify', file, '--genesis', genesis)
}

/** The one sentence that a verb ends with when it refuses. */
function refusalIn({ code, stdout, stderr }: Ended): string {
  assert.deepEqual([code, stdout], [1, ''], stderr)
  const sentence = /^quorumtime: ([^\n]+)\n$/.exec(stderr)?.[1]
  assert.ok(sentence !== undefined, stderr)
  return sentence
}

describe('certificate verify', () => {
  test('ends with 0 on a good certificate, and says who signed it', async () => {
    const [text, json] = await Promise.all([
      verify(vector('n4/certificate.cbor')),
      quorumtime('certificate', 'verify', vector('n4/certificate.cbor'), '--genesis', GENESIS, '--json'),
    ])
    assert.deepEqual([text.code, text.stderr], [0, ''])
    assert.match(text.stdout, /^\S+, epoch \d+ \(\d{4}-\d\d-\d\dT[\d:.]+Z\): verified\n/)
    assert.match(text.stdout, /^signed by 3 of 4: \S+, \S+, \S+$/m)
    const said = JSON.parse(json.stdout) as Record<string, unknown>
    assert.deepEqual([said['type'], said['verified'], said['epoch']], ['certificate', true, block.epoch])
    assert.equal(said['blockHash'], Buffer.from(sha384(certificate.block)).toString('hex'))
  })

  test('ends with 0 on a good proof bundle', async () => {
    const json = await quorumtime('certificate', 'verify', vector('n4/proof.cbor'), '--genesis', GENESIS, '--json')
    assert.equal(json.code, 0, json.stderr)
    const said = JSON.parse(json.stdout) as Record<string, unknown>
    assert.deepEqual([said['type'], said['verified']], ['proof', true])
  })

  test('ends with 1 and the reason when one bit has been flipped, wherever that is', async () => {
    const places = [0, 30, certificate.block.length - 5, certificate.block.length + 60, bytes.length - 1]
    const refusals = places.map(async (at) => {
      const flipped = Uint8Array.from(bytes)
      flipped[at] = (flipped[at] ?? 0) ^ 1
      const path = written(`flipped-${at}.qtc`, flipped)
      return [path, refusalIn(await verify(path))] as const
    })
    for (const [path, refusal] of await Promise.all(refusals)) assert.ok(refusal.startsWith(`${path}: `), refusal)
  })

  test('ends with 1 and the reason on signatures that are too few, repeated, or of another length', async () => {
    const changed = async (name: string, change: Partial<Certificate>): Promise<string> => {
      const path = written(name, encode(certificateCodec, { ...certificate, ...change }))
      return refusalIn(await verify(path)).replace(`${path}: `, '')
    }
    const { votes } = certificate
    const [first] = votes
    assert.ok(first !== undefined && votes.length === 3)
    const others = [0, 1, 2, 3].filter(
      (id) => id !== first.sender && !votes.slice(2).some(({ sender }) => sender === id),
    )
    const twice = [first, { ...first, sender: others[0] ?? 0 }, ...votes.slice(2)].sort((a, b) => a.sender - b.sender)
    const cut = [{ ...first, signature: first.signature.subarray(1) }, ...votes.slice(1)]
    const [few, repeated, shorter] = await Promise.all([
      changed('few.qtc', { votes: votes.slice(1) }),
      changed('twice.qtc', { votes: twice }),
      changed('cut.qtc', { votes: cut }),
    ])
    assert.match(few, /^finalize certificate of view \d+: expected at least 3 signatures of 4 members, got 2$/)
    assert.match(repeated, /^finalize certificate of view \d+: the signature of member \d \(\S+\) does not verify$/)
    assert.equal(shorter, 'certificate.votes[0].signature: expected 4627 bytes, got 4626 bytes')
  })

  test('ends with 1 and the reason under the genesis of another cluster, for both kinds of file', async () => {
    const [other, renamed, proof] = await Promise.all([
      verify(vector('n4/certificate.cbor'), vector('n1/genesis.cbor')),
      verify(vector('n4/certificate.cbor'), vector('n4/genesis-renamed.cbor')),
      verify(vector('n4/proof.cbor'), vector('n4/genesis-renamed.cbor')),
    ])
    for (const ended of [other, renamed]) assert.match(refusalIn(ended), /certificate\.cbor: /)
    assert.match(
      refusalIn(proof),
      /proof\.cbor: proof: expected the reader.s own genesis, of cluster "rack-8", got another, of cluster "rack-7"$/,
    )
  })

  test('ends with 1 when a file is not there, or is something else', async () => {
    const absent = join(scratch, 'absent.qtc')
    const [missing, noGenesis, text] = await Promise.all([
      verify(absent),
      verify(vector('n4/certificate.cbor'), absent),
      verify(written('notes.txt', Buffer.from('quorumtime-proof-1, or so'))),
    ])
    assert.equal(refusalIn(missing), `${absent}: expected a certificate or proof bundle, got no such file`)
    assert.equal(refusalIn(noGenesis), `${absent}: expected a genesis file, got no such file`)
    assert.match(refusalIn(text), /notes\.txt: proof: expected an array of \d+, got text of 17 characters$/)
  })
})

describe('certificate show', () => {
  test('prints what a file says and that it was not verified', async () => {
    const unsigned = { ...certificate, votes: certificate.votes.slice(0, 1) }
    const path = written('unsigned.qtc', encode(certificateCodec, unsigned))
    const [text, json] = await Promise.all([
      quorumtime('certificate', 'show', path, '--genesis', GENESIS),
      quorumtime('certificate', 'show', vector('n4/proof.cbor'), '--genesis', GENESIS, '--json'),
    ])
    assert.equal(text.code, 0, text.stderr)
    assert.match(text.stdout, /: certificate, not verified\n/)
    const said = JSON.parse(json.stdout) as Record<string, unknown>
    assert.deepEqual([said['type'], said['verified']], ['proof', false])
  })
})

describe('certificate export', () => {
  const folder = join(scratch, 'cluster')
  const config = join(folder, 'ts0', 'config.toml')
  const decisions = join(folder, 'ts0', 'state', 'decisions.sqlite')

  function exported(out: string, ...words: readonly string[]): Promise<Ended> {
    return quorumtime('certificate', 'export', '--config', config, '--out', join(scratch, out), ...words)
  }

  before(async () => {
    await provision({ folder, sources: [[]] })
  })

  test('makes no log where an agent has not kept one', async () => {
    assert.equal(refusalIn(await exported('none.qtc')), `${decisions}: expected a decision log, got no file`)
    assert.equal(refusalIn(await exported('none.qtc')), `${decisions}: expected a decision log, got no file`)
  })

  test('writes the certificate of an epoch, or of the newest, and never over a file', async () => {
    const log = unwrap(openDecisionLog(decisions, 1_000_000_000n))
    const { height, epoch, view } = block
    const blockHash = sha384(certificate.block)
    const leafHash = decisionLeafHash(block, blockHash)
    unwrap(log.append({ height, epoch, view, blockHash, block: certificate.block, leafHash, certificate: bytes }))
    log.close()
    const [newest, chosen, unknown, odd] = await Promise.all([
      exported('newest.qtc'),
      exported('chosen.qtc', '--epoch', String(epoch), '--json'),
      exported('unknown.qtc', '--epoch', '7'),
      exported('odd.qtc', '--epoch', 'seven'),
    ])
    assert.equal(newest.stdout, `${join(scratch, 'newest.qtc')}: ${bytes.length} bytes\n`)
    assert.deepEqual(new Uint8Array(readFileSync(join(scratch, 'newest.qtc'))), bytes)
    assert.deepEqual(JSON.parse(chosen.stdout), {
      type: 'certificate',
      file: join(scratch, 'chosen.qtc'),
      bytes: bytes.length,
    })
    assert.equal(refusalIn(unknown), 'epoch 7: expected a decision in this log, got none')
    assert.equal(refusalIn(odd), '--epoch: expected a number, got "seven"')
    assert.match(refusalIn(await exported('newest.qtc')), /newest\.qtc: expected to write a new file, got EEXIST/)
  })
})
