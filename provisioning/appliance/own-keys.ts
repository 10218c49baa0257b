import { existsSync } from 'node:fs'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import type { Signer } from '../../src/crypto/signature.ts'
import { createTlsIdentity } from '../../src/crypto/tls-identity.ts'
import { drawKeys } from '../appliance-steps.ts'
import type { Step } from '../step.ts'
import type { ApplianceFiles } from './appliance-files.ts'

/** The keys that an appliance makes for itself: their private halves never leave it. */
export interface OwnKeys {
  readonly signer: Signer
  /** SHA-384 of the SubjectPublicKeyInfo. */
  readonly tlsKeyHash: Uint8Array
  /** What makes them, where they are not there yet. */
  readonly steps: readonly Step[]
}

/**
 * The one place where enrolment comes by the keys of its appliance, whatever they are kept in. Keys that something was asked
 * for under are never made a second time. Only looks. Faults: `enrol.key-lost`, those of keys.
 */
export function drawOwnKeys(files: ApplianceFiles): Result<OwnKeys> {
  if (existsSync(files.request)) {
    const lost = [files.signingKey, files.tlsKey].find((path) => !existsSync(path))
    if (lost !== undefined) {
      return fail('enrol.key-lost', `${lost}: expected the key that enrolment was asked for under, got no file`)
    }
  }
  const drawn = drawKeys(files.folder, undefined)
  if (!drawn.ok) return drawn
  const signer = selectMlDsa().createSigner(drawn.value.signing)
  return ok({ signer, tlsKeyHash: createTlsIdentity(drawn.value.tls).keyHash, steps: drawn.value.steps })
}
