import type { PcrSelection } from '../../src/attestation/pcr-selection.ts'
import { splitCertificates } from '../../src/attestation/tpm/certificate-bundle.ts'
import { ENDORSEMENT_KINDS, type EndorsementKind } from '../../src/attestation/tpm/endorsement-key.ts'
import { listHandles } from '../../src/attestation/tpm/handles.ts'
import { readNv } from '../../src/attestation/tpm/nv.ts'
import { type ReadPublic, readPublic } from '../../src/attestation/tpm/objects.ts'
import { readProperties, type TpmProperties } from '../../src/attestation/tpm/properties.ts'
import { readClock } from '../../src/attestation/tpm/quote.ts'
import { readRegisters } from '../../src/attestation/tpm/registers.ts'
import type { Tpm } from '../../src/attestation/tpm/tpm.ts'
import { concatBytes } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'

/** What there is in a TPM before anything is made in it. */
export interface TpmLook {
  readonly properties: TpmProperties
  readonly endorsement: EndorsementKind
  /** DER, without padding. */
  readonly certificate: Uint8Array
  /** DER, as the TPM keeps them: many keep none. */
  readonly intermediates: readonly Uint8Array[]
  /** Undefined while nothing is kept under the handle. */
  readonly endorsementKey: ReadPublic | undefined
  readonly attestationKey: ReadPublic | undefined
  /** What a technician should know and nothing fails for. */
  readonly notices: readonly string[]
}

export interface LookOptions {
  readonly selection: PcrSelection
  readonly keyHandle: number
  /** Undefined: the strongest that the TPM has a certificate for. */
  readonly endorsement: EndorsementKind['name'] | undefined
  /** DER: in place of the one that the TPM keeps, as a site's own authority makes it. */
  readonly certificate: Uint8Array | undefined
}

const NV_FIRST = 0x0100_0000
const PERSISTENT_FIRST = 0x8100_0000
/** Certificates between the maker's root and the endorsement key (TCG EK Credential Profile 2.5, 2.2.1.5). */
const CHAIN_FIRST = 0x01c0_0100
const CHAIN_LAST = 0x01c0_01ff

/** Whether this is a TPM that can be enrolled. Only looks. Faults: `enrol.tpm-family`, `enrol.no-certificate`, those of TPMs. */
export async function lookAtTpm(tpm: Tpm, options: LookOptions): Promise<Result<TpmLook>> {
  const properties = await readProperties(tpm)
  if (!properties.ok) return properties
  if (properties.value.family !== '2.0') {
    return fail('enrol.tpm-family', `TPM: expected family 2.0, got "${properties.value.family}"`)
  }
  const state = await lookAtState(tpm, options.selection)
  if (!state.ok) return state
  const indices = await listHandles(tpm, NV_FIRST)
  if (!indices.ok) return indices
  const endorsement = await findCertificate(tpm, indices.value, options)
  if (!endorsement.ok) return endorsement
  const intermediates = await readChain(tpm, indices.value)
  if (!intermediates.ok) return intermediates
  const persistent = await listHandles(tpm, PERSISTENT_FIRST)
  if (!persistent.ok) return persistent
  const kept = (handle: number): Promise<Result<ReadPublic | undefined>> =>
    persistent.value.includes(handle) ? readPublic(tpm, handle) : Promise.resolve(ok(undefined))
  const endorsementKey = await kept(endorsement.value.kind.handle)
  if (!endorsementKey.ok) return endorsementKey
  const attestationKey = await kept(options.keyHandle)
  if (!attestationKey.ok) return attestationKey
  return ok({
    properties: properties.value,
    endorsement: endorsement.value.kind,
    certificate: endorsement.value.certificate,
    intermediates: intermediates.value,
    endorsementKey: endorsementKey.value,
    attestationKey: attestationKey.value,
    notices: state.value,
  })
}

/** Registers of the bank, and the clock: what is odd about them is said. */
async function lookAtState(tpm: Tpm, selection: PcrSelection): Promise<Result<readonly string[]>> {
  const registers = await readRegisters(tpm, selection)
  if (!registers.ok)
    return fail(registers.fault.code, `registers of ${selection.hash.name}: ${registers.fault.message}`)
  const clock = await readClock(tpm)
  if (!clock.ok) return clock
  const notices: string[] = []
  if (registers.value.get(0)?.every((byte) => byte === 0) === true) {
    notices.push('register 0 is empty: no firmware has measured anything, as with a software TPM')
  }
  if (!clock.value.safe) notices.push('the clock is not safe yet, for up to 70 minutes after power was lost')
  return ok(notices)
}

async function findCertificate(
  tpm: Tpm,
  indices: readonly number[],
  { endorsement, certificate }: LookOptions,
): Promise<Result<{ readonly kind: EndorsementKind; readonly certificate: Uint8Array }>> {
  const kinds = ENDORSEMENT_KINDS.filter(({ name }) => endorsement === undefined || name === endorsement)
  const [strongest] = kinds
  if (certificate !== undefined && strongest !== undefined) return ok({ kind: strongest, certificate })
  const kind = kinds.find(({ certificateIndex }) => indices.includes(certificateIndex))
  if (kind === undefined) {
    const wanted = kinds
      .map(({ name, certificateIndex }) => `${name} at 0x${certificateIndex.toString(16)}`)
      .join(' or ')
    return fail('enrol.no-certificate', `TPM: expected the certificate of its endorsement key (${wanted}), got none`)
  }
  const bytes = await readNv(tpm, kind.certificateIndex)
  if (!bytes.ok) return bytes
  const ders = splitCertificates(bytes.value, `NV index 0x${kind.certificateIndex.toString(16)}`)
  if (!ders.ok) return ders
  const [first] = ders.value
  if (first !== undefined) return ok({ kind, certificate: first })
  const index = `0x${kind.certificateIndex.toString(16)}`
  return fail('enrol.no-certificate', `TPM: expected a certificate at NV index ${index}, got other bytes`)
}

/** They lie one behind the other in as many indices as they take. */
async function readChain(tpm: Tpm, indices: readonly number[]): Promise<Result<readonly Uint8Array[]>> {
  const chunks: Uint8Array[] = []
  for (const index of indices.filter((each) => each >= CHAIN_FIRST && each <= CHAIN_LAST)) {
    const chunk = await readNv(tpm, index)
    if (!chunk.ok) return chunk
    chunks.push(chunk.value)
  }
  return chunks.length === 0 ? ok([]) : splitCertificates(concatBytes(...chunks), 'NV indices 0x1c00100 and up')
}
