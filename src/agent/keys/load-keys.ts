import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Tpm } from '../../attestation/tpm/tpm.ts'
import { credentialOf } from '../../config/key-place.ts'
import type { Configuration } from '../../config/schema.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { readPrivateKey } from '../../crypto/key-file.ts'
import type { KeyPurpose, SealedKey } from '../../crypto/sealed-key.ts'
import { selectMlDsa } from '../../crypto/select.ts'
import type { Signer, Verifier } from '../../crypto/signature.ts'
import { createTlsIdentity, type TlsIdentity } from '../../crypto/tls-identity.ts'
import { readMonoNs } from '../../linux/clock.ts'
import { openProvider } from '../attestation/provider.ts'
import { unsealKey } from './seal-key.ts'

/** How a private key is guarded while nothing runs: by a mode, by a TPM, or as systemd keeps its credentials. */
export type KeyGuard = 'file' | 'tpm' | 'credential'

export interface HeldKey<T> {
  readonly key: T
  readonly guard: KeyGuard
  /** As the configuration names it. */
  readonly place: string
}

/** The private keys of this appliance: the present ones, and those that are to take their place. */
export interface Keys {
  readonly signing: readonly HeldKey<Signer>[]
  readonly tls: readonly HeldKey<TlsIdentity>[]
  readonly verifier: Verifier
}

/** What every command of unsealing may take, and how long a TPM that does not answer is asked again: systemd waits 30 s. */
const COMMAND_MS_MAX = 6_000
const RETRY_MS_MAX = 10_000
const RETRY_PAUSE_MS = 1_000
const SILENT_CODES = ['tpm.silent', 'tpm.absent', 'tpm.broken', 'tpm.busy']

/**
 * Reads the configured keys, and has the TPM unseal those that are sealed; it is let go of before this returns. Seeds are wiped
 * as soon as their keys are made. Faults: `key.*`, `tpm.*`.
 */
export async function loadKeys({ node, attestation }: Configuration): Promise<Result<Keys>> {
  const tpm = openProvider(attestation, COMMAND_MS_MAX)
  try {
    const mlDsa = selectMlDsa()
    const signing = await heldKeys([node.signingKey, node.nextSigningKey], 'signing', tpm, mlDsa.createSigner)
    if (!signing.ok) return signing
    const tls = await heldKeys([node.tlsKey, node.nextTlsKey], 'tls', tpm, createTlsIdentity)
    if (!tls.ok) return tls
    return ok({ signing: signing.value, tls: tls.value, verifier: mlDsa.verifier })
  } finally {
    await tpm?.close()
  }
}

async function heldKeys<T>(
  places: readonly (string | undefined)[],
  purpose: KeyPurpose,
  tpm: Tpm | undefined,
  make: (seed: Uint8Array) => T,
): Promise<Result<readonly HeldKey<T>[]>> {
  const held: HeldKey<T>[] = []
  for (const place of places.filter((named) => named !== undefined)) {
    const found = await seedAt(place, purpose, tpm)
    if (!found.ok) return found
    const { seed, guard } = found.value
    held.push({ key: make(seed), guard, place })
    seed.fill(0)
  }
  return ok(held)
}

async function seedAt(
  place: string,
  purpose: KeyPurpose,
  tpm: Tpm | undefined,
): Promise<Result<{ readonly seed: Uint8Array; readonly guard: KeyGuard }>> {
  const credential = credentialOf(place)
  const folder = process.env['CREDENTIALS_DIRECTORY']
  if (credential !== undefined && folder === undefined) {
    const message = `${place}: expected a credential of systemd, got no $CREDENTIALS_DIRECTORY; the unit gives it with LoadCredentialEncrypted=`
    return fail('key.credential', message)
  }
  const path = credential === undefined ? place : join(folder ?? '', credential)
  const read = readPrivateKey(path, credential !== undefined)
  if (!read.ok) return read
  if (read.value.kind === 'plain') {
    return ok({ seed: read.value.seed, guard: credential === undefined ? 'file' : 'credential' })
  }
  if (tpm === undefined) {
    return fail('key.tpm', `${path}: expected [attestation] with provider = "tpm2", for this key is sealed by a TPM`)
  }
  const seed = await unsealPatiently(tpm, read.value.sealed, purpose, path)
  return seed.ok ? ok({ seed: seed.value, guard: 'tpm' }) : seed
}

/** Whoever else has the TPM at the moment is waited for; after that the agent ends, and systemd starts it again. */
async function unsealPatiently(
  tpm: Tpm,
  sealed: SealedKey,
  purpose: KeyPurpose,
  path: string,
): Promise<Result<Uint8Array>> {
  const givenUpAt = readMonoNs() + BigInt(RETRY_MS_MAX) * 1_000_000n
  for (;;) {
    const seed = await unsealKey(tpm, sealed, purpose, path)
    if (seed.ok || !SILENT_CODES.includes(seed.fault.code) || readMonoNs() > givenUpAt) return seed
    await sleep(RETRY_PAUSE_MS)
  }
}
