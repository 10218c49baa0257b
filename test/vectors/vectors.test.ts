import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { verifyBundle } from '../../src/bundle/verify-bundle.ts'
import { blockCodec } from '../../src/consensus/block.ts'
import { certificateCodec, verifyCertificate } from '../../src/consensus/certificate.ts'
import { verifyChainedCertificate } from '../../src/consensus/chained-certificate.ts'
import { evidenceCodec, evidenceDigest } from '../../src/consensus/evidence.ts'
import { verifyEvidence } from '../../src/consensus/evidence-check.ts'
import { type Membership, membershipCodec } from '../../src/consensus/membership.ts'
import { checkHeader, decodeEnvelope, encodeContent, encodeEnvelope } from '../../src/consensus/messages.ts'
import { proofBundleCodec, verifyProof } from '../../src/consensus/proof.ts'
import { type Verify, verifyQuorumCertificate } from '../../src/consensus/quorum-certificate.ts'
import { decodeWireMessage, encodeWireMessage } from '../../src/consensus/wire-message.ts'
import { toHex } from '../../src/core/bytes.ts'
import { type Codec, decode, encode } from '../../src/core/encoding.ts'
import type { Result } from '../../src/core/fault.ts'
import { createNobleMlDsa } from '../../src/crypto/ml-dsa-noble.ts'
import { createOpenSslMlDsa } from '../../src/crypto/ml-dsa-openssl.ts'
import { BUNDLE_CRYPTO } from '../support/attested-chain.ts'
import { changedFile, genesisOf, readIndex, readVector } from './read-vectors.ts'
import { clusterOfFour, clusterOfOne, type VectorCluster, type VectorFiles, valueIn } from './vector-files.ts'
import { vectorFiles, vectorIndex } from './vector-index.ts'
import { PAGE, pageWithWalkThrough } from './walk-through.ts'

const FOLDER = import.meta.dirname
const BYTES_MAX = 500 * 1024

let one: VectorCluster
let files: VectorFiles

before(() => {
  one = clusterOfOne()
  files = vectorFiles(one, clusterOfFour())
})

describe('the vectors', () => {
  it('are what their description gives today, byte for byte', () => {
    for (const [file, bytes] of files) assert.equal(toHex(readVector(file)), toHex(bytes), file)
    const listed = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.cbor'))
    assert.deepEqual(listed.sort(), [...files.keys()].sort())
  })

  it('have an index and a walk-through that say what is in them', () => {
    assert.deepEqual(readIndex(), JSON.parse(JSON.stringify(vectorIndex(one, clusterOfFour(), files))))
    const { is, becomes } = pageWithWalkThrough(one, files)
    assert.equal(is, becomes, 'docs/certificate.md')
  })

  it(`are at most ${BYTES_MAX} bytes`, () => {
    const sizes = ['vectors.json', ...files.keys()].map((file) => statSync(join(FOLDER, file)).size)
    const total = sizes.reduce((sum, size) => sum + size, 0)
    assert.ok(total <= BYTES_MAX, String(total))
  })

  it('decode, and encode to the same bytes again', () => {
    const again = <T>(codec: Codec<T>, file: string): void => {
      assert.equal(toHex(encode(codec, valueIn(codec, readVector(file)))), toHex(readVector(file)), file)
    }
    for (const file of ['n1/genesis.cbor', 'n4/genesis.cbor', 'n4/genesis-renamed.cbor']) again(membershipCodec, file)
    for (const { file } of readIndex().certificates) {
      again(certificateCodec, file)
      const { block } = valueIn(certificateCodec, readVector(file))
      assert.equal(toHex(encode(blockCodec, valueIn(blockCodec, block))), toHex(block))
    }
    for (const { file } of readIndex().proofs) again(proofBundleCodec, file)
    for (const { file } of readIndex().messages) {
      const decoded = decodeEnvelope(readVector(file))
      assert.ok(decoded.ok, file)
      const { header, body, signature } = decoded.value
      assert.equal(toHex(encodeEnvelope({ content: encodeContent(header, body), signature })), toHex(readVector(file)))
    }
    const wire = decodeWireMessage(readVector('n4/wire-nullification.cbor'))
    assert.ok(wire.ok)
    assert.equal(toHex(encodeWireMessage(wire.value)), toHex(readVector('n4/wire-nullification.cbor')))
  })
})

