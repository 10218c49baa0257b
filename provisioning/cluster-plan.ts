import { readFileSync } from 'node:fs'
import { parse as parseToml, TomlError } from 'smol-toml'
import { z } from 'zod'
import { explainIssues } from '../src/config/explain.ts'
import { sourceSchema } from '../src/config/schema.ts'
import { fail, ok, type Result } from '../src/core/fault.ts'

/** What a technician writes down before a cluster exists: its appliances, where they stand, and what hangs on each. */

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { message: 'a name of letters, digits, ".", "_" and "-"' })
const port = z.number().int().min(1).max(65_535)

const applianceSchema = z.strictObject({
  name,
  /** Appliances of one site share one sky. */
  site: name,
  /** Host name or IP address that the other appliances reach it at. */
  address: z.string().min(1).max(255),
  clusterPort: port.default(7400),
  rangingPort: port.default(7401),
  oscillator: z.enum(['crystal', 'ocxo', 'rubidium', 'caesium']).default('crystal'),
  sources: z.array(sourceSchema).max(64),
})

const clusterPlanSchema = z
  .strictObject({
    cluster: name,
    epochPeriodMs: z.number().int().min(100).max(60_000).default(1_000),
    targetPrecisionNs: z.number().int().min(1).max(1_000_000_000).default(1_000),
    /** Failure domains on which all appliances may depend without capping the grade of certificates. */
    acceptSingleDomain: z.array(name).max(16).default([]),
    appliances: z.array(applianceSchema).min(1).max(100),
  })
  .refine(({ appliances }) => new Set(appliances.map((appliance) => appliance.name)).size === appliances.length, {
    message: 'a different name for each appliance',
    path: ['appliances'],
  })

export type ClusterPlan = z.infer<typeof clusterPlanSchema>
export type AppliancePlan = ClusterPlan['appliances'][number]

/** Reads a plan file (TOML). The fault holds one sentence per mistake. */
export function readClusterPlan(file: string): Result<ClusterPlan> {
  let parsed: unknown
  try {
    parsed = parseToml(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof TomlError) {
      return fail(
        'plan.toml',
        `${file}:${error.line}:${error.column}: expected TOML, got ${error.message.split('\n')[0] ?? ''}`,
      )
    }
    return fail(
      'plan.unreadable',
      `${file}: expected a readable plan, got ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    )
  }
  return checkClusterPlan(parsed, file)
}

export function checkClusterPlan(input: unknown, file: string): Result<ClusterPlan> {
  const checked = clusterPlanSchema.safeParse(input)
  if (checked.success) return ok(checked.data)
  return fail(
    'plan.invalid',
    explainIssues(checked.error, input)
      .map((sentence) => `${file}: ${sentence}`)
      .join('\n'),
  )
}
