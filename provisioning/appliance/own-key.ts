import { existsSync } from 'node:fs'
import { sealKey, unsealKey } from '../../src/agent/keys/seal-key.ts'
import { describeSelections, type PcrSelection } from '../../src/attestation/pcr-selection.ts'
import type { Tpm } from '../../src/attestation/tpm/tpm.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { readKeyFile, readPrivateKey, writeKeyFile, writeSealedKeyFile } from '../../src/crypto/key-file.ts'
import type { KeyPurpose } from '../../src/crypto/sealed-key.ts'
import { generateSeed } from '../../src/crypto/seed.ts'
import { drawKey } from '../appliance-steps.ts'
import type { Task } from '../run-tasks.ts'
import { keepStep } from '../step.ts'
import type { KeyPlaces } from './appliance-files.ts'

/** One private key of an appliance. */
export interface OwnKey {
  /** Whoever drew it wipes it. */
  readonly seed: Uint8Array
  readonly guard: 'tpm' | 'file'
  readonly tasks: readonly Task[]
}

export interface OwnKeyOptions {
  readonly purpose: KeyPurpose
  /** Registers that a new key is sealed under; undefined: it is made in the clear. */
  readonly seal: PcrSelection | undefined
  /** A file for a copy in the clear; undefined: none. */
  readonly escrow: string | undefined
}

/**
 * The key that is there, sealed or not, or a new one, which has to unseal before its file is written. The copy for the escrow comes
 * after it, of an old key as well. Faults: `enrol.escrow`, those of keys and of the TPM.
 */
export async function drawOwnKey(tpm: Tpm, places: KeyPlaces, options: OwnKeyOptions): Promise<Result<OwnKey>> {
  const drawn = await drawFile(tpm, places, options)
  if (!drawn.ok || options.escrow === undefined) return drawn
  const { seed, tasks } = drawn.value
  const isNew = tasks.some(({ action }) => action === 'create')
  const copy = drawCopyInTheClear(options.escrow, seed, isNew, describe(options.purpose))
  return copy.ok ? ok({ ...drawn.value, tasks: [...tasks, copy.value] }) : copy
}

async function drawFile(tpm: Tpm, places: KeyPlaces, { purpose, seal }: OwnKeyOptions): Promise<Result<OwnKey>> {
  const what = describe(purpose)
  if (existsSync(places.sealed)) {
    const seed = await unsealFile(tpm, places.sealed, purpose)
    const tasks = [keepStep(places.sealed, `${what}, sealed to the TPM`)]
    return seed.ok ? ok({ seed: seed.value, guard: 'tpm', tasks }) : seed
  }
  if (seal === undefined || existsSync(places.plain)) {
    const drawn = drawKey(places.plain, what, undefined)
    return drawn.ok ? ok({ seed: drawn.value.seed, guard: 'file', tasks: [drawn.value.step] }) : drawn
  }
  const seed = generateSeed()
  const under = `${what}, sealed to the TPM under ${describeSelections([seal])}`
  const perform = async (): Promise<Result<void>> => {
    const sealed = await sealKey(tpm, seed, purpose, seal)
    if (!sealed.ok) return sealed
    const unsealed = await unsealKey(tpm, sealed.value, purpose, places.sealed)
    if (!unsealed.ok) return unsealed
    unsealed.value.fill(0)
    return writeSealedKeyFile(places.sealed, sealed.value)
  }
  return ok({ seed, guard: 'tpm', tasks: [{ action: 'create', path: places.sealed, what: under, perform }] })
}

async function unsealFile(tpm: Tpm, path: string, purpose: KeyPurpose): Promise<Result<Uint8Array>> {
  const read = readPrivateKey(path)
  if (!read.ok) return read
  if (read.value.kind === 'sealed') return unsealKey(tpm, read.value.sealed, purpose, path)
  read.value.seed.fill(0)
  return fail('key.format', `${path}: expected a key that a TPM has sealed, got a private key in PEM`)
}

/** A key that lies there before this appliance has one is of another, or of an earlier one, whose journal nobody knows. */
function drawCopyInTheClear(path: string, seed: Uint8Array, isNew: boolean, what: string): Result<Task> {
  const copyOf = `copy of the ${what} in the clear, for the escrow`
  if (!existsSync(path)) {
    return ok({ action: 'create', path, what: copyOf, perform: () => writeKeyFile(path, seed) })
  }
  const kept = readKeyFile(path)
  if (!kept.ok) return kept
  const same = !isNew && equalBytes(kept.value, seed)
  kept.value.fill(0)
  return same ? ok(keepStep(path, copyOf)) : fail('enrol.escrow', `${path}: expected no file yet, got another key`)
}

function describe(purpose: KeyPurpose): string {
  return purpose === 'signing' ? 'ML-DSA-87 signing key' : 'ML-DSA-87 TLS key'
}
