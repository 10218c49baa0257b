import type { PcrSelection } from '../../attestation/pcr-selection.ts'
import { platformDigest } from '../../attestation/tpm/platform-digest.ts'
import { sealUnderRegisters, unsealUnderRegisters } from '../../attestation/tpm/seal.ts'
import type { Tpm } from '../../attestation/tpm/tpm.ts'
import { SHA256, SHA384, SHA512 } from '../../attestation/tpm-algorithm.ts'
import { decodePublic } from '../../attestation/tpm-public.ts'
import { equalBytes } from '../../core/bytes.ts'
import { type Fault, fail, ok, type Result } from '../../core/fault.ts'
import { sha384 } from '../../core/hash.ts'
import type { KeyPurpose, SealedKey, SealParent } from '../../crypto/sealed-key.ts'
import { selectMlDsa } from '../../crypto/select.ts'
import { createTlsIdentity } from '../../crypto/tls-identity.ts'

/** The hash by which a membership knows the key of a seed. */
export function keyHashOf(seed: Uint8Array, purpose: KeyPurpose): Uint8Array {
  return purpose === 'tls' ? createTlsIdentity(seed).keyHash : sha384(selectMlDsa().createSigner(seed).publicKey)
}

/** Seals a seed under the values that the registers have now. Faults: those of the TPM. */
export async function sealKey(
  tpm: Tpm,
  seed: Uint8Array,
  purpose: KeyPurpose,
  selection: PcrSelection,
): Promise<Result<SealedKey>> {
  const wrapped = await sealUnderRegisters(tpm, seed, selection, platformDigest)
  if (!wrapped.ok) return wrapped
  const parent = parentOf(wrapped.value.publicArea)
  if (!parent.ok) return parent
  return ok({
    format: 'quorumtime-sealed-key-1',
    purpose,
    keyHash: keyHashOf(seed, purpose),
    bank: selection.hash.name,
    registers: selection.pcrs,
    parent: parent.value,
    ...wrapped.value,
  })
}

/**
 * The seed of a sealed key, which is the caller's to wipe; `path` names the file in faults. Faults: `key.registers` (they have
 * changed), `key.other-tpm`, `key.purpose`, `key.sealed`, and of a TPM that does not answer `tpm.*`.
 */
export async function unsealKey(
  tpm: Tpm,
  sealed: SealedKey,
  purpose: KeyPurpose,
  path: string,
): Promise<Result<Uint8Array>> {
  if (sealed.purpose !== purpose) {
    return fail('key.purpose', `${path}: expected a ${purpose} key, got a ${sealed.purpose} key`)
  }
  const parent = parentOf(sealed.publicArea)
  if (!parent.ok || parent.value !== sealed.parent) {
    const got = parent.ok ? parent.value : parent.fault.message
    return fail('key.sealed', `${path}: expected a key under ${sealed.parent}, got one under ${got}`)
  }
  const hash = [SHA256, SHA384, SHA512].find(({ name }) => name === sealed.bank) ?? SHA256
  const seed = await unsealUnderRegisters(tpm, sealed, { hash, pcrs: sealed.registers })
  if (!seed.ok) return { ok: false, fault: explained(seed.fault, sealed, path) }
  if (equalBytes(keyHashOf(seed.value, purpose), sealed.keyHash)) return seed
  seed.value.fill(0)
  return fail('key.sealed', `${path}: expected the ${purpose} key that the file names, got another seed in it`)
}

function parentOf(publicArea: Uint8Array): Result<SealParent> {
  const area = decodePublic(publicArea, 'sealed object')
  if (!area.ok) return area
  return ok(area.value.nameHashId === SHA384.id ? 'ecc-p384-aes256-sha384' : 'ecc-p256-aes128-sha256')
}

/** What the TPM said, with what an operator can do. */
function explained(fault: Fault, { bank, registers }: SealedKey, path: string): Fault {
  const { message } = fault
  if (message.includes('TPM_RC_POLICY_FAIL')) {
    return {
      code: 'key.registers',
      message: `${path}: expected the registers ${bank}:${registers.join(',')} as they were when the key was sealed, got others: firmware, boot loader or their settings have changed; docs/keys.md, "After a firmware update" (${message})`,
    }
  }
  if (message.includes('TPM_RC_INTEGRITY')) {
    return {
      code: 'key.other-tpm',
      message: `${path}: expected the TPM that has sealed the key, got another or one that was cleared; seal the escrowed key again, or rejoin under a new key (${message})`,
    }
  }
  return { code: fault.code, message: `${path}: expected the TPM to unseal the key, got ${message}` }
}
