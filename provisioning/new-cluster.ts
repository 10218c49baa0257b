import { join } from 'node:path'
import type { Membership } from '../src/consensus/membership.ts'
import { fail, ok, type Result } from '../src/core/fault.ts'
import type { TaiNs } from '../src/core/time.ts'
import { selectMlDsa } from '../src/crypto/select.ts'
import { createTlsIdentity } from '../src/crypto/tls-identity.ts'
import { drawAppliance, drawKeys, type KeyPair } from './appliance-steps.ts'
import type { ClusterPlan } from './cluster-plan.ts'
import {
  drawGenesis,
  drawOperators,
  type MemberKeys,
  membershipOf,
  operatorsFolder,
  readExisting,
} from './genesis-steps.ts'
import { folderStep, type Step } from './step.ts'

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
  if (plan.attestation !== undefined) {
    return fail(
      'provisioning.attested-plan',
      'attestation: expected none, as appliances that attest make their keys themselves; provisioning/cluster-genesis is for them',
    )
  }
  const genesisPath = join(folder, 'genesis.cbor')
  const existing = readExisting(genesisPath, plan)
  if (!existing.ok) return existing
  const steps: Step[] = [folderStep(folder, 0o750, 'cluster folder')]
  const keys: MemberKeys[] = []
  let made = 0
  for (const { name } of plan.appliances) {
    const pair = drawKeys(join(folder, name), existing.value)
    if (!pair.ok) return pair
    steps.push(...pair.value.steps)
    keys.push(publicHalves(pair.value))
    made += pair.value.made
  }
  const drawn = drawOperators(plan, operatorsFolder(folder), existing.value)
  if (!drawn.ok) return drawn
  const { operators } = drawn.value
  steps.push(...drawn.value.steps)
  made += drawn.value.made
  const genesisTai = existing.value?.genesisTai ?? options.genesisTai
  const membership = membershipOf(plan, { keys, operators, genesisTai, attestation: undefined })
  const genesis = drawGenesis(genesisPath, membership, existing.value)
  if (!genesis.ok) return genesis
  steps.push(genesis.value)
  for (const [id, appliance] of plan.appliances.entries()) {
    const rest = drawAppliance({ ...options, membership }, appliance, id)
    if (!rest.ok) return rest
    steps.push(...rest.value)
  }
  return ok({ steps, membership: dryRun && made > 0 ? undefined : membership })
}

function publicHalves({ signing, tls }: KeyPair): MemberKeys {
  return {
    signingKey: selectMlDsa().createSigner(signing).publicKey,
    tlsKeyHash: createTlsIdentity(tls).keyHash,
  }
}
