import { SECRET_BYTES } from '../../src/attestation/enrolment-answer.ts'
import { signChallenge, verifyChallenge } from '../../src/attestation/enrolment-challenge.ts'
import { type VerifiedRequest, verifyRequest } from '../../src/attestation/enrolment-request.ts'
import { checkEndorsementCertificate } from '../../src/attestation/tpm/endorsement-certificate.ts'
import { keyObjectOf } from '../../src/attestation/tpm/key-object.ts'
import { makeCredential } from '../../src/attestation/tpm/make-credential.ts'
import { equalBytes, toHex } from '../../src/core/bytes.ts'
import { shortHex } from '../../src/core/encoding.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { randomBytes } from '../../src/crypto/random.ts'
import { type Authority, MEANS } from './authority.ts'
import type { Challenged } from './ledger-entry.ts'
import { base64Of, bytesOf, highestSerial, newestChallenge, newestEnrolments } from './ledger-view.ts'

/** Whose certificates count, DER. A site's own authority stands in for a vendor whose certificate cannot be had. */
export interface Roots {
  readonly vendor: readonly Uint8Array[]
  readonly site: readonly Uint8Array[]
  readonly intermediates: readonly Uint8Array[]
}

export interface ChallengeOptions {
  readonly request: Uint8Array
  readonly roots: Roots
  /** The node was there before with another key or TPM, and that one is gone. */
  readonly replace: boolean
  readonly atMs: number
}

export interface IssuedChallenge {
  readonly node: string
  readonly bytes: Uint8Array
  /** Whether it was there already: the same request is given the same challenge. */
  readonly kept: boolean
  readonly rootedIn: 'vendor' | 'site'
  /** As the endorsement certificate says it. */
  readonly tpm: string
}

/** A request that may be challenged. */
export interface AssessedRequest extends Certified {
  readonly verified: VerifiedRequest
  /** The challenge that it was given already. */
  readonly known: Challenged | undefined
}

/**
 * Looks a request over. Faults: those of `verifyRequest` and of endorsement certificates, `request.certificate-key`,
 * `authority.name-taken`, `authority.key-taken`, `authority.tpm-taken`, `authority.ledger-older`.
 */
export function assessRequest(authority: Authority, options: ChallengeOptions): Result<AssessedRequest> {
  const verified = verifyRequest(options.request, MEANS)
  if (!verified.ok) return verified
  const certified = checkChain(verified.value, options)
  if (!certified.ok) return certified
  const fits = checkOthers(authority, verified.value, options.replace)
  if (!fits.ok) return fits
  const newest = newestChallenge(authority.ledger.entries, verified.value.request.node)
  const known = newest?.requestDigest === toHex(verified.value.digest) ? newest : undefined
  return ok({ ...certified.value, verified: verified.value, known })
}

/**
 * Makes the challenge for a request, which only the TPM of the request can open; durable in the ledger before it is handed
 * out. The same request is given the same one. Faults: those of `assessRequest` and of the ledger.
 */
export function issueChallenge(authority: Authority, options: ChallengeOptions): Result<IssuedChallenge> {
  const assessed = assessRequest(authority, options)
  if (!assessed.ok) return assessed
  const { known, verified, rootedIn, tpm } = assessed.value
  if (known === undefined) return issueNew(authority, verified, options.request, { rootedIn, tpm })
  return ok({ rootedIn, tpm, node: known.node, bytes: bytesOf(known.challenge), kept: true })
}

type Certified = Pick<IssuedChallenge, 'rootedIn' | 'tpm'>

/** To a vendor's root, and only where there is none to one of the site. */
function checkChain({ request, endorsement }: VerifiedRequest, { roots, atMs }: ChallengeOptions): Result<Certified> {
  const intermediates = [...roots.intermediates, ...request.intermediates]
  const follow = (trusted: readonly Uint8Array[]): ReturnType<typeof checkEndorsementCertificate> =>
    checkEndorsementCertificate(request.endorsementCertificate, { roots: trusted, intermediates }, atMs)
  const byVendor = follow(roots.vendor)
  const checked = byVendor.ok || roots.site.length === 0 ? byVendor : follow(roots.site)
  if (!checked.ok) return checked
  const key = keyObjectOf(endorsement)
  if (!key.ok) return key
  if (!checked.value.publicKey.equals(key.value)) {
    return fail(
      'request.certificate-key',
      `request of ${request.node}: expected the endorsement key that its certificate is for, got another`,
    )
  }
  const { manufacturer, model, version } = checked.value.identity
  return ok({ rootedIn: byVendor.ok ? 'vendor' : 'site', tpm: printable(`${manufacturer} ${model} ${version}`) })
}

