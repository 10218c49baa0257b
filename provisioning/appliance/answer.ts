import {
  ANSWER_BYTES_MAX,
  answerExtraData,
  decodeAnswer,
  encodeAnswer,
  SECRET_BYTES,
} from '../../src/attestation/enrolment-answer.ts'
import { type ReadChallenge, verifyChallenge } from '../../src/attestation/enrolment-challenge.ts'
import { type EnrolmentRequest, enrolmentRequestCodec } from '../../src/attestation/enrolment-request.ts'
import { activateCredential } from '../../src/attestation/tpm/activate-credential.ts'
import { readPublic } from '../../src/attestation/tpm/objects.ts'
import { platformDigest } from '../../src/attestation/tpm/platform-digest.ts'
import { quoteWithValues } from '../../src/attestation/tpm/quote.ts'
import type { Tpm } from '../../src/attestation/tpm/tpm.ts'
import { equalBytes, utf8 } from '../../src/core/bytes.ts'
import { encode, shortHex } from '../../src/core/encoding.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { publicKeyToPem } from '../../src/crypto/public-key.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import type { Task } from '../run-tasks.ts'
import { keepStep, newFileStep, updateStep } from '../step.ts'
import { type ApplianceFiles, readKept } from './appliance-files.ts'
import { readBegun } from './begun-enrolment.ts'
import type { TpmSettings } from './tpm-settings.ts'

export interface AnswerOptions {
  readonly folder: string
  readonly challenge: Uint8Array
  /** A file with the authority's public key; may be left out when it was shown before. */
  readonly authority: string | undefined
}

/**
 * What answers a challenge: the TPM opens its credential and quotes. Kept where the same challenge was answered before. Only looks.
 * Faults: those of `readBegun` and `verifyChallenge`, `enrol.other-request`, `enrol.wrong-tpm`.
 */
export async function drawAnswer(tpm: Tpm, options: AnswerOptions): Promise<Result<readonly Task[]>> {
  const begun = readBegun(options.folder, options.authority)
  if (!begun.ok) return begun
  const { files, settings, request, authority } = begun.value
  const read = verifyChallenge(options.challenge, authority, selectMlDsa().verifier.verifySync)
  if (!read.ok) return read
  const own = sha384(encode(enrolmentRequestCodec, request))
  if (!equalBytes(read.value.challenge.request, own)) {
    return fail(
      'enrol.other-request',
      `challenge of ${read.value.challenge.node}: expected one for request ${shortHex(own)} of this appliance, got one for ${shortHex(read.value.challenge.request)}`,
    )
  }
  const same = await isSameTpm(tpm, settings, request)
  if (!same.ok) return same
  const answer = drawFile(tpm, files, settings, read.value, request)
  if (!answer.ok) return answer
  return ok([
    drawCopy(files.authority, utf8(publicKeyToPem(authority)), 'public key of the authority'),
    drawCopy(files.challenge, options.challenge, 'challenge of the authority'),
    answer.value,
  ])
}

/** Whether the TPM still has the key that was asked for. Fault: `enrol.wrong-tpm`. */
export async function isSameTpm(
  tpm: Tpm,
  { keyHandle }: TpmSettings,
  { attestationKey, node }: EnrolmentRequest,
): Promise<Result<void>> {
  const key = await readPublic(tpm, keyHandle)
  if (!key.ok && key.fault.code !== 'tpm.refused') return key
  if (key.ok && equalBytes(key.value.name, attestationKey.name)) return ok(undefined)
  return fail(
    'enrol.wrong-tpm',
    `TPM of ${node}: expected the attestation key of the request, got ${key.ok ? 'another' : 'none'}`,
  )
}

function drawFile(
  tpm: Tpm,
  files: ApplianceFiles,
  { keyHandle, endorsement }: TpmSettings,
  { challenge, digest }: ReadChallenge,
  { node, signingKey, selection }: EnrolmentRequest,
): Result<Task> {
  const what = `answer to authority ${shortHex(challenge.authority)}`
  const kept = readKept(files.answer, 'an answer', ANSWER_BYTES_MAX)
  if (!kept.ok) return kept
  const former = kept.value === undefined ? undefined : decodeAnswer(kept.value)
  if (former?.ok === true && equalBytes(former.value.challenge, digest)) return ok(keepStep(files.answer, what))
  const perform = async (): Promise<Result<void>> => {
    const secret = await activateCredential(tpm, keyHandle, endorsement.handle, challenge)
    if (!secret.ok && secret.fault.code === 'tpm.refused') {
      return fail(
        'enrol.credential',
        `challenge of ${node}: expected one for the keys in this TPM, got ${secret.fault.message}`,
      )
    }
    if (!secret.ok) return secret
    if (secret.value.length !== SECRET_BYTES) {
      return fail('enrol.secret', `TPM: expected a secret of ${SECRET_BYTES} bytes, got ${secret.value.length}`)
    }
    const extraData = answerExtraData(challenge.fleet, sha384(signingKey), digest)
    const quoted = await quoteWithValues(tpm, keyHandle, extraData, selection, platformDigest)
    if (!quoted.ok) return quoted
    const { quote, signature, pcrValues } = quoted.value
    const bytes = encodeAnswer({
      format: 'quorumtime-enrolment-answer-1',
      node,
      authority: challenge.authority,
      challenge: digest,
      secret: secret.value,
      quote,
      signature,
      registers: selection.pcrs.map((pcr) => pcrValues.get(pcr) ?? new Uint8Array()),
    })
    const place = kept.value === undefined ? newFileStep : updateStep
    // Whoever has it before the authority could be enrolled with nothing that this TPM does not hold: it is no secret for long.
    return place(files.answer, bytes, 0o600, what).perform()
  }
  return ok({ action: kept.value === undefined ? 'create' : 'update', path: files.answer, what, perform })
}

/** A copy of what was brought here. */
export function drawCopy(path: string, bytes: Uint8Array, what: string): Task {
  const kept = readKept(path, what, bytes.length)
  if (kept.ok && kept.value === undefined) return newFileStep(path, bytes, 0o644, what)
  return kept.ok && kept.value !== undefined && equalBytes(kept.value, bytes)
    ? keepStep(path, what)
    : updateStep(path, bytes, 0o644, what)
}
