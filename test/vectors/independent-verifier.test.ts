import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { verifyBundle } from '../../src/bundle/verify-bundle.ts'
import { verifyCertificate } from '../../src/consensus/certificate.ts'
import { verifyChainedCertificate } from '../../src/consensus/chained-certificate.ts'
import { evidenceCodec } from '../../src/consensus/evidence.ts'
import { verifyEvidence } from '../../src/consensus/evidence-check.ts'
import { verifyProof } from '../../src/consensus/proof.ts'
import { toHex } from '../../src/core/bytes.ts'
import { decode } from '../../src/core/encoding.ts'
import { sha384 } from '../../src/core/hash.ts'
import { createPrng } from '../../src/core/prng.ts'
import { createOpenSslMlDsa } from '../../src/crypto/ml-dsa-openssl.ts'
import { BUNDLE_CRYPTO } from '../support/attested-chain.ts'
import { maskSource } from '../tools/mask-source.ts'
import { moduleImports } from '../tools/module-imports.ts'
import { verifyBundleFile } from './independent-bundle.ts'
import type { Verdict } from './independent-parts.ts'
import {
  verifyCertificateFile,
  verifyChainedFile,
  verifyEvidenceFile,
  verifyProofFile,
} from './independent-verifier.ts'
import { changedFile, genesisOf, readIndex, readVector } from './read-vectors.ts'

const { verify } = createOpenSslMlDsa().verifier

interface Case {
  readonly what: string
  readonly file: string
  readonly genesis: string
  readonly bytes: Uint8Array
}

type Kind = 'proof' | 'chained' | 'evidence' | 'certificate'

function kindOf(file: string): Kind {
  if (file.endsWith('proof.cbor')) return 'proof'
  if (file.endsWith('chained.cbor')) return 'chained'
  return file.includes('evidence') ? 'evidence' : 'certificate'
}

const INDEPENDENT = {
  proof: verifyProofFile,
  chained: verifyChainedFile,
  evidence: verifyEvidenceFile,
  certificate: verifyCertificateFile,
}
const PRODUCT = { proof: verifyProof, chained: verifyChainedCertificate, certificate: verifyCertificate }

/** The verdict in one text: the block's hash, or what kind of thing is wrong. */
function independent({ file, genesis, bytes }: Case): string {
  const verdict: Verdict = INDEPENDENT[kindOf(file)](bytes, readVector(genesis))
  return verdict.accepted ? verdict.blockHash : verdict.wrong
}

async function product({ file, genesis, bytes }: Case): Promise<string> {
  const membership = genesisOf(genesis)
  const kind = kindOf(file)
  if (kind === 'evidence') {
    const evidence = decode(evidenceCodec, bytes, 'evidence')
    const result = evidence.ok ? await verifyEvidence(evidence.value, membership, verify) : evidence
    return result.ok ? toHex(sha384(bytes)) : (result.fault.code.split('.')[0] ?? '')
  }
  const result = await PRODUCT[kind](bytes, membership, verify)
  return result.ok ? toHex(result.value.blockHash) : (result.fault.code.split('.')[0] ?? '')
}

/** How many of the cases both accept; they must say the same of each. */
async function agreedOn(cases: readonly Case[]): Promise<number> {
  let accepted = 0
  for (const one of cases) {
    const verdict = independent(one)
    assert.equal(verdict, await product(one), one.what)
    if (verdict.length === 96) accepted += 1
  }
  return accepted
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice()
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return changed
}

