import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EnrolmentTrust } from '../../src/attestation/enrolment.ts'
import { platformDigest } from '../../src/attestation/tpm/platform-digest.ts'
import { verifySignature } from '../../src/attestation/tpm/verify-signature.ts'
import { toHex, utf8 } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { readKeyFile, writeKeyFile } from '../../src/crypto/key-file.ts'
import { publicKeyToPem } from '../../src/crypto/public-key.ts'
import { generateSeed } from '../../src/crypto/seed.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import type { Signer } from '../../src/crypto/signature.ts'
import type { Task } from '../run-tasks.ts'
import { folderStep, keepStep, newFileStep } from '../step.ts'
import { type Ledger, openLedger } from './ledger.ts'
import type { LedgerEntry } from './ledger-entry.ts'

/** Whoever says which TPM belongs to which ML-DSA-87 key, and signs geneses. Works offline; its folder never leaves it. */
export interface Authority {
  readonly fleet: string
  readonly signer: Signer
  /** SHA-384 of its public key. */
  readonly keyHash: Uint8Array
  readonly ledger: Ledger
  close(): void
}

const mlDsa = selectMlDsa()

/** What its pure side is given of cryptography. */
export const MEANS = {
  digest: platformDigest,
  verify: verifySignature,
  verifyMlDsa: mlDsa.verifier.verifySync,
}

export function trustOf({ fleet, signer }: Authority): EnrolmentTrust {
  return { fleet, authorities: [signer.publicKey] }
}

/**
 * What founds an authority: its folder (0700), its ML-DSA-87 key (0600), the public half of that, and a ledger. What exists is
 * kept. Only looks. Faults: `authority.key-lost`, `authority.fleet`, `authority.public-key`, those of keys and of the ledger.
 */
export function drawAuthority(folder: string, fleet: string): Result<readonly Task[]> {
  const [keyPath, publicPath] = [join(folder, 'authority.pem'), join(folder, 'authority.pub')]
  const founded = existsSync(join(folder, 'ledger.jsonl')) ? readFounding(folder) : ok(undefined)
  if (!founded.ok) return founded
  if (founded.value !== undefined && founded.value.fleet !== fleet) {
    return fail('authority.fleet', `${folder}: expected fleet "${fleet}", got an authority of "${founded.value.fleet}"`)
  }
  const known = existsSync(keyPath)
  if (founded.value !== undefined && !known) return keyLost(keyPath)
  const seed = known ? readKeyFile(keyPath) : ok(generateSeed())
  if (!seed.ok) return seed
  const { publicKey } = mlDsa.createSigner(seed.value)
  const text = utf8(publicKeyToPem(publicKey))
  const what = 'public key of the authority'
  const kept = existsSync(publicPath)
  if (kept && readFileSync(publicPath, 'latin1') !== publicKeyToPem(publicKey)) {
    return fail('authority.public-key', `${publicPath}: expected the public half of ${keyPath}, got another`)
  }
  const keyWhat = 'ML-DSA-87 key of the authority'
  return ok([
    folderStep(folder, 0o700, 'authority folder'),
    known
      ? keepStep(keyPath, keyWhat)
      : {
          action: 'create',
          path: keyPath,
          what: `${keyWhat}, mode 0600`,
          perform: () => writeKeyFile(keyPath, seed.value),
        },
    kept ? keepStep(publicPath, what) : newFileStep(publicPath, text, 0o644, what),
    drawLedger(folder, fleet, toHex(sha384(publicKey)), founded.value !== undefined),
  ])
}

function drawLedger(folder: string, fleet: string, authority: string, kept: boolean): Task {
  const [path, what] = [join(folder, 'ledger.jsonl'), `ledger of fleet "${fleet}"`]
  if (kept) return keepStep(path, what)
  return {
    action: 'create',
    path,
    what,
    perform: () => {
      const ledger = openLedger(folder)
      if (!ledger.ok) return ledger
      const appended = ledger.value.append({ kind: 'founded', fleet, authority })
      ledger.value.close()
      return appended.ok ? ok(undefined) : appended
    },
  }
}

function readFounding(folder: string): Result<Extract<LedgerEntry, { kind: 'founded' }> | undefined> {
  const ledger = openLedger(folder)
  if (!ledger.ok) return ledger
  const [first] = ledger.value.entries
  ledger.value.close()
  return ok(first?.kind === 'founded' ? first : undefined)
}

/** Its key and its ledger, which nobody else has open. Faults: `authority.missing`, `authority.key`, those of both. */
export function openAuthority(folder: string): Result<Authority> {
  const keyPath = join(folder, 'authority.pem')
  if (!existsSync(folder)) return fail('authority.missing', `${folder}: expected the folder of an authority, got none`)
  if (!existsSync(keyPath)) return keyLost(keyPath)
  const seed = readKeyFile(keyPath)
  if (!seed.ok) return seed
  const signer = mlDsa.createSigner(seed.value)
  const keyHash = sha384(signer.publicKey)
  const ledger = openLedger(folder)
  if (!ledger.ok) return ledger
  const [first] = ledger.value.entries
  if (first?.kind === 'founded' && first.authority === toHex(keyHash)) {
    return ok({ fleet: first.fleet, signer, keyHash, ledger: ledger.value, close: () => ledger.value.close() })
  }
  ledger.value.close()
  return fail('authority.key', `${keyPath}: expected the key that the ledger beside it was founded with, got another`)
}

function keyLost(path: string): Result<never> {
  return fail('authority.key-lost', `${path}: expected the key of the authority, got no file`)
}
