import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { assertSeedLength, contextBytes, hasRightLengths, type MlDsa87, type Verifier } from './signature.ts'

/**
 * ML-DSA-87 in plain JavaScript: where the runtime's OpenSSL has none, and as the independent implementation that the
 * tests hold OpenSSL against. About ten times slower, and all of it on the event loop.
 */
export function createNobleMlDsa(): MlDsa87 {
  return {
    name: '@noble/post-quantum',
    verifier: createVerifier(),
    createSigner: (seed) => {
      assertSeedLength(seed)
      const { publicKey, secretKey } = ml_dsa87.keygen(seed)
      return {
        publicKey,
        sign: (context, message) => ml_dsa87.sign(message, secretKey, { context: contextBytes(context) }),
      }
    },
  }
}

function createVerifier(): Verifier {
  const verifySync: Verifier['verifySync'] = (publicKey, context, message, signature) => {
    if (!hasRightLengths(publicKey, signature)) return false
    return ml_dsa87.verify(signature, message, publicKey, { context: contextBytes(context) })
  }
  return { verifySync, verify: async (...args) => verifySync(...args) }
}
