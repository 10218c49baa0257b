import { chownSync, existsSync, statSync } from 'node:fs'
import { keyHashOf, sealKey, unsealKey } from '../../agent/keys/seal-key.ts'
import { describeSelections } from '../../attestation/pcr-selection.ts'
import { equalBytes } from '../../core/bytes.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { destroyKeyFile, readKeyFile, writeSealedKeyFile } from '../../crypto/key-file.ts'
import { attempt } from '../../linux/attempt.ts'
import type { KeyJob } from './key-job.ts'
import { describeSeal, readSealed } from './unseal-check.ts'

export interface SealOptions {
  readonly out?: string
  readonly removePlain?: true
}

/**
 * Seals a key in PEM into a file of its own, which must unseal before anything else is done. Run again it changes nothing.
 * Faults: `key.other` when the sealed key that is there is another one; those of `unsealKey`, key files and the TPM.
 */
export async function sealKeyFile(job: KeyJob, { out = '', removePlain }: SealOptions): Promise<Result<void>> {
  const { file, purpose, dryRun, say } = job
  if (!existsSync(file) && existsSync(out)) {
    say(`${file}: is not there any more, and ${out} is`)
    return checkAgainst(job, out, undefined)
  }
  const seed = readKeyFile(file)
  if (!seed.ok) return seed
  const keyHash = keyHashOf(seed.value, purpose)
  const sealed = existsSync(out) ? ok(undefined) : await sealInto(job, out, seed.value)
  seed.value.fill(0)
  if (!sealed.ok) return sealed
  if (dryRun && !existsSync(out)) return ok(undefined)
  const checked = await checkAgainst(job, out, keyHash)
  if (!checked.ok || removePlain !== true) return checked
  if (!dryRun) {
    const removed = destroyKeyFile(file)
    if (!removed.ok) return removed
  }
  const did = dryRun ? 'would be overwritten and removed' : 'overwritten and removed'
  say(
    `${file}: ${did}; on flash and on file systems that copy, the old blocks stay until they are reused: a key that was ever in the clear on such a disk is safest replaced`,
  )
  return ok(undefined)
}

async function sealInto(
  { file, purpose, registers, tpm, dryRun, say }: KeyJob,
  out: string,
  seed: Uint8Array,
): Promise<Result<void>> {
  if (registers === undefined) return fail('key.registers', 'expected registers to seal under, got none')
  const where = `${out}: sealed ${purpose} key of ${file} under ${describeSelections([registers])}`
  if (dryRun) {
    say(`${where}, would be made`)
    return ok(undefined)
  }
  const sealed = await sealKey(tpm, seed, purpose, registers)
  if (!sealed.ok) return sealed
  const written = writeSealedKeyFile(out, sealed.value)
  if (!written.ok) return written
  const { uid, gid } = statSync(file)
  const owned = attempt('key.write', `${out}: expected to give it to the owner of ${file}`, () =>
    chownSync(out, uid, gid),
  )
  if (owned.ok) say(`${where}, made`)
  return owned
}

/** The sealed key has to unseal, and to be the one that is expected. */
async function checkAgainst(
  { purpose, tpm, say }: KeyJob,
  out: string,
  keyHash: Uint8Array | undefined,
): Promise<Result<void>> {
  const sealed = readSealed(out)
  if (!sealed.ok) return sealed
  if (keyHash !== undefined && !equalBytes(sealed.value.keyHash, keyHash)) {
    return fail(
      'key.other',
      `${out}: expected the key to be sealed or no file, got another sealed key; it was left as it is`,
    )
  }
  const unsealed = await unsealKey(tpm, sealed.value, purpose, out)
  if (!unsealed.ok) return unsealed
  unsealed.value.fill(0)
  say(`${out}: unseals (${describeSeal(sealed.value)})`)
  return ok(undefined)
}
