import { toHex } from '../core/bytes.ts'
import {
  bigintCodec,
  blobCodec,
  type Codec,
  choiceCodec,
  decode,
  encode,
  listCodec,
  literalCodec,
  optionalCodec,
  recordCodec,
  refinedCodec,
  uintCodec,
} from '../core/encoding.ts'
import type { Result } from '../core/fault.ts'
import { NS_PER_SECOND } from '../core/time.ts'
import { PCR_COUNT, type PcrSelection } from './pcr-selection.ts'
import { digestCodec, isAscending, registersCodec, selectionCodec } from './record-codecs.ts'
import { DIGEST_BYTES_MAX, SHA256 } from './tpm-algorithm.ts'

/** Which values a register may have. */
export interface RegisterRule {
  readonly pcr: number
  /** In ascending order of bytes, each once. */
  readonly values: readonly Uint8Array[]
}

/** What a cluster asks of the records of its members, the same for all. */
export interface AttestationPolicy {
  readonly format: 'quorumtime-attestation-policy-1'
  /** What a record comes to that is not as the policy asks: its node counts no more, or it counts and everybody is told. */
  readonly onFailure: (typeof ON_FAILURE)[number]
  /** Whether a node may be without a TPM. Its verdict is `none` then: nothing was proved, and nothing is pretended. */
  readonly unattested: (typeof UNATTESTED)[number]
  /** How long before now the certificate that a record names may have been made. Records are made anew every ten minutes. */
  readonly ageNsMax: bigint
  /** Registers that have to be quoted: a node may quote more. */
  readonly selection: PcrSelection
  /** By register, each once, all of the selection. A register without a rule may hold anything. */
  readonly registers: readonly RegisterRule[]
  /** Registers of the selection whose values the log of the measured boot must explain. */
  readonly loggedPcrs: readonly number[]
  /** TPM firmwares, as TPMS_ATTEST has them, ascending; undefined: any. */
  readonly firmwareVersions: readonly bigint[] | undefined
  /** Packages, by the SHA-384 of their manifest, in ascending order; undefined: any, or none at all. */
  readonly softwareDigests: readonly Uint8Array[] | undefined
  /** For up to 70 minutes after power was lost a TPM's clock may repeat what it had told. */
  readonly unsafeClock: (typeof UNSAFE_CLOCK)[number]
}

/** In the order of the format. */
export const ON_FAILURE = ['refuse', 'flag'] as const
export const UNATTESTED = ['refuse', 'accept'] as const
export const UNSAFE_CLOCK = ['refuse', 'accept'] as const

const VALUES_MAX = 16
const FIRMWARES_MAX = 32
const PACKAGES_MAX = 32
const AGE_NS_MAX = 1n << 62n
const U64_MAX = (1n << 64n) - 1n

/**
 * Where a cluster has not said anything: registers 0 to 7, in which the firmware and its settings are measured, quoted
 * within half an hour, and never a word of `verified` for what is not so. Nobody is shut out by it, since what is allowed on
 * these machines only their owner knows: a policy that guessed would stop the clock of a cluster with the first update.
 */
export const DEFAULT_POLICY: AttestationPolicy = {
  format: 'quorumtime-attestation-policy-1',
  onFailure: 'flag',
  unattested: 'accept',
  ageNsMax: 1800n * NS_PER_SECOND,
  selection: { hash: SHA256, pcrs: [0, 1, 2, 3, 4, 5, 6, 7] },
  registers: [],
  loggedPcrs: [],
  firmwareVersions: undefined,
  softwareDigests: undefined,
  unsafeClock: 'refuse',
}

const registerRuleCodec: Codec<RegisterRule> = refinedCodec(
  recordCodec<RegisterRule>({
    pcr: uintCodec(PCR_COUNT - 1),
    values: listCodec(blobCodec(DIGEST_BYTES_MAX), VALUES_MAX, 1),
  }),
  ({ values }) => (isAscending(values.map(toHex)) ? undefined : 'values in ascending order, each once'),
)

export const attestationPolicyCodec: Codec<AttestationPolicy> = refinedCodec(
  recordCodec<AttestationPolicy>({
    format: literalCodec('quorumtime-attestation-policy-1'),
    onFailure: choiceCodec(ON_FAILURE),
    unattested: choiceCodec(UNATTESTED),
    ageNsMax: bigintCodec(NS_PER_SECOND, AGE_NS_MAX),
    selection: selectionCodec,
    registers: listCodec(registerRuleCodec, PCR_COUNT),
    loggedPcrs: registersCodec(0),
    firmwareVersions: optionalCodec(listCodec(bigintCodec(0n, U64_MAX), FIRMWARES_MAX, 1)),
    softwareDigests: optionalCodec(listCodec(digestCodec, PACKAGES_MAX, 1)),
    unsafeClock: choiceCodec(UNSAFE_CLOCK),
  }),
  ruleOfPolicy,
)

/** What a rule asks for could otherwise be something that is never quoted, and nobody would see that it is never met. */
function ruleOfPolicy(policy: AttestationPolicy): string | undefined {
  const { selection, registers, loggedPcrs, firmwareVersions, softwareDigests } = policy
  const ruled = registers.map(({ pcr }) => pcr)
  if (!isAscending(ruled)) return 'rules of registers in ascending order, each register once'
  if (![...ruled, ...loggedPcrs].every((pcr) => selection.pcrs.includes(pcr))) {
    return 'rules and logs for registers of the selection alone'
  }
  if (!registers.every(({ values }) => values.every(({ length }) => length === selection.hash.bytes))) {
    return `values of ${selection.hash.bytes} bytes for registers of ${selection.hash.name}`
  }
  if (firmwareVersions !== undefined && !isAscending(firmwareVersions)) return 'firmwares in ascending order, each once'
  if (softwareDigests !== undefined && !isAscending(softwareDigests.map(toHex))) {
    return 'packages in ascending order, each once'
  }
  return undefined
}

export function encodePolicy(policy: AttestationPolicy): Uint8Array {
  return encode(attestationPolicyCodec, policy)
}

/** Strict. Faults: `encoding.*`. */
export function decodePolicy(bytes: Uint8Array): Result<AttestationPolicy> {
  return decode(attestationPolicyCodec, bytes, 'policy')
}

/** What a policy lets pass unseen: a record that it calls verified says nothing about these. */
export type Unchecked = 'registers' | 'tpm-firmware' | 'software'

/** Named beside every `verified`, so that nobody takes it for more than was asked. */
export function uncheckedBy(policy: AttestationPolicy): readonly Unchecked[] {
  const { selection, registers, firmwareVersions, softwareDigests } = policy
  const ruled = registers.length === selection.pcrs.length
  return [
    ...(ruled ? [] : (['registers'] as const)),
    ...(firmwareVersions === undefined ? (['tpm-firmware'] as const) : []),
    ...(softwareDigests === undefined ? (['software'] as const) : []),
  ]
}
