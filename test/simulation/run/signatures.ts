import { signingContext } from '../../../src/consensus/messages.ts'
import { selectMlDsa } from '../../../src/crypto/select.ts'
import type { Signer } from '../../../src/crypto/signature.ts'
import { KEYED_HASH, type TestSignatures, verifyTestSignature } from '../../support/replica-cluster.ts'
import type { VerifySignature } from '../../vectors/independent-parts.ts'

/** How members sign, and how the independent verifier checks what they signed. */
export interface RunSignatures extends TestSignatures {
  /** Undefined: its own, which is that of ML-DSA-87. */
  readonly verifySignature: VerifySignature | undefined
}

/** By the name that the command line has for them. Made on demand: keys take time. */
export const SIGNATURES = {
  'keyed-hash': (): RunSignatures => ({ ...KEYED_HASH, verifySignature: verifyTestSignature }),
  'ml-dsa-87': createMlDsa87,
} as const
export type SignatureKind = keyof typeof SIGNATURES

/** The keys of a member are those of a seed that everybody knows: the id, 32 times. */
function createMlDsa87(): RunSignatures {
  const { createSigner, verifier } = selectMlDsa()
  const signers = new Map<number, Signer>()
  const signerOf = (id: number): Signer => {
    const signer = signers.get(id) ?? createSigner(new Uint8Array(32).fill(id))
    signers.set(id, signer)
    return signer
  }
  return {
    publicKey: (id) => signerOf(id).publicKey,
    sign: (id, type, content) => signerOf(id).sign(signingContext(type), content),
    verify: verifier.verify,
    verifySignature: undefined,
  }
}
