import { checkAttestationKey } from '../../src/attestation/attestation-key.ts'
import { ENROLMENT_BYTES_MAX, enrolmentCodec, signedEnrolmentCodec } from '../../src/attestation/enrolment.ts'
import {
  type EnrolmentRequest,
  enrolmentRequestCodec,
  type FormerEnrolment,
  INTERMEDIATES_MAX,
  qualifiedNameUnder,
  REQUEST_BYTES_MAX,
  signedRequestCodec,
  signRequest,
} from '../../src/attestation/enrolment-request.ts'
import type { PcrSelection } from '../../src/attestation/pcr-selection.ts'
import { createAttestationKey } from '../../src/attestation/tpm/attestation-key.ts'
import { keepEndorsementKey } from '../../src/attestation/tpm/endorsement-key.ts'
import { type ReadPublic, readPublic } from '../../src/attestation/tpm/objects.ts'
import { platformDigest } from '../../src/attestation/tpm/platform-digest.ts'
import type { Tpm } from '../../src/attestation/tpm/tpm.ts'
import { ATTESTATION_ECDSA_P256, ATTESTATION_RSASSA_2048 } from '../../src/attestation/tpm-template.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import { decode, encode } from '../../src/core/encoding.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { Task } from '../run-tasks.ts'
import { folderStep, keepStep, newFileStep, updateStep } from '../step.ts'
import { type ApplianceFiles, applianceFiles, readKept } from './appliance-files.ts'
import { type LookOptions, lookAtTpm, type TpmLook } from './look-at-tpm.ts'
import { drawOwnKeys, type KeyOptions, type OwnKeys } from './own-keys.ts'
import type { TpmPlace } from './tpm-place.ts'
import { describeHandle, drawSettings } from './tpm-settings.ts'

export interface RequestOptions extends LookOptions {
  readonly folder: string
  readonly node: string
  readonly place: TpmPlace
  readonly keys: KeyOptions
  /** DER, beside those that the TPM keeps. */
  readonly intermediates: readonly Uint8Array[]
  /** Asks anew although there is a request: after a TPM was replaced, or for another selection. */
  readonly renew: boolean
}

export interface DrawnRequest {
  readonly tasks: readonly Task[]
  /** What a technician should know. */
  readonly notices: readonly string[]
  /** For people: `IBM SW TPM, firmware 2019102300163636`. */
  readonly tpm: string
}

/**
 * What asks for enrolment: keys, an attestation key in the TPM, and `enrolment-request.cbor`. What exists is kept. Only looks.
 * Faults: those of `lookAtTpm` and of keys, `enrol.handle-taken`, `enrol.tpm-changed`, `enrol.request-differs`.
 */
export async function drawRequest(tpm: Tpm, options: RequestOptions): Promise<Result<DrawnRequest>> {
  const files = applianceFiles(options.folder)
  const look = await lookAtTpm(tpm, options)
  if (!look.ok) return look
  // Before the keys: another TPM could not unseal them either.
  const same = options.renew ? ok(undefined) : checkSameTpm(files, look.value)
  if (!same.ok) return same
  const keys = await drawOwnKeys(tpm, files, options.node, options.keys)
  if (!keys.ok) return keys
  const attestation = drawAttestationKey(tpm, look.value, options)
  if (!attestation.ok) return attestation
  const request = drawFile(tpm, files, keys.value, look.value, options)
  if (!request.ok) return request
  const { properties, endorsement, notices } = look.value
  const settings = { node: options.node, place: options.place, keyHandle: options.keyHandle, endorsement }
  return ok({
    tasks: [
      ...keys.value.tasks,
      folderStep(files.attestation, 0o750, 'attestation folder'),
      drawEndorsementKey(tpm, look.value),
      attestation.value,
      drawSettings(files.settings, settings),
      request.value,
    ],
    notices: [...notices, ...keys.value.notices],
    tpm: `${properties.manufacturer} ${properties.model}, firmware ${properties.firmwareVersion.toString(16)}`,
  })
}

function checkSameTpm(files: ApplianceFiles, { attestationKey, endorsementKey }: TpmLook): Result<void> {
  const kept = readRequest(files)
  if (!kept.ok || kept.value === undefined) return kept.ok ? ok(undefined) : kept
  const isSame = attestationKey !== undefined && equalBytes(kept.value.attestationKey.name, attestationKey.name)
  return isSame && endorsementKey !== undefined ? ok(undefined) : tpmChanged(files.request)
}

function drawEndorsementKey(tpm: Tpm, { endorsement, endorsementKey }: TpmLook): Task {
  const what = `${endorsement.name.toUpperCase()} endorsement key in the TPM`
  const path = describeHandle(endorsement.handle)
  if (endorsementKey !== undefined) return keepStep(path, what)
  const perform = async (): Promise<Result<void>> => {
    const made = await keepEndorsementKey(tpm, endorsement)
    return made.ok ? ok(undefined) : made
  }
  return { action: 'create', path, what, perform }
}

/** One that is there must be an attestation key under this endorsement key; anything else belongs to somebody. */
function drawAttestationKey(tpm: Tpm, look: TpmLook, { keyHandle }: RequestOptions): Result<Task> {
  const { endorsement, endorsementKey, attestationKey } = look
  const [path, what] = [describeHandle(keyHandle), 'attestation key in the TPM']
  if (attestationKey === undefined) {
    return ok({ action: 'create', path, what, perform: () => makeAttestationKey(tpm, endorsement.handle, keyHandle) })
  }
  const isOne = checkAttestationKey(attestationKey, platformDigest)
  const wanted = endorsementKey && qualifiedNameUnder(endorsementKey.publicArea, attestationKey.name, platformDigest)
  if (isOne.ok && wanted?.ok === true && equalBytes(wanted.value, attestationKey.qualifiedName)) {
    return ok(keepStep(path, what))
  }
  const came = isOne.ok ? 'one under another key' : 'another object'
  return fail(
    'enrol.handle-taken',
    `TPM ${path}: expected an attestation key under the ${endorsement.name} endorsement key, or nothing, got ${came}`,
  )
}

