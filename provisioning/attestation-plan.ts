import { z } from 'zod'
import { choice, integer, number, table } from '../drivers/options.ts'
import { PCR_COUNT } from '../src/attestation/pcr-selection.ts'
import {
  type AttestationPolicy,
  DEFAULT_POLICY,
  decodePolicy,
  encodePolicy,
  ON_FAILURE,
  type RegisterRule,
  UNATTESTED,
  UNSAFE_CLOCK,
} from '../src/attestation/policy.ts'
import { SHA256, SHA384, SHA512 } from '../src/attestation/tpm-algorithm.ts'
import { attestationSchema } from '../src/config/attestation.ts'
import { compareBytes } from '../src/core/bytes.ts'
import type { Result } from '../src/core/fault.ts'
import { NS_PER_SECOND } from '../src/core/time.ts'

/** `[attestation]` of a plan: what a cluster asks of the records of its appliances. Whatever is left out is as in `DEFAULT_POLICY`. */

const BANKS = { sha256: SHA256, sha384: SHA384, sha512: SHA512 }
const pcr = integer(0, PCR_COUNT - 1)
const pcrs = z.array(pcr, 'a list of registers').max(PCR_COUNT, `at most ${PCR_COUNT} registers`)
const EXPECTED_DIGESTS = 'a list of digests in hexadecimal'
const digest = z.string(EXPECTED_DIGESTS).regex(/^(?:[0-9a-f]{2}){32,64}$/, 'a digest in hexadecimal')
const digests = z.array(digest, EXPECTED_DIGESTS)
const firmware = z
  .string('a list of firmwares')
  .regex(/^0x[0-9a-f]{1,16}$/, 'a firmware as `authority list` shows it, like 0x2019102300163636')
const path = z.string('a path').min(1, 'a path').max(4096, 'a path of at most 4096 characters')

const registerSchema = table({ pcr, values: digests.min(1, 'a list of at least one digest') })

export const attestationPlanSchema = table({
  onFailure: choice(...ON_FAILURE).default(DEFAULT_POLICY.onFailure),
  unattested: choice(...UNATTESTED).default(DEFAULT_POLICY.unattested),
  ageMinutesMax: number(0.1, 525_600).default(30),
  bank: choice('sha256', 'sha384', 'sha512').default('sha256'),
  /** Registers that have to be quoted. */
  pcrs: pcrs.default([...DEFAULT_POLICY.selection.pcrs]),
  /** Which values they may have; a register without a rule may hold anything. */
  registers: z.array(registerSchema, 'a list of tables').default([]),
  loggedPcrs: pcrs.default([]),
  firmwareVersions: z.array(firmware, 'a list of firmwares').optional(),
  softwareDigests: digests.optional(),
  unsafeClock: choice(...UNSAFE_CLOCK).default(DEFAULT_POLICY.unsafeClock),
  /** Files with the public keys of other authorities whose enrolments count as well; from the folder of the plan. */
  authorities: z.array(path, 'a list of paths').max(3, 'at most 3 other authorities').default([]),
})

export type AttestationPlan = z.infer<typeof attestationPlanSchema>

const { device, swtpm, keyHandle, eventLog, refreshMinutes } = attestationSchema.shape

/** Where the TPM of one appliance is, for its configuration; absent: `/dev/tpmrm0`. And whether it has sealed its keys. */
export const tpmPlanSchema = table({
  device,
  swtpm,
  keyHandle,
  eventLog,
  refreshMinutes,
  /** As `enroll-appliance request` has made them. */
  keys: choice('sealed', 'plain').default('sealed'),
})

/** The policy in its form for the genesis. Faults: `encoding.*`, for rules that could never be met. */
export function policyOf(plan: AttestationPlan): Result<AttestationPolicy> {
  const policy: AttestationPolicy = {
    format: DEFAULT_POLICY.format,
    onFailure: plan.onFailure,
    unattested: plan.unattested,
    ageNsMax: BigInt(Math.round(plan.ageMinutesMax * 60_000)) * (NS_PER_SECOND / 1_000n),
    selection: { hash: BANKS[plan.bank], pcrs: ascending(plan.pcrs) },
    registers: plan.registers.map(ruleOf).toSorted((a, b) => a.pcr - b.pcr),
    loggedPcrs: ascending(plan.loggedPcrs),
    firmwareVersions: plan.firmwareVersions?.map(BigInt).toSorted((a, b) => (a < b ? -1 : 1)),
    softwareDigests: plan.softwareDigests === undefined ? undefined : bytesOf(plan.softwareDigests),
    unsafeClock: plan.unsafeClock,
  }
  return decodePolicy(encodePolicy(policy))
}

function ruleOf({ pcr: register, values }: AttestationPlan['registers'][number]): RegisterRule {
  return { pcr: register, values: bytesOf(values) }
}

function bytesOf(hex: readonly string[]): readonly Uint8Array[] {
  return hex.map((text) => Uint8Array.fromHex(text)).toSorted(compareBytes)
}

function ascending(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((a, b) => a - b)
}