describe('the independent verifier', () => {
  it('imports nothing of the product, directly or through others', () => {
    const seen = new Set(['independent-verifier.ts', 'independent-bundle.ts'])
    const outside = new Set<string>()
    for (const file of seen) {
      const text = readFileSync(join(import.meta.dirname, file), 'utf8')
      for (const { specifier = '' } of moduleImports(text, maskSource(text))) {
        if (specifier.startsWith('./')) seen.add(specifier.slice(2))
        else outside.add(specifier)
      }
    }
    assert.ok(seen.size > 1)
    assert.deepEqual([...outside].sort(), ['@noble/post-quantum/ml-dsa.js', 'node:crypto', 'node:fs', 'node:path'])
  })

  it('accepts what the product accepts', async () => {
    const { certificates, chained, proofs, evidence } = readIndex()
    const good = [...certificates, ...chained, ...proofs, ...evidence]
    const cases = good.map(({ file, genesis }) => ({ what: file, file, genesis, bytes: readVector(file) }))
    assert.equal(await agreedOn(cases), good.length)
  })

  it('tells the hashes and signers of the index', () => {
    for (const { file, genesis, blockHash, votes } of readIndex().certificates) {
      const signers = votes.map(({ sender }) => sender)
      assert.deepEqual(verifyCertificateFile(readVector(file), readVector(genesis)), {
        accepted: true,
        blockHash,
        signers,
      })
    }
  })

  it('refuses every change of the index, for the same kind of reason', async () => {
    const cases = readIndex().refused.map((change) => ({ what: change.name, ...change, bytes: changedFile(change) }))
    assert.equal(await agreedOn(cases), 0)
    for (const one of cases) assert.equal(independent(one), one.code.split('.')[0], one.what)
  })

  for (const [file, count] of [
    ['n1/certificate.cbor', 30],
    ['n4/certificate.cbor', 70],
    ['n4/proof.cbor', 60],
    ['n4/evidence.cbor', 50],
    ['n4/evidence-outcome.cbor', 40],
  ] as const) {
    it(`refuses ${count} flipped bits all over ${file}, for the same kind of reason`, async () => {
      const bytes = readVector(file)
      const genesis = `${file.slice(0, 2)}/genesis.cbor`
      const prng = createPrng(count)
      const step = (8 * bytes.length) / count
      // One in each stretch of the file, so that every signature, the block and the framing get their share.
      const cases = Array.from({ length: count }, (_, stretch): Case => {
        const bit = Math.floor(stretch * step) + prng.nextBelow(Math.floor(step))
        return { what: `bit ${bit}`, file, genesis, bytes: flipped(bytes, bit) }
      })
      assert.equal(await agreedOn(cases), 0)
    })
  }

  it('refuses flipped bits in every part but the signatures, for the same kind of reason', async () => {
    // Signatures fill the file, so a sample of it seldom meets the block and the votes' other fields.
    const file = 'n4/certificate.cbor'
    const bytes = readVector(file)
    const cases = Array.from({ length: 240 }, (_, third): Case => {
      const bit = 25 * third
      return { what: `bit ${bit}`, file, genesis: 'n4/genesis.cbor', bytes: flipped(bytes, bit) }
    })
    assert.equal(await agreedOn(cases), 0)
  })

  it('refuses a genesis with any bit flipped', async () => {
    const file = 'n1/certificate.cbor'
    const genesis = readVector('n1/genesis.cbor')
    for (let at = 0; at < genesis.length; at += 40) {
      const verdict = verifyCertificateFile(readVector(file), flipped(genesis, 8 * at + (at % 8)))
      assert.equal(verdict.accepted, false, `byte ${at}`)
    }
  })
})

describe('evidence bundles', () => {
  it('are verified by both, with the key of the authority and nothing else, down to the records', () => {
    for (const { file, authority, blockHash, records } of readIndex().bundles) {
      const verdict = verifyBundleFile(readVector(file), Uint8Array.fromHex(authority))
      assert.deepEqual(verdict, { blockHash, verified: records.map(({ member }) => member) })
    }
  })

  it('are of no worth to both with another key, and with a flipped bit', async () => {
    const prng = createPrng(21)
    for (const { file, authority } of readIndex().bundles) {
      const key = Uint8Array.fromHex(authority)
      const bundle = readVector(file)
      assert.ok('wrong' in verifyBundleFile(bundle, new Uint8Array(2592)))
      for (let flips = 0; flips < 40; flips++) {
        const bytes = Uint8Array.from(bundle)
        const at = prng.nextBelow(bytes.length)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << prng.nextBelow(8))
        assert.ok('wrong' in verifyBundleFile(bytes, key), String(at))
        assert.ok(!(await verifyBundle(bytes, [key], BUNDLE_CRYPTO)).ok, String(at))
      }
    }
  })
})
