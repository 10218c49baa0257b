import { ENROLMENT_BYTES_MAX, type Enrolment, verifyEnrolment } from '../../src/attestation/enrolment.ts'
import { REQUEST_BYTES_MAX, verifyRequest } from '../../src/attestation/enrolment-request.ts'
import { platformDigest } from '../../src/attestation/tpm/platform-digest.ts'
import { readNamedFile } from '../../src/config/read-file.ts'
import type { AttestationTerms, Member, Membership } from '../../src/consensus/membership.ts'
import { equalBytes, toHex } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { publicKeyFromPem } from '../../src/crypto/public-key.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { KEY_KINDS, type KeyKind } from './rotation.ts'

/** Which keys an appliance is to have: as an authority has enrolled them, or as files with its public keys. */
export interface KeySource {
  readonly request: string | undefined
  readonly enrolment: string | undefined
  /** The enrolment of the hardware that goes: the new one has to come after it. */
  readonly formerEnrolment: string | undefined
  readonly signingKey: string | undefined
  readonly tlsKey: string | undefined
}

/** As files of changes have them: hexadecimal digits. */
export interface NewKeys {
  readonly signingKey: string
  readonly tlsKeyHash: string
}

const MEANS = { digest: platformDigest, verifyMlDsa: selectMlDsa().verifier.verifySync }
const PEM_BYTES_MAX = 65_536

/**
 * The public keys of an appliance, checked as far as they can be here. In a cluster that attests they come out of its request and
 * its enrolment, which an authority of the membership has signed. Faults: `member.keys`, `member.other-name`, `member.other-key`,
 * `member.serial`, those of requests, enrolments and keys.
 */
export function readNewKeys(name: string, source: KeySource, present: Membership): Result<NewKeys> {
  const { request, enrolment, signingKey, tlsKey } = source
  const terms = present.attestation
  if (request !== undefined && enrolment !== undefined && terms !== undefined) {
    return enrolledKeys(name, { ...source, request, enrolment }, terms)
  }
  const named = signingKey !== undefined && tlsKey !== undefined && request === undefined && enrolment === undefined
  if (named && terms === undefined) return publicKeys(signingKey, tlsKey)
  const [expected, asks] =
    terms === undefined
      ? ['--signing-key and --tls-key', 'asks for no attestation']
      : ['--request and --enrolment', 'asks for attestation']
  return fail('member.keys', `${name}: expected ${expected}, since ${present.cluster} ${asks}, got something else`)
}

/**
 * The same for a member that changes keys of these kinds and keeps its hardware: a key that is not named stays. A TLS key needs no
 * enrolment, since none speaks of it; a request that names both does not make both change. Faults: `member.unknown`, those of
 * `readNewKeys`.
 */
export function readRotatedKeys(
  name: string,
  source: KeySource,
  present: Membership,
  kinds: readonly KeyKind[] = KEY_KINDS,
): Result<NewKeys> {
  const member = present.members.find((known) => known.name === name)
  if (member === undefined) return fail('member.unknown', `${name}: expected a member of ${present.cluster}, got none`)
  const named = readNamedKeys(member, source, present)
  if (!named.ok) return named
  return ok({
    signingKey: kinds.includes('signing') ? named.value.signingKey : toHex(member.signingKey),
    tlsKeyHash: kinds.includes('tls') ? named.value.tlsKeyHash : toHex(member.tlsKeyHash),
  })
}

function readNamedKeys(member: Member, source: KeySource, present: Membership): Result<NewKeys> {
  const { request, enrolment, signingKey, tlsKey } = source
  const enrols = request !== undefined || enrolment !== undefined
  const needsEnrolment = present.attestation !== undefined && signingKey !== undefined
  if (enrols || needsEnrolment || (signingKey === undefined && tlsKey === undefined)) {
    return readNewKeys(member.name, source, present)
  }
  const signing = signingKey === undefined ? ok({ raw: member.signingKey }) : readPem(signingKey)
  if (!signing.ok) return signing
  const tls = tlsKey === undefined ? ok({ hash: member.tlsKeyHash }) : readPem(tlsKey)
  return tls.ok ? ok({ signingKey: toHex(signing.value.raw), tlsKeyHash: toHex(tls.value.hash) }) : tls
}

function publicKeys(signingFile: string, tlsFile: string): Result<NewKeys> {
  const signing = readPem(signingFile)
  if (!signing.ok) return signing
  const tls = readPem(tlsFile)
  return tls.ok ? ok({ signingKey: toHex(signing.value.raw), tlsKeyHash: toHex(tls.value.hash) }) : tls
}

function readPem(file: string): ReturnType<typeof publicKeyFromPem> {
  const bytes = readNamedFile(file, { what: 'an ML-DSA-87 public key in PEM', bytesMax: PEM_BYTES_MAX })
  return bytes.ok ? publicKeyFromPem(new TextDecoder('latin1').decode(bytes.value), file) : bytes
}

function enrolledKeys(
  name: string,
  files: KeySource & { readonly request: string; readonly enrolment: string },
  terms: AttestationTerms,
): Result<NewKeys> {
  const bytes = readNamedFile(files.request, { what: 'a request for enrolment', bytesMax: REQUEST_BYTES_MAX })
  if (!bytes.ok) return bytes
  const verified = verifyRequest(bytes.value, MEANS)
  if (!verified.ok) return fail(verified.fault.code, `${files.request}: ${verified.fault.message}`)
  const { request } = verified.value
  const enrolment = readEnrolment(files.enrolment, terms)
  if (!enrolment.ok) return enrolment
  const other = [request.node, enrolment.value.node].find((node) => node !== name)
  if (other !== undefined) {
    return fail('member.other-name', `${files.enrolment}: expected request and enrolment of ${name}, got ${other}`)
  }
  const { keyHash, attestationKey } = enrolment.value
  if (
    !equalBytes(keyHash, sha384(request.signingKey)) ||
    !equalBytes(attestationKey.name, request.attestationKey.name)
  ) {
    return fail(
      'member.other-key',
      `${files.enrolment}: expected the enrolment of the keys in ${files.request}, got others`,
    )
  }
  const later = comesAfter(files, enrolment.value, terms)
  if (!later.ok) return later
  return ok({ signingKey: toHex(request.signingKey), tlsKeyHash: toHex(request.tlsKeyHash) })
}

function readEnrolment(file: string, terms: AttestationTerms): Result<Enrolment> {
  const bytes = readNamedFile(file, { what: 'an enrolment', bytesMax: ENROLMENT_BYTES_MAX })
  if (!bytes.ok) return bytes
  const verified = verifyEnrolment(bytes.value, terms, MEANS)
  return verified.ok ? verified : fail(verified.fault.code, `${file}: ${verified.fault.message}`)
}

function comesAfter(
  { formerEnrolment, enrolment: file }: KeySource,
  enrolment: Enrolment,
  terms: AttestationTerms,
): Result<void> {
  if (formerEnrolment === undefined) return ok(undefined)
  const former = readEnrolment(formerEnrolment, terms)
  if (!former.ok) return former
  if (former.value.serial < enrolment.serial) return ok(undefined)
  return fail(
    'member.serial',
    `${file}: expected a serial above ${former.value.serial}, that of the hardware that goes, got ${enrolment.serial}`,
  )
}
