import { platformDigest } from '../../attestation/tpm/platform-digest.ts'
import { verifySignature } from '../../attestation/tpm/verify-signature.ts'
import { type BundleCrypto, type VerifiedBundle, verifyBundle } from '../../bundle/verify-bundle.ts'
import { readNamedFile } from '../../config/read-file.ts'
import { fail, type Result } from '../../core/fault.ts'
import { publicKeyFromPem } from '../../crypto/public-key.ts'
import { selectMlDsa } from '../../crypto/select.ts'

const KEY_WANTED = { what: 'the public key of an authority', bytesMax: 16_384 }
/** As many as a membership may name. */
const AUTHORITIES_MAX = 4

/** A bundle under the keys in these files (PEM, `authority.pub`), and nothing else. Faults: `key.format`, those of `verifyBundle`. */
export async function verifyBundleWith(
  bytes: Uint8Array,
  authorityFiles: readonly string[],
): Promise<Result<VerifiedBundle>> {
  if (authorityFiles.length === 0 || authorityFiles.length > AUTHORITIES_MAX) {
    return fail(
      'bundle.authority',
      `--authority: expected 1 to ${AUTHORITIES_MAX} public keys of authorities for a bundle, got ${authorityFiles.length}`,
    )
  }
  const keys: Uint8Array[] = []
  for (const file of authorityFiles) {
    const pem = readNamedFile(file, KEY_WANTED)
    if (!pem.ok) return pem
    const key = publicKeyFromPem(new TextDecoder('latin1').decode(pem.value), file)
    if (!key.ok) return key
    keys.push(key.value.raw)
  }
  return verifyBundle(bytes, keys, bundleCrypto())
}

function bundleCrypto(): BundleCrypto {
  const { verifier } = selectMlDsa()
  return {
    digest: platformDigest,
    verify: verifySignature,
    verifyMlDsa: (...all) => verifier.verifySync(...all),
    verifySignature: verifier.verify,
  }
}

/** Signatures hold, and not everybody's record does. */
const EXIT_NOT_ALL_VERIFIED = 3

/** How the process ends after a bundle that holds: 0 when every record in it is verified, else 3. */
export function exitCodeOf({ members }: Pick<VerifiedBundle, 'members'>): number {
  return members.every(({ judgement }) => judgement.verdict === 'verified') ? 0 : EXIT_NOT_ALL_VERIFIED
}
