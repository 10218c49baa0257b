import {
  createPrivateKey,
  createPublicKey,
  sign as cryptoSign,
  verify as cryptoVerify,
  type KeyObject,
} from 'node:crypto'
import {
  assertSeedLength,
  contextBytes,
  hasRightLengths,
  type MlDsa87,
  SEED_BYTES,
  type Verifier,
} from './signature.ts'

/** Importing a key costs a quarter of a verification, so imported ones are kept; more than all members of a cluster. */
const CACHED_KEYS_MAX = 256

/** ML-DSA-87 of the OpenSSL (3.5 or later) inside Node. It verifies on the libuv pool and signs on the event loop. */
export function createOpenSslMlDsa(): MlDsa87 {
  return {
    name: `OpenSSL ${process.versions.openssl}`,
    verifier: createVerifier(),
    createSigner: (seed) => {
      const privateKey = privateKeyFromSeed(seed)
      return {
        publicKey: rawPublicKey(createPublicKey(privateKey)),
        sign: (context, message) => cryptoSign(null, message, { key: privateKey, context: contextBytes(context) }),
      }
    },
  }
}

/** Whether this runtime can do ML-DSA-87 at all; it is tried, not guessed from a version number. */
export function openSslHasMlDsa(): boolean {
  try {
    privateKeyFromSeed(new Uint8Array(SEED_BYTES))
    return true
  } catch {
    return false
  }
}

export function privateKeyFromSeed(seed: Uint8Array): KeyObject {
  assertSeedLength(seed)
  return createPrivateKey({ key: seed, format: 'raw-seed', asymmetricKeyType: 'ml-dsa-87' })
}

function rawPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'raw-public' }))
}

function createVerifier(): Verifier {
  const imported = createKeyCache()
  return {
    verify: async (publicKey, context, message, signature) => {
      if (!hasRightLengths(publicKey, signature)) return false
      const key = { key: imported(publicKey), context: contextBytes(context) }
      const { promise, resolve, reject } = Promise.withResolvers<boolean>()
      cryptoVerify(null, message, key, signature, (error, valid) => (error === null ? resolve(valid) : reject(error)))
      return promise
    },
    verifySync: (publicKey, context, message, signature) => {
      if (!hasRightLengths(publicKey, signature)) return false
      return cryptoVerify(null, message, { key: imported(publicKey), context: contextBytes(context) }, signature)
    },
  }
}

/** Raw public key → imported key. The one imported longest ago makes room for a new one. */
function createKeyCache(): (publicKey: Uint8Array) => KeyObject {
  const keys = new Map<string, KeyObject>()
  return (publicKey) => {
    const name = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString('latin1')
    const known = keys.get(name)
    if (known !== undefined) return known
    const key = createPublicKey({ key: publicKey, format: 'raw-public', asymmetricKeyType: 'ml-dsa-87' })
    const [oldest] = keys.keys()
    if (oldest !== undefined && keys.size >= CACHED_KEYS_MAX) keys.delete(oldest)
    keys.set(name, key)
    return key
  }
}
