import { z } from 'zod'
import { explain, integer, table } from '../drivers/options.ts'
import { joinAddress } from '../src/config/address.ts'
import { checkSources } from '../src/config/check-across.ts'
import { ipAddress, name, oscillatorClass, sources } from '../src/config/schema.ts'
import { readToml } from '../src/config/toml.ts'
import { MEMBERS_MAX, OPERATORS_MAX } from '../src/consensus/membership.ts'
import { fail, ok, type Result } from '../src/core/fault.ts'
import { attestationPlanSchema, policyOf, tpmPlanSchema } from './attestation-plan.ts'

/** What a technician writes down before a cluster exists: its appliances, where they stand, and what hangs on each. */

const port = integer(1, 65_535)

const applianceSchema = table({
  name,
  /** Appliances of one site share one sky. */
  site: name,
  /** Where the other appliances reach it. */
  address: ipAddress,
  clusterPort: port.default(7400),
  rangingPort: port.default(7401),
  oscillator: oscillatorClass,
  sources,
  /** Where its TPM is, in a cluster that attests. */
  tpm: tpmPlanSchema.optional(),
})

const clusterPlanSchema = table({
  cluster: name,
  epochPeriodMs: integer(100, 60_000).default(1_000),
  targetPrecisionNs: integer(1, 1_000_000_000).default(1_000),
  /** Failure domains on which all appliances may depend without capping the grade of certificates. */
  acceptSingleDomain: z.array(name, 'a list of names').max(16, 'a list of at most 16 names').default([]),
  /** Who may change the membership later, each with a key of its own. None: nobody, ever. */
  operators: z
    .array(name, 'a list of names')
    .max(OPERATORS_MAX, `a list of at most ${OPERATORS_MAX} names`)
    .default(['operator']),
  /** How many of them have to sign a change; more than half when not given. */
  operatorThreshold: integer(0, OPERATORS_MAX).optional(),
  /** What is asked of TPMs; absent: nothing, and nobody is judged. */
  attestation: attestationPlanSchema.optional(),
  appliances: z
    .array(applianceSchema, 'a list of tables')
    .min(1, 'a list of at least one appliance')
    .max(MEMBERS_MAX, `a list of at most ${MEMBERS_MAX} appliances`),
})

export type ClusterPlan = z.infer<typeof clusterPlanSchema>
export type AppliancePlan = ClusterPlan['appliances'][number]

/** Reads a plan file (TOML). The fault holds a line for each mistake. */
export function readClusterPlan(file: string): Result<ClusterPlan> {
  const read = readToml(file, 'a cluster plan')
  return read.ok ? checkClusterPlan(read.value, file) : read
}

/** The same on what a TOML file holds. Fault: `config.value`. */
export function checkClusterPlan(input: unknown, file: string): Result<ClusterPlan> {
  const checked = clusterPlanSchema.safeParse(input)
  const sentences = checked.success ? checkTogether(checked.data) : explain(checked.error, input, '')
  return checked.success && sentences.length === 0
    ? ok(checked.data)
    : fail('config.value', sentences.map((sentence) => `${file}: ${sentence}`).join('\n'))
}

/** Rules between the keys: appliances differ in name and in place, and what hangs on them is known. */
function checkTogether(plan: ClusterPlan): readonly string[] {
  const { appliances } = plan
  const names = new Set<string>()
  const places = new Set<string>()
  const mistakes = appliances.flatMap((appliance, index) => {
    const at = `appliances[${index}]`
    const sentences: string[] = []
    if (names.has(appliance.name))
      sentences.push(`${at}.name: expected a name that no other appliance has, got "${appliance.name}"`)
    names.add(appliance.name)
    for (const key of ['clusterPort', 'rangingPort'] as const) {
      const place = joinAddress({ host: appliance.address, port: appliance[key] })
      if (places.has(`${key} ${place}`))
        sentences.push(`${at}.${key}: expected a place that no other appliance has, got ${place}`)
      places.add(`${key} ${place}`)
    }
    return [...sentences, ...checkSources(appliance.sources, `${at}.sources`)]
  })
  return [...checkOperators(plan), ...checkAttestation(plan), ...mistakes]
}

/** Rules that could never be met, and TPMs that nobody asks for. */
function checkAttestation({ attestation, appliances }: ClusterPlan): readonly string[] {
  const policy = attestation === undefined ? undefined : policyOf(attestation)
  return [
    ...(policy?.ok === false ? [`attestation: ${policy.fault.message}`] : []),
    ...appliances.flatMap(({ tpm }, index) => {
      const at = `appliances[${index}].tpm`
      if (tpm === undefined) return []
      if (attestation === undefined) return [`${at}: expected none in a plan without [attestation], got one`]
      const both = tpm.device !== undefined && tpm.swtpm !== undefined
      return both ? [`${at}.swtpm: expected none beside device, for an appliance has one TPM, got "${tpm.swtpm}"`] : []
    }),
  ]
}

function checkOperators({ operators, operatorThreshold }: ClusterPlan): readonly string[] {
  const repeated = operators.find((operator, index) => operators.indexOf(operator) !== index)
  if (repeated !== undefined) return [`operators: expected each name once, got "${repeated}" twice`]
  const lowest = Math.min(1, operators.length)
  if (operatorThreshold === undefined || (operatorThreshold >= lowest && operatorThreshold <= operators.length))
    return []
  return [`operatorThreshold: expected a number in [${lowest}, ${operators.length}], got ${operatorThreshold}`]
}

/** How many operators have to sign: as the plan says, or more than half. */
export function operatorThresholdOf({ operators, operatorThreshold }: ClusterPlan): number {
  const half = Math.floor(operators.length / 2)
  return operatorThreshold ?? (operators.length === 0 ? 0 : half + 1)
}
