import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readGenesis } from '../src/config/genesis.ts'
import {
  type Member,
  type Membership,
  membershipCodec,
  membershipHash,
  type Operator,
  quorumOf,
  RULES_VERSION,
} from '../src/consensus/membership.ts'
import { equalBytes } from '../src/core/bytes.ts'
import { encode, shortHex } from '../src/core/encoding.ts'
import { fail, ok, type Result } from '../src/core/fault.ts'
import type { TaiNs } from '../src/core/time.ts'
import { selectMlDsa } from '../src/crypto/select.ts'
import { createTlsIdentity } from '../src/crypto/tls-identity.ts'
import { drawAppliance, drawKeys, drawOperatorKey, type KeyPair } from './appliance-steps.ts'
import { type ClusterPlan, operatorThresholdOf } from './cluster-plan.ts'
import { folderStep, keepStep, newFileStep, type Step } from './step.ts'

export interface NewCluster {
  readonly steps: readonly Step[]
  /** Undefined in a dry run that has made no keys. */
  readonly membership: Membership | undefined
}

export interface NewClusterOptions {
  readonly plan: ClusterPlan
  readonly folder: string
  readonly dryRun: boolean
  /** Replaces configurations that do not follow from the plan (any more); otherwise they are a fault. */
  readonly updateConfigurations: boolean
  /** Epoch 0 of the cluster; only used while there is no genesis file yet. */
  readonly genesisTai: TaiNs
}

/**
 * Makes everything that a cluster needs before its first start: per appliance two ML-DSA-87 keys (0600), an empty safety
 * journal, and a configuration; a key for each operator (0600); for all one genesis file. What exists is kept: run again, it changes nothing, and goes on
 * where an interrupted run has stopped. All faults of the plan and of what exists are found before anything is written:
 * `genesis.differs`, `provisioning.key-lost`, `provisioning.journal-lost`, `config.differs`, `config.value`, and those of
 * keys and files.
 */
export function createCluster(options: NewClusterOptions): Result<NewCluster> {
  const drawn = drawUp(options)
  if (!drawn.ok || options.dryRun) return drawn
  for (const step of drawn.value.steps) {
    const done = step.perform()
    if (!done.ok) return done
  }
  return drawn
}

/** What is to be done, in its order. Only looks. */
function drawUp(options: NewClusterOptions): Result<NewCluster> {
  const { plan, folder, dryRun } = options
  const genesisPath = join(folder, 'genesis.cbor')
  const existing = existsSync(genesisPath) ? readGenesis(genesisPath) : ok(undefined)
  if (!existing.ok) return existing
  if (existing.value !== undefined && !namesSame(plan, existing.value)) return differs(genesisPath)
  const steps: Step[] = [folderStep(folder, 0o750, 'cluster folder')]
  const keys: KeyPair[] = []
  let made = 0
  for (const { name } of plan.appliances) {
    const pair = drawKeys(join(folder, name), existing.value)
    if (!pair.ok) return pair
    steps.push(...pair.value.steps)
    keys.push(pair.value)
    made += pair.value.made
  }
  const operators = drawOperators(plan, join(folder, 'operators'), existing.value)
  if (!operators.ok) return operators
  steps.push(...operators.value.steps)
  made += operators.value.made
  const genesisTai = existing.value?.genesisTai ?? options.genesisTai
  const membership = membershipOf(plan, keys, operators.value.operators, genesisTai)
  const genesis = drawGenesis(genesisPath, membership, existing.value)
  if (!genesis.ok) return genesis
  steps.push(genesis.value)
  for (const [id, appliance] of plan.appliances.entries()) {
    const drawn = drawAppliance({ ...options, membership }, appliance, id)
    if (!drawn.ok) return drawn
    steps.push(...drawn.value)
  }
  return ok({ steps, membership: dryRun && made > 0 ? undefined : membership })
}

interface Operators {
  readonly operators: readonly Operator[]
  readonly steps: readonly Step[]
  readonly made: number
}

/** Only looks. */
function drawOperators(plan: ClusterPlan, folder: string, genesis: Membership | undefined): Result<Operators> {
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

function membershipOf(
  plan: ClusterPlan,
  keys: readonly KeyPair[],
  operators: readonly Operator[],
  genesisTai: TaiNs,
): Membership {
  const mlDsa = selectMlDsa()
  const members = keys.map(({ signing, tls }, id): Member => {
    const { name = '', site = '' } = plan.appliances[id] ?? {}
    return {
      id,
      name,
      site,
      signingKey: mlDsa.createSigner(signing).publicKey,
      tlsKeyHash: createTlsIdentity(tls).keyHash,
    }
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
    attestation: undefined,
    session: 0,
    previous: undefined,
  }
}

function drawGenesis(path: string, membership: Membership, existing: Membership | undefined): Result<Step> {
  const what = `genesis of cluster "${membership.cluster}"`
  const bytes = encode(membershipCodec, membership)
  if (existing === undefined) return ok(newFileStep(path, bytes, 0o644, what))
  return equalBytes(bytes, encode(membershipCodec, existing)) ? ok(keepStep(path, what)) : differs(path)
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
