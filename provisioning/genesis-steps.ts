import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readGenesis } from '../src/config/genesis.ts'
import {
  type AttestationTerms,
  type Member,
  type Membership,
  membershipCodec,
  membershipHash,
  type Operator,
  quorumOf,
  RULES_VERSION,
} from '../src/consensus/membership.ts'
import { equalBytes } from '../src/core/bytes.ts'
import { decode, encode, shortHex } from '../src/core/encoding.ts'
import { fail, ok, type Result } from '../src/core/fault.ts'
import type { TaiNs } from '../src/core/time.ts'
import { drawOperatorKey } from './appliance-steps.ts'
import { type ClusterPlan, operatorThresholdOf } from './cluster-plan.ts'
import { folderStep, keepStep, newFileStep, type Step } from './step.ts'

/** The public halves of an appliance's keys: all of them that a genesis holds. */
export interface MemberKeys {
  readonly signingKey: Uint8Array
  readonly tlsKeyHash: Uint8Array
}

/** The genesis of a folder, undefined where there is none yet. Faults: those of `readGenesis`, `genesis.differs`. */
export function readExisting(path: string, plan: ClusterPlan): Result<Membership | undefined> {
  const existing = existsSync(path) ? readGenesis(path) : ok(undefined)
  if (!existing.ok || existing.value === undefined || namesSame(plan, existing.value)) return existing
  return differs(path)
}

export interface OperatorSteps {
  readonly operators: readonly Operator[]
  readonly steps: readonly Step[]
  readonly made: number
}

/** Only looks. */
export function drawOperators(
  plan: ClusterPlan,
  folder: string,
  genesis: Membership | undefined,
): Result<OperatorSteps> {
  const operators: Operator[] = []
  const steps: Step[] = []
  let made = 0
  for (const name of plan.operators) {
    const drawn = drawOperatorKey(folder, name, genesis)
    if (!drawn.ok) return drawn
    operators.push(drawn.value.operator)
    steps.push(...drawn.value.steps)
    made += drawn.value.isNew ? 1 : 0
  }
  // Its operators may have taken their keys away: then the folder is not wanted either.
  if (steps.length > 0) steps.unshift(folderStep(folder, 0o700, 'operator keys'))
  return ok({ operators, steps, made })
}

export interface Founding {
  readonly keys: readonly MemberKeys[]
  readonly operators: readonly Operator[]
  readonly genesisTai: TaiNs
  readonly attestation: AttestationTerms | undefined
}

/** The membership that follows from a plan and from keys, in the order of the plan. */
export function membershipOf(plan: ClusterPlan, { keys, operators, genesisTai, attestation }: Founding): Membership {
  const members = keys.map(({ signingKey, tlsKeyHash }, id): Member => {
    const { name = '', site = '' } = plan.appliances[id] ?? {}
    return { id, name, site, signingKey, tlsKeyHash }
  })
  return {
    format: 'quorumtime-genesis-2',
    cluster: plan.cluster,
    era: 1,
    genesisTai,
    epochPeriodNs: BigInt(plan.epochPeriodMs) * 1_000_000n,
    rulesVersion: RULES_VERSION,
    targetPrecisionNs: BigInt(plan.targetPrecisionNs),
    acceptSingleDomain: [...new Set(plan.acceptSingleDomain)].sort((a, b) => (a < b ? -1 : 1)),
    members,
    operators,
    operatorThreshold: operatorThresholdOf(plan),
    attestation,
    session: 0,
    previous: undefined,
  }
}

/** The genesis file: new, or kept when it is the very same. Faults: `encoding.rule`, `genesis.differs`. */
export function drawGenesis(path: string, membership: Membership, existing: Membership | undefined): Result<Step> {
  const what = `genesis of cluster "${membership.cluster}"`
  const bytes = encode(membershipCodec, membership)
  // Keys that two appliances share, for one: nobody could read it.
  const readable = decode(membershipCodec, bytes, 'genesis')
  if (!readable.ok) return readable
  if (existing === undefined) return ok(newFileStep(path, bytes, 0o644, what))
  return equalBytes(bytes, encode(membershipCodec, existing)) ? ok(keepStep(path, what)) : differs(path)
}

export function operatorsFolder(folder: string): string {
  return join(folder, 'operators')
}

function namesSame({ appliances }: ClusterPlan, { members }: Membership): boolean {
  return appliances.length === members.length && members.every(({ name }, id) => appliances[id]?.name === name)
}

function differs(path: string): Result<never> {
  return fail(
    'genesis.differs',
    `${path}: expected the genesis that follows from the plan and the keys, got another; a genesis never changes: use another folder`,
  )
}

/** `cluster rack-7, membership 3f9a…: 4 appliances, 3 decide, 1 may lie` */
export function summaryLine(membership: Membership): string {
  const { n, f, q } = quorumOf(membership.members.length)
  return `cluster ${membership.cluster}, membership ${shortHex(membershipHash(membership))}…: ${n} appliances, ${q} decide, ${f} may lie`
}