for (const { name, verifier, createSigner } of [createOpenSslMlDsa(), createNobleMlDsa()]) {
  describe(`by ${name}, the vectors`, () => {
    const { verify } = verifier

    it('verify: certificates and proofs, with the hashes and signers of the index', async () => {
      const { certificates, chained, proofs } = readIndex()
      for (const { file, genesis, blockHash, votes } of certificates) {
        const verified = await verifyCertificate(readVector(file), genesisOf(genesis), verify)
        assert.ok(verified.ok, file)
        assert.equal(toHex(verified.value.blockHash), blockHash)
        assert.deepEqual(
          verified.value.signers,
          votes.map(({ sender }) => sender),
        )
      }
      for (const { file, genesis, blockHash } of chained) {
        const verified = await verifyChainedCertificate(readVector(file), genesisOf(genesis), verify)
        assert.ok(verified.ok, file)
        assert.equal(toHex(verified.value.blockHash), blockHash)
      }
      for (const { file, genesis, blockHash } of proofs) {
        const verified = await verifyProof(readVector(file), genesisOf(genesis), verify)
        assert.ok(verified.ok, file)
        assert.equal(toHex(verified.value.blockHash), blockHash)
      }
    })

    it('verify: an evidence bundle of a later session, with the key of its authority and nothing else', async () => {
      for (const { file, authority, blockHash, records } of readIndex().bundles) {
        const means = { ...BUNDLE_CRYPTO, verifyMlDsa: verifier.verifySync, verifySignature: verify }
        const verified = await verifyBundle(readVector(file), [Uint8Array.fromHex(authority)], means)
        assert.ok(verified.ok, verified.ok ? '' : verified.fault.message)
        const { members, changes } = verified.value
        assert.deepEqual([changes, toHex(verified.value.blockHash)], [1, blockHash])
        const judged = members.map(({ member, digest, judgement: { verdict } }) => {
          return { member, digest: toHex(digest ?? new Uint8Array()), verdict }
        })
        assert.deepEqual(judged, records)
      }
    })

    it('verify: one envelope of every type, and a nullification', async () => {
      for (const { file, genesis, type, context } of readIndex().messages) {
        const membership = genesisOf(genesis)
        const decoded = decodeEnvelope(readVector(file))
        assert.ok(decoded.ok && decoded.value.type === type, file)
        const { header, content, signature } = decoded.value
        assert.ok(checkHeader(header, identityOf(membership)).ok)
        assert.ok(await verify(membership.members[header.sender]!.signingKey, context, content, signature), file)
      }
      const wire = decodeWireMessage(readVector('n4/wire-nullification.cbor'))
      assert.ok(wire.ok && wire.value.kind === 'quorum')
      const membership = genesisOf('n4/genesis.cbor')
      const { membershipHash } = identityOf(membership)
      assert.ok((await verifyQuorumCertificate(wire.value.value, membership, membershipHash, verify)).ok)
    })

    it('verify: evidence, with the kind, member, view and digest of the index', async () => {
      for (const { file, genesis, kind, member, number, digest } of readIndex().evidence) {
        const evidence = valueIn(evidenceCodec, readVector(file))
        assert.deepEqual([evidence.kind, evidence.member, evidence.number], [kind, member, number], file)
        assert.deepEqual(
          await verifyEvidence(evidence, genesisOf(genesis), verify),
          { ok: true, value: undefined },
          file,
        )
        assert.equal(toHex(evidenceDigest(evidence)), digest, file)
      }
    })

    it('are refused, each with its code, after every change of the index', async () => {
      const { refused } = readIndex()
      assert.ok(refused.length > 20)
      for (const change of refused) {
        const bytes = changedFile(change)
        const result = await check(change.file, bytes, genesisOf(change.genesis), verify)
        assert.equal(result.ok ? 'accepted' : result.fault.code, change.code, change.name)
      }
    })

    it('have the keys of the seeds that the index tells', () => {
      for (const [id, { signingKey }] of genesisOf('n4/genesis.cbor').members.entries()) {
        assert.equal(toHex(createSigner(new Uint8Array(32).fill(id + 1)).publicKey), toHex(signingKey))
      }
    })
  })
}

describe('a signature', () => {
  it('is refused by both implementations with any bit of its hint changed', async () => {
    // The last ω + k = 83 bytes encode the hint. FIPS 204 allows each hint one encoding (algorithm 21); an implementation
    // that let another pass would accept two signatures for one.
    const [vote] = valueIn(certificateCodec, readVector('n1/certificate.cbor')).votes
    const [expected] = readIndex().certificates
    const [member] = genesisOf('n1/genesis.cbor').members
    const content = Uint8Array.fromHex(expected!.votes[0]!.content)
    const { length } = vote!.signature
    for (let bit = 8 * (length - 83); bit < 8 * length; bit++) {
      const signature = vote!.signature.slice()
      signature[bit >> 3]! ^= 1 << (bit & 7)
      for (const { name, verifier } of [createOpenSslMlDsa(), createNobleMlDsa()]) {
        const accepted = verifier.verifySync(member!.signingKey, 'quorumtime/v1/finalize', content, signature)
        assert.equal(accepted, false, `${name}, bit ${bit}`)
      }
    }
  })
})

describe('docs/certificate.md', () => {
  const page = readFileSync(PAGE, 'utf8')
  const pages = page + readFileSync(join(PAGE, '..', 'evidence.md'), 'utf8')

  it('has, with docs/evidence.md, the code of every refusal of the vectors', () => {
    for (const { code } of readIndex().refused) {
      assert.ok(pages.includes(`\`${code}\``) || pages.includes(`\`${code.split('.')[0]}.*\``), code)
    }
  })

  it('shows what the command line prints', () => {
    const [, shown = '', printed] = /^\$ quorumtime (certificate verify .*)\n([^`]*)```/m.exec(page) ?? []
    const { status, stdout, stderr } = spawnSync(process.execPath, ['src/cli/main.ts', ...shown.split(' ')], {
      cwd: join(FOLDER, '..', '..'),
      encoding: 'utf8',
    })
    assert.equal(stdout, printed, stderr)
    assert.equal(status, 0)
  })
})

function check(file: string, bytes: Uint8Array, membership: Membership, verify: Verify): Promise<Result<unknown>> {
  if (file.endsWith('proof.cbor')) return verifyProof(bytes, membership, verify)
  if (file.endsWith('chained.cbor')) return verifyChainedCertificate(bytes, membership, verify)
  if (!file.includes('evidence')) return verifyCertificate(bytes, membership, verify)
  const evidence = decode(evidenceCodec, bytes, 'evidence')
  return evidence.ok ? verifyEvidence(evidence.value, membership, verify) : Promise.resolve(evidence)
}

function identityOf(membership: Membership): { cluster: string; membershipHash: Uint8Array; n: number } {
  const { cluster, members } = membership
  const hash = readIndex().certificates.find(({ votes }) => votes.length === (members.length === 1 ? 1 : 3))
  return { cluster, membershipHash: Uint8Array.fromHex(hash!.membershipHash), n: members.length }
}
