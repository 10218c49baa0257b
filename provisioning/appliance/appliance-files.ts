import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readNamedFile } from '../../src/config/read-file.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { publicKeyFromPem } from '../../src/crypto/public-key.ts'

/** Where a private key is, by how it is kept; one that is sealed is the one that counts. */
export interface KeyPlaces {
  readonly sealed: string
  readonly plain: string
}

/** Where an appliance keeps what belongs to its enrolment, below its own folder. */
export interface ApplianceFiles {
  readonly folder: string
  readonly keys: string
  readonly signingKey: KeyPlaces
  readonly tlsKey: KeyPlaces
  readonly attestation: string
  /** Which TPM, which keys in it. */
  readonly settings: string
  readonly request: string
  /** The authority's public key, from the first time that it was shown on. */
  readonly authority: string
  readonly challenge: string
  readonly answer: string
  readonly enrolment: string
  readonly log: string
}

export function applianceFiles(folder: string): ApplianceFiles {
  const [keys, attestation] = [join(folder, 'keys'), join(folder, 'attestation')]
  return {
    folder,
    keys,
    signingKey: { sealed: join(keys, 'signing.sealed'), plain: join(keys, 'signing.pem') },
    tlsKey: { sealed: join(keys, 'tls.sealed'), plain: join(keys, 'tls.pem') },
    attestation,
    settings: join(attestation, 'tpm.json'),
    request: join(attestation, 'enrolment-request.cbor'),
    authority: join(attestation, 'authority.pub'),
    challenge: join(attestation, 'challenge.cbor'),
    answer: join(attestation, 'answer.cbor'),
    enrolment: join(attestation, 'enrolment.cbor'),
    log: join(folder, 'provisioning.log'),
  }
}

/** A folder like that of an appliance, inside its own: there the same TPM can be enrolled for the keys to come. */
export function nextFolder(folder: string): string {
  return join(folder, 'next')
}

/** Undefined where there is none. Fault: `file.unreadable`. */
export function readKept(path: string, what: string, bytesMax: number): Result<Uint8Array | undefined> {
  return existsSync(path) ? readNamedFile(path, { what, bytesMax }) : ok(undefined)
}

/** A raw ML-DSA-87 public key; `of` whom, for faults. Faults: `file.unreadable`, `key.format`. */
export function readPublicKey(path: string, of = 'an authority'): Result<Uint8Array> {
  const bytes = readNamedFile(path, { what: `the public key of ${of}`, bytesMax: 65_536 })
  if (!bytes.ok) return bytes
  const key = publicKeyFromPem(new TextDecoder('latin1').decode(bytes.value), path)
  return key.ok ? ok(key.value.raw) : key
}

/**
 * The authority that this appliance goes by: the one that it kept, and no other. `shown` is a file that names it. Faults:
 * `enrol.no-authority`, `enrol.authority`, those of both files.
 */
export function readPinned(files: ApplianceFiles, shown: string | undefined): Result<Uint8Array> {
  const kept = existsSync(files.authority) ? readPublicKey(files.authority) : ok(undefined)
  if (!kept.ok) return kept
  if (shown === undefined) {
    return kept.value === undefined
      ? fail('enrol.no-authority', `${files.authority}: expected the public key of the authority, got no file`)
      : ok(kept.value)
  }
  const given = readPublicKey(shown)
  if (!given.ok || kept.value === undefined) return given
  return readFileSync(files.authority).length > 0 && Buffer.compare(given.value, kept.value) === 0
    ? given
    : fail('enrol.authority', `${shown}: expected the authority that this appliance was enrolled with, got another`)
}
