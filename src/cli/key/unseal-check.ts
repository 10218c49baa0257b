import { unsealKey } from '../../agent/keys/seal-key.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { readPrivateKey } from '../../crypto/key-file.ts'
import type { SealedKey } from '../../crypto/sealed-key.ts'
import type { KeyJob } from './key-job.ts'

/** Whether the TPM gives a key back now. Faults: those of `unsealKey` and of key files. */
export async function checkSealedKeyFile({ file, purpose, tpm, say }: KeyJob): Promise<Result<void>> {
  const sealed = readSealed(file)
  if (!sealed.ok) return sealed
  const seed = await unsealKey(tpm, sealed.value, purpose, file)
  if (!seed.ok) return seed
  seed.value.fill(0)
  say(`${file}: the TPM unseals this ${purpose} key (${describeSeal(sealed.value)})`)
  return ok(undefined)
}

export function readSealed(file: string): Result<SealedKey> {
  const read = readPrivateKey(file)
  if (!read.ok) return read
  if (read.value.kind === 'sealed') return ok(read.value.sealed)
  read.value.seed.fill(0)
  return fail('key.format', `${file}: expected a key that a TPM has sealed, got a private key in PEM`)
}

export function describeSeal({ bank, registers, parent }: SealedKey): string {
  return `under ${bank}:${registers.join(',')}, below ${parent}`
}