async function makeAttestationKey(tpm: Tpm, endorsementHandle: number, keyHandle: number): Promise<Result<void>> {
  const strong = await createAttestationKey(tpm, endorsementHandle, ATTESTATION_ECDSA_P256, keyHandle)
  const made =
    strong.ok || strong.fault.code !== 'tpm.unsupported'
      ? strong
      : await createAttestationKey(tpm, endorsementHandle, ATTESTATION_RSASSA_2048, keyHandle)
  return made.ok ? ok(undefined) : made
}

function drawFile(
  tpm: Tpm,
  files: ApplianceFiles,
  keys: OwnKeys,
  look: TpmLook,
  options: RequestOptions,
): Result<Task> {
  const what = `request for enrolment as ${options.node}`
  const former = readFormer(files)
  if (!former.ok) return former
  const kept = readRequest(files)
  if (!kept.ok) return kept
  const { endorsementKey, attestationKey } = look
  const compose = (endorsement: ReadPublic, attestation: ReadPublic): EnrolmentRequest =>
    composeRequest(keys, look, options, {
      former: former.value,
      endorsementKey: endorsement,
      attestationKey: attestation,
    })
  if (kept.value !== undefined && !options.renew) {
    if (endorsementKey === undefined || attestationKey === undefined) return tpmChanged(files.request)
    if (sameRequest(kept.value, compose(endorsementKey, attestationKey))) return ok(keepStep(files.request, what))
    return fail(
      'enrol.request-differs',
      `${files.request}: expected a request for what is asked at present, got another`,
    )
  }
  const perform = async (): Promise<Result<void>> => {
    const endorsement = await readPublic(tpm, look.endorsement.handle)
    if (!endorsement.ok) return endorsement
    const attestation = await readPublic(tpm, options.keyHandle)
    if (!attestation.ok) return attestation
    const bytes = signRequest(compose(endorsement.value, attestation.value), keys.signer.sign)
    const place = kept.value === undefined ? newFileStep : updateStep
    return place(files.request, bytes, 0o644, what).perform()
  }
  return ok({ action: kept.value === undefined ? 'create' : 'update', path: files.request, what, perform })
}

interface Shown {
  readonly former: FormerEnrolment | undefined
  readonly endorsementKey: ReadPublic
  readonly attestationKey: ReadPublic
}

function composeRequest(
  { signer, tlsKeyHash }: OwnKeys,
  { certificate, intermediates, properties }: TpmLook,
  { node, selection, intermediates: given }: RequestOptions,
  { former, endorsementKey, attestationKey }: Shown,
): EnrolmentRequest {
  return {
    format: 'quorumtime-enrolment-request-1',
    node,
    signingKey: signer.publicKey,
    tlsKeyHash,
    endorsementCertificate: certificate,
    intermediates: [...intermediates, ...given].slice(0, INTERMEDIATES_MAX),
    endorsementKey: endorsementKey.publicArea,
    attestationKey,
    selection,
    tpm: {
      manufacturer: properties.manufacturer.slice(0, 16) || 'unknown',
      model: properties.model.slice(0, 32) || 'unknown',
      firmwareVersion: properties.firmwareVersion,
    },
    former,
  }
}

/** But for what was enrolled meanwhile. */
function sameRequest(a: EnrolmentRequest, b: EnrolmentRequest): boolean {
  const bytes = (request: EnrolmentRequest): Uint8Array =>
    encode(enrolmentRequestCodec, { ...request, former: undefined })
  return equalBytes(bytes(a), bytes(b))
}

/** The request that was made, undefined before. Faults: `file.unreadable`, `encoding.*`. */
export function readRequest({ request }: ApplianceFiles): Result<EnrolmentRequest | undefined> {
  const bytes = readKept(request, 'a request for enrolment', REQUEST_BYTES_MAX)
  if (!bytes.ok || bytes.value === undefined) return bytes.ok ? ok(undefined) : bytes
  const signed = decode(signedRequestCodec, bytes.value, request)
  return signed.ok ? decode(enrolmentRequestCodec, signed.value.content, `${request}: content`) : signed
}

function readFormer({ enrolment }: ApplianceFiles): Result<FormerEnrolment | undefined> {
  const bytes = readKept(enrolment, 'an enrolment', ENROLMENT_BYTES_MAX)
  if (!bytes.ok || bytes.value === undefined) return bytes.ok ? ok(undefined) : bytes
  const signed = decode(signedEnrolmentCodec, bytes.value, enrolment)
  const decoded = signed.ok ? decode(enrolmentCodec, signed.value.content, `${enrolment}: content`) : signed
  return decoded.ok ? ok({ authority: decoded.value.authority, serial: decoded.value.serial }) : decoded
}

function tpmChanged(path: string): Result<never> {
  return fail('enrol.tpm-changed', `${path}: expected a request for the keys in this TPM, got one for others`)
}

/** The registers that are quoted unless others are asked for: firmware, boot loader, kernel; none that change while it runs. */
export const USUAL_PCRS: PcrSelection['pcrs'] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14]