/** A name, a key and a TPM belong together, until somebody says that a node was replaced. */
function checkOthers(authority: Authority, { request }: VerifiedRequest, replace: boolean): Result<void> {
  const issued = newestEnrolments(authority.ledger.entries)
  if (!issued.ok) return issued
  const certificate = sha384(request.endorsementCertificate)
  for (const { entry, enrolment, request: other } of issued.value) {
    const sameKey = equalBytes(other.signingKey, request.signingKey)
    const sameTpm =
      equalBytes(enrolment.endorsementDigest, certificate) ||
      equalBytes(enrolment.attestationKey.name, request.attestationKey.name)
    const who = `${entry.node} (serial ${entry.serial})`
    if (entry.node === request.node) {
      if ((sameKey && sameTpm) || replace) continue
      return fail(
        'authority.name-taken',
        `request of ${request.node}: expected the ML-DSA-87 key and the TPM of ${who}, got ${sameKey ? 'another TPM' : 'another key'}`,
      )
    }
    if (sameKey) {
      return fail(
        'authority.key-taken',
        `request of ${request.node}: expected an ML-DSA-87 key of its own, got that of ${who}`,
      )
    }
    if (sameTpm) {
      return fail('authority.tpm-taken', `request of ${request.node}: expected a TPM of its own, got that of ${who}`)
    }
  }
  return checkFormer(authority, request)
}

/** An appliance that shows a number from here which is not in the ledger shows that the ledger is an older copy. */
function checkFormer({ keyHash, ledger }: Authority, { node, former }: VerifiedRequest['request']): Result<void> {
  if (former === undefined || !equalBytes(former.authority, keyHash)) return ok(undefined)
  const highest = highestSerial(ledger.entries)
  if (former.serial <= highest) return ok(undefined)
  return fail(
    'authority.ledger-older',
    `request of ${node}: expected an enrolment of at most serial ${highest}, got ${former.serial} by this very authority: its ledger is an older copy`,
  )
}

function issueNew(
  authority: Authority,
  { request, digest, endorsement }: VerifiedRequest,
  requestBytes: Uint8Array,
  certified: Certified,
): Result<IssuedChallenge> {
  const { fleet, keyHash, signer, ledger } = authority
  const { node } = request
  const secret = randomBytes(SECRET_BYTES)
  const credential = makeCredential(endorsement, request.attestationKey.name, secret)
  if (!credential.ok) return credential
  const bytes = signChallenge(
    {
      format: 'quorumtime-enrolment-challenge-1',
      authority: keyHash,
      fleet,
      node,
      request: digest,
      ...credential.value,
    },
    signer.sign,
  )
  const own = verifyChallenge(bytes, signer.publicKey, MEANS.verifyMlDsa)
  if (!own.ok) return own
  const appended = ledger.append({
    kind: 'challenged',
    node,
    requestDigest: toHex(digest),
    challengeDigest: toHex(own.value.digest),
    secretHash: toHex(sha384(secret)),
    ...certified,
    request: base64Of(requestBytes),
    challenge: base64Of(bytes),
  })
  secret.fill(0)
  return appended.ok ? ok({ ...certified, node, bytes, kept: false }) : appended
}

/** What the ledger keeps is ASCII: a maker's name may be anything. */
function printable(text: string): string {
  return text.replaceAll(/[^ -~]/g, '?').slice(0, 200)
}

/** `7f3a01c2b4d5`: by which people compare what two screens show. */
export function describeRequest({ request, digest }: VerifiedRequest): string {
  return `${request.node}: request ${shortHex(digest)}, ML-DSA-87 key ${shortHex(sha384(request.signingKey))}, attestation key ${shortHex(request.attestationKey.name.subarray(2))}`
}
