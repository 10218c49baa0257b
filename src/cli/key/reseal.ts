import { chownSync, statSync } from 'node:fs'
import { keyHashOf, sealKey, unsealKey } from '../../agent/keys/seal-key.ts'
import { describeSelections } from '../../attestation/pcr-selection.ts'
import { equalBytes } from '../../core/bytes.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { readKeyFile, replaceSealedKeyFile } from '../../crypto/key-file.ts'
import type { SealedKey } from '../../crypto/sealed-key.ts'
import { attempt } from '../../linux/attempt.ts'
import type { KeyJob } from './key-job.ts'
import { describeSeal, readSealed } from './unseal-check.ts'

/**
 * Seals the key of a sealed file anew, in its place: unsealed by the TPM, or from an escrowed PEM when it does not unseal any more.
 * Faults: `key.other` when the escrowed key is another one; those of `unsealKey`, key files and the TPM.
 */
export async function resealKeyFile(job: KeyJob, { escrow }: { readonly escrow?: string }): Promise<Result<void>> {
  const { file, purpose, registers, tpm, dryRun, say } = job
  if (registers === undefined) return fail('key.registers', 'expected registers to seal under, got none')
  const sealed = readSealed(file)
  if (!sealed.ok) return sealed
  const seed =
    escrow === undefined ? await unsealKey(tpm, sealed.value, purpose, file) : escrowed(escrow, job, sealed.value)
  if (!seed.ok) return seed
  const under = `${describeSelections([registers])} as they are now, before ${describeSeal(sealed.value)}`
  if (dryRun) {
    seed.value.fill(0)
    say(`${file}: would be sealed anew under ${under}`)
    return ok(undefined)
  }
  const again = await sealKey(tpm, seed.value, purpose, registers)
  seed.value.fill(0)
  if (!again.ok) return again
  const { uid, gid } = statSync(file)
  const written = replaceSealedKeyFile(file, again.value)
  if (!written.ok) return written
  const owned = attempt('key.write', `${file}: expected to give it to its owner`, () => chownSync(file, uid, gid))
  if (!owned.ok) return owned
  const unsealed = await unsealKey(tpm, again.value, purpose, file)
  if (!unsealed.ok) return unsealed
  unsealed.value.fill(0)
  say(`${file}: sealed anew under ${under}; it unseals`)
  return ok(undefined)
}

function escrowed(escrow: string, { purpose }: KeyJob, { keyHash }: SealedKey): Result<Uint8Array> {
  const seed = readKeyFile(escrow)
  if (!seed.ok || equalBytes(keyHashOf(seed.value, purpose), keyHash)) return seed
  seed.value.fill(0)
  return fail('key.other', `${escrow}: expected the key that is sealed, got another one`)
}
