import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { keyHashOf } from '../../src/agent/keys/seal-key.ts'
import type { PcrSelection } from '../../src/attestation/pcr-selection.ts'
import type { Tpm } from '../../src/attestation/tpm/tpm.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { readPrivateKey } from '../../src/crypto/key-file.ts'
import type { KeyPurpose } from '../../src/crypto/sealed-key.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import type { Signer } from '../../src/crypto/signature.ts'
import type { Task } from '../run-tasks.ts'
import { folderStep } from '../step.ts'
import type { ApplianceFiles, KeyPlaces } from './appliance-files.ts'
import { drawOwnKey, type OwnKey } from './own-key.ts'

/** By what a membership knows the keys that an appliance made for itself; their private halves never leave it. */
export interface OwnKeyHashes {
  /** SHA-384 of the public key. */
  readonly signing: Uint8Array
  /** SHA-384 of the SubjectPublicKeyInfo. */
  readonly tls: Uint8Array
}

export interface OwnKeys {
  readonly signer: Signer
  readonly tlsKeyHash: Uint8Array
  /** What makes them, where they are not there yet. */
  readonly tasks: readonly Task[]
  /** What a technician should know. */
  readonly notices: readonly string[]
}

export interface KeyOptions {
  /** Registers that new keys are sealed under; undefined: they are made in the clear. */
  readonly seal: PcrSelection | undefined
  /** A folder on a medium that does not stay here, for copies in the clear; undefined: there are none. */
  readonly escrow: string | undefined
}

/**
 * The keys of an appliance, whatever they are kept in: those that are there, or new ones. Keys that something was asked for under
 * are never made a second time. Only looks, but for having the TPM unseal. Faults: `enrol.key-lost`, `enrol.escrow`, those of keys.
 */
export async function drawOwnKeys(
  tpm: Tpm,
  files: ApplianceFiles,
  node: string,
  options: KeyOptions,
): Promise<Result<OwnKeys>> {
  const present = checkPresent(files)
  if (!present.ok) return present
  const { escrow } = options
  if (escrow !== undefined && !existsSync(escrow)) {
    return fail('enrol.escrow', `${escrow}: expected a folder for copies of the keys, got none`)
  }
  const drawn: OwnKey[] = []
  for (const purpose of ['signing', 'tls'] as const) {
    const places = placesOf(files, purpose)
    const copy = escrow === undefined ? undefined : join(escrow, `${node}-${purpose}.pem`)
    const key = await drawOwnKey(tpm, places, { purpose, seal: options.seal, escrow: copy })
    if (!key.ok) return key
    drawn.push(key.value)
  }
  const [signing, tls] = drawn as [OwnKey, OwnKey]
  const signer = selectMlDsa().createSigner(signing.seed)
  const folders = [folderStep(files.folder, 0o750, 'appliance folder'), folderStep(files.keys, 0o700, 'key folder')]
  const wipe = (): void => {
    for (const { seed } of drawn) seed.fill(0)
  }
  return ok({
    signer,
    tlsKeyHash: keyHashOf(tls.seed, 'tls'),
    tasks: [...folders, ...signing.tasks, ...wiping(tls.tasks, wipe)],
    notices: noticesOf(drawn, options),
  })
}

/** Without the TPM: sealed keys say which they are. Faults: `enrol.key-lost`, those of key files. */
export function readOwnKeyHashes(files: ApplianceFiles): Result<OwnKeyHashes> {
  const signing = readHash(placesOf(files, 'signing'), 'signing')
  if (!signing.ok) return signing
  const tls = readHash(placesOf(files, 'tls'), 'tls')
  return tls.ok ? ok({ signing: signing.value, tls: tls.value }) : tls
}

function readHash(places: KeyPlaces, purpose: KeyPurpose): Result<Uint8Array> {
  const path = keptAt(places)
  if (path === undefined) return lost(places)
  const read = readPrivateKey(path)
  if (!read.ok) return read
  if (read.value.kind === 'plain') {
    const hash = keyHashOf(read.value.seed, purpose)
    read.value.seed.fill(0)
    return ok(hash)
  }
  const { purpose: came, keyHash } = read.value.sealed
  return came === purpose ? ok(keyHash) : fail('key.purpose', `${path}: expected a ${purpose} key, got a ${came} key`)
}

function checkPresent(files: ApplianceFiles): Result<void> {
  if (!existsSync(files.request)) return ok(undefined)
  const missing = [files.signingKey, files.tlsKey].find((places) => keptAt(places) === undefined)
  return missing === undefined ? ok(undefined) : lost(missing)
}

function lost({ sealed, plain }: KeyPlaces): Result<never> {
  return fail(
    'enrol.key-lost',
    `${sealed}: expected the key that enrolment was asked for under, or ${plain}, got no file`,
  )
}

/** The file that counts; undefined where there is none yet. */
function keptAt({ sealed, plain }: KeyPlaces): string | undefined {
  return [sealed, plain].find((path) => existsSync(path))
}

function placesOf(files: ApplianceFiles, purpose: KeyPurpose): KeyPlaces {
  return purpose === 'signing' ? files.signingKey : files.tlsKey
}

/** Seeds are wiped when the last file is written. */
function wiping(tasks: readonly Task[], wipe: () => void): readonly Task[] {
  return tasks.map((task, index) => {
    if (index < tasks.length - 1) return task
    const perform = async (): Promise<Result<void>> => {
      const done = await task.perform()
      wipe()
      return done
    }
    return { ...task, perform }
  })
}

function noticesOf(keys: readonly OwnKey[], { escrow }: KeyOptions): readonly string[] {
  if (keys.some(({ guard }) => guard === 'file')) {
    return ['private keys are in the clear: who reads the disk is this appliance (docs/keys.md, "Sealing")']
  }
  if (escrow !== undefined) return [`take ${escrow} away: who has it is this appliance`]
  return ['keys are sealed, and no copy is known: before a firmware update see docs/keys.md, "After a firmware update"']
}
