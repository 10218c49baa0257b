import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { KEYED_HASH_BYTES } from '../../test/support/keyed-hash.ts'
import { createReplicaCluster, testSign, testVerify } from '../../test/support/replica-cluster.ts'
import { decode, encode } from '../core/encoding.ts'
import type { Result } from '../core/fault.ts'
import { inclusionPath } from '../core/merkle.ts'
import { type Block, blockCodec, blockHash } from './block.ts'
import { type Certificate, certificateCodec, certificateOf, verifyCertificate } from './certificate.ts'
import { decisionLeafHash } from './decision.ts'
import { type Membership, membershipCodec, membershipHash } from './membership.ts'
import { type ProofBundle, proofBundleCodec, verifyProof } from './proof.ts'
import { votedContent } from './quorum-certificate.ts'
import type { Commit } from './replica/types.ts'

let membership: Membership
let commits: readonly Commit[]
let bytes: Uint8Array
let certificate: Certificate

before(async () => {
  const cluster = createReplicaCluster({ n: 4, seed: 1 })
  await cluster.run(9_900_000_000n)
  membership = cluster.membership
  commits = cluster.nodes[0]?.commits ?? []
  certificate = certificateAt(7)
  bytes = encode(certificateCodec, certificate)
})

function certificateAt(index: number): Certificate {
  const commit = commits[index]
  assert.ok(commit?.votes !== undefined)
  return certificateOf(commit.block, commit.votes)
}

function reasonOf(result: Result<unknown>): string {
  assert.equal(result.ok, false)
  return result.ok ? '' : result.fault.code
}

describe('a certificate', () => {
  it('verifies with nothing but the membership and names its signers', async () => {
    const verified = await verifyCertificate(bytes, membership, testVerify)
    assert.ok(verified.ok)
    assert.equal(verified.value.block.epoch, 8)
    assert.ok(verified.value.signers.length >= 3)
  })

  it('is refused with any one bit flipped anywhere', async () => {
    // The keyed hash of the test fills the beginning of 4,627 signature bytes; the rest of a signature is ML-DSA's to protect.
    const signatureTails = certificate.votes
      .map(({ signature }) => indexOf(bytes, signature))
      .map((at) => [at + KEYED_HASH_BYTES, at + 4627] as const)
    let refused = 0
    for (let at = 0; at < bytes.length; at++) {
      if (signatureTails.some(([from, to]) => at >= from && at < to)) continue
      const flipped = bytes.slice()
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8))
      assert.equal((await verifyCertificate(flipped, membership, testVerify)).ok, false, `byte ${at}`)
      refused += 1
    }
    assert.ok(refused > 500)
  })

  it('is refused with a signature repeated under two names', async () => {
    const [first, second] = certificate.votes
    assert.ok(first !== undefined && second !== undefined)
    const votes = [first, { ...first, sender: second.sender }, ...certificate.votes.slice(2)]
    assert.equal(reasonOf(await verify({ ...certificate, votes })), 'certificate.signature')
    assert.equal(
      reasonOf(await verify({ ...certificate, votes: [first, first, ...certificate.votes.slice(1)] })),
      'encoding.rule',
    )
  })

  it('is refused with q − 1 signatures', async () => {
    assert.equal(reasonOf(await verify({ ...certificate, votes: certificate.votes.slice(0, 2) })), 'certificate.quorum')
  })

  it('is refused under another genesis', async () => {
    const other = { ...membership, cluster: 'other' }
    assert.equal(reasonOf(await verifyCertificate(bytes, other, testVerify)), 'certificate.signature')
    const fewer = { ...membership, members: membership.members.slice(0, 3) }
    assert.equal((await verifyCertificate(bytes, fewer, testVerify)).ok, false)
  })

  it('is refused when its votes are for notarization', async () => {
    const block = commits[7]?.block
    assert.ok(block !== undefined)
    const hash = blockHash(block)
    const votes = certificate.votes.map((vote) => {
      const content = votedContent(
        { type: 'notarize', view: block.view, hash },
        vote,
        membership.cluster,
        membershipHash(membership),
      )
      return { ...vote, signature: testSign(vote.sender, 'notarize', content) }
    })
    assert.equal(reasonOf(await verify({ ...certificate, votes })), 'certificate.signature')
  })

  it('is refused when it is cut short or followed by a byte', async () => {
    assert.equal((await verifyCertificate(bytes.subarray(0, -1), membership, testVerify)).ok, false)
    assert.equal((await verifyCertificate(Uint8Array.of(...bytes, 0), membership, testVerify)).ok, false)
    assert.equal((await verifyCertificate(new Uint8Array(0), membership, testVerify)).ok, false)
  })
})

async function verify(changed: Certificate): Promise<Result<unknown>> {
  return verifyCertificate(encode(certificateCodec, changed), membership, testVerify)
}

function indexOf(haystack: Uint8Array, needle: Uint8Array): number {
  return Buffer.from(haystack).indexOf(needle)
}

describe('a proof bundle', () => {
  function bundleFor(index: number, anchor: number): ProofBundle {
    const leaves = commits.map(({ block, blockHash: hash }) => decisionLeafHash(block, hash))
    const anchorBlock = commits[anchor]?.block
    const block = commits[index]?.block
    assert.ok(anchorBlock !== undefined && block !== undefined)
    return {
      format: 'quorumtime-proof-1',
      block: encode(blockCodec, block),
      leafIndex: index,
      path: inclusionPath(leaves.slice(0, anchorBlock.state.log.size), index),
      certificate: encode(certificateCodec, certificateAt(anchor)),
      genesis: encode(membershipCodec, membership),
      steps: [],
    }
  }
  const check = async (bundle: ProofBundle): Promise<Result<unknown>> =>
    verifyProof(encode(proofBundleCodec, bundle), membership, testVerify)

  it('proves every earlier decision from a later certificate', async () => {
    for (let index = 0; index < 7; index++) {
      const proven = await verifyProof(encode(proofBundleCodec, bundleFor(index, 7)), membership, testVerify)
      assert.ok(proven.ok, proven.ok ? '' : proven.fault.message)
      assert.equal(proven.value.block.epoch, index + 1)
    }
  })

  it('is refused for a block that was not decided', async () => {
    const bundle = bundleFor(3, 7)
    const block = decode(blockCodec, bundle.block, 'block')
    assert.ok(block.ok)
    const forged: Block = { ...block.value, outcome: { ...block.value.outcome, grade: 'unvalidated' } }
    assert.equal(reasonOf(await check({ ...bundle, block: encode(blockCodec, forged) })), 'proof.path')
  })

  it('is refused with another index, another path or another genesis', async () => {
    const bundle = bundleFor(3, 7)
    assert.equal(reasonOf(await check({ ...bundle, leafIndex: 4 })), 'proof.index')
    assert.equal(reasonOf(await check({ ...bundle, path: bundleFor(2, 7).path })), 'proof.path')
    const other = encode(membershipCodec, { ...membership, cluster: 'other' })
    assert.equal(reasonOf(await check({ ...bundle, genesis: other })), 'proof.genesis')
  })
})
