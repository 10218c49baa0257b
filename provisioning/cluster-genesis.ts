import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { verifyEnrolment } from '../src/attestation/enrolment.ts'
import type { AttestationTerms, Membership } from '../src/consensus/membership.ts'
import { compareBytes, equalBytes } from '../src/core/bytes.ts'
import { fail, ok, type Result } from '../src/core/fault.ts'
import { sha384 } from '../src/core/hash.ts'
import type { TaiNs } from '../src/core/time.ts'
import { drawCopy } from './appliance/answer.ts'
import { configurationText } from './appliance-configuration.ts'
import { drawConfiguration } from './appliance-steps.ts'
import { policyOf } from './attestation-plan.ts'
import type { AppliancePlan, ClusterPlan } from './cluster-plan.ts'
import { type Authority, MEANS, trustOf } from './enrolment-authority/authority.ts'
import { type Issued, newestEnrolments } from './enrolment-authority/ledger-view.ts'
import { checkUnsigned, signedGenesis, signGenesis } from './enrolment-authority/sign-genesis.ts'
import {
  drawGenesis,
  drawOperators,
  type MemberKeys,
  membershipOf,
  operatorsFolder,
  readExisting,
} from './genesis-steps.ts'
import type { Task } from './run-tasks.ts'
import { folderStep } from './step.ts'

export interface ClusterGenesisOptions {
  readonly plan: ClusterPlan
  readonly authority: Authority
  /** Raw public keys of other authorities whose enrolments count as well. */
  readonly otherAuthorities: readonly Uint8Array[]
  /** Where genesis, signatures, operators' keys and configurations go. */
  readonly folder: string
  readonly updateConfigurations: boolean
  /** Epoch 0 of the cluster; only used while there is no genesis yet. */
  readonly genesisTai: TaiNs
}

export interface DrawnGenesis {
  readonly tasks: readonly Task[]
  readonly membership: Membership
}

/**
 * What makes the genesis of a cluster that attests: its members are the appliances of the plan, by the public keys that the
 * authority has enrolled; no private key of theirs is here. What exists is kept. Only looks. Faults: `genesis.no-attestation`,
 * `genesis.not-enrolled`, `genesis.selection`, `genesis.differs`, `authority.genesis`, those of plans, keys and enrolments.
 */
export function drawClusterGenesis(options: ClusterGenesisOptions): Result<DrawnGenesis> {
  const { plan, authority, folder } = options
  const path = join(folder, 'genesis.cbor')
  const existing = existsSync(path) ? readExisting(path, plan) : signedGenesis(authority, plan.cluster)
  if (!existing.ok) return existing
  const terms = termsOf(options)
  if (!terms.ok) return terms
  const keys = enrolledKeys(authority, plan.appliances, terms.value)
  if (!keys.ok) return keys
  const drawn = drawOperators(plan, operatorsFolder(folder), existing.value)
  if (!drawn.ok) return drawn
  const { operators, steps } = drawn.value
  const genesisTai = existing.value?.genesisTai ?? options.genesisTai
  const membership = membershipOf(plan, { keys: keys.value, operators, genesisTai, attestation: terms.value })
  const genesis = drawGenesis(path, membership, existsSync(path) ? existing.value : undefined)
  if (!genesis.ok) return genesis
  const free = checkUnsigned(authority, membership)
  if (!free.ok) return free
  const configurations = drawConfigurations(options)
  if (!configurations.ok) return configurations
  const signatures = drawSignatures(authority, membership, join(folder, 'genesis.signatures.cbor'))
  const tasks = [folderStep(folder, 0o750, 'cluster folder'), ...steps, genesis.value, signatures]
  return ok({ tasks: [...tasks, ...configurations.value], membership })
}

function termsOf({ plan, authority, otherAuthorities }: ClusterGenesisOptions): Result<AttestationTerms> {
  if (plan.attestation === undefined) {
    return fail('genesis.no-attestation', 'attestation: expected what is asked of TPMs, got no such table in the plan')
  }
  const policy = policyOf(plan.attestation)
  if (!policy.ok) return policy
  const authorities = [authority.signer.publicKey, ...otherAuthorities].toSorted(compareBytes)
  const distinct = authorities.filter((key, index) => index === 0 || !equalBytes(key, authorities[index - 1] ?? key))
  return ok({ fleet: authority.fleet, authorities: distinct, policy: policy.value })
}

/** By the newest enrolment of each, checked once more as its peers are going to. */
function enrolledKeys(
  authority: Authority,
  appliances: readonly AppliancePlan[],
  { policy }: AttestationTerms,
): Result<readonly MemberKeys[]> {
  const issued = newestEnrolments(authority.ledger.entries)
  if (!issued.ok) return issued
  const keys: MemberKeys[] = []
  for (const { name } of appliances) {
    const found = issued.value.find(({ entry }) => entry.node === name)
    if (found === undefined) {
      const known = issued.value.map(({ entry }) => entry.node).join(', ') || 'nobody'
      return fail(
        'genesis.not-enrolled',
        `appliance ${name}: expected one that is enrolled (${known}), got no enrolment in the ledger`,
      )
    }
    const genuine = checkIssued(authority, found)
    if (!genuine.ok) return genuine
    const { selection } = found.enrolment
    const quoted =
      selection.hash === policy.selection.hash && policy.selection.pcrs.every((pcr) => selection.pcrs.includes(pcr))
    if (!quoted) {
      return fail(
        'genesis.selection',
        `appliance ${name}: expected an enrolment with registers ${policy.selection.hash.name}:${policy.selection.pcrs.join(',')}, as the plan asks, got ${selection.hash.name}:${selection.pcrs.join(',')}`,
      )
    }
    keys.push({ signingKey: found.request.signingKey, tlsKeyHash: found.request.tlsKeyHash })
  }
  return ok(keys)
}

function checkIssued(authority: Authority, { entry, bytes, enrolment, request }: Issued): Result<void> {
  const verified = verifyEnrolment(bytes, trustOf(authority), MEANS)
  if (!verified.ok) return verified
  if (enrolment.node === entry.node && equalBytes(enrolment.keyHash, sha384(request.signingKey))) return ok(undefined)
  return fail('enrolment.key', `enrolment of ${entry.node}: expected the key of the request in the ledger, got another`)
}

function drawSignatures(authority: Authority, membership: Membership, path: string): Task {
  const what = `signature of the authority of fleet "${authority.fleet}"`
  const perform = (): Result<void> | Promise<Result<void>> => {
    const signed = signGenesis(authority, membership)
    return signed.ok ? drawCopy(path, signed.value, what).perform() : signed
  }
  return { action: existsSync(path) ? 'keep' : 'create', path, what, perform }
}

function drawConfigurations({ plan, folder, updateConfigurations }: ClusterGenesisOptions): Result<readonly Task[]> {
  const tasks: Task[] = []
  for (const appliance of plan.appliances) {
    const own = join(folder, appliance.name)
    const text = configurationText(plan, appliance)
    const configuration = drawConfiguration(join(own, 'config.toml'), text, updateConfigurations)
    if (!configuration.ok) return configuration
    tasks.push(folderStep(own, 0o750, 'what appliance it is for'), configuration.value)
  }
  return ok(tasks)
}
