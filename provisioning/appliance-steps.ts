import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfiguration } from '../src/config/parse.ts'
import { type Membership, membershipCodec, membershipHash, type Operator } from '../src/consensus/membership.ts'
import { equalBytes, utf8 } from '../src/core/bytes.ts'
import { encode } from '../src/core/encoding.ts'
import { fail, ok, type Result } from '../src/core/fault.ts'
import { sha384 } from '../src/core/hash.ts'
import { readKeyFile, writeKeyFile } from '../src/crypto/key-file.ts'
import { generateSeed } from '../src/crypto/seed.ts'
import { selectMlDsa } from '../src/crypto/select.ts'
import { createSafetyJournal } from '../src/ledger/new-safety-journal.ts'
import { readPublicKey } from './appliance/appliance-files.ts'
import { configurationText } from './appliance-configuration.ts'
import type { AppliancePlan, ClusterPlan } from './cluster-plan.ts'
import { folderStep, keepStep, newFileStep, type Step, updateStep } from './step.ts'

/** Both keys of an appliance, those on the disk or, where there are none yet, new ones in memory. */
export interface KeyPair {
  readonly steps: readonly Step[]
  readonly signing: Uint8Array
  readonly tls: Uint8Array
  /** How many of the two are new. */
  readonly made: number
}

/** What makes the keys of an appliance. Only looks. */
export function drawKeys(folder: string, genesis: Membership | undefined): Result<KeyPair> {
  const signing = drawKey(join(folder, 'keys', 'signing.pem'), 'ML-DSA-87 signing key', genesis)
  if (!signing.ok) return signing
  const tls = drawKey(join(folder, 'keys', 'tls.pem'), 'ML-DSA-87 TLS key', genesis)
  if (!tls.ok) return tls
  return ok({
    steps: [
      folderStep(folder, 0o750, 'appliance folder'),
      folderStep(join(folder, 'keys'), 0o700, 'key folder'),
      signing.value.step,
      tls.value.step,
    ],
    signing: signing.value.seed,
    tls: tls.value.seed,
    made: [signing, tls].filter(({ value }) => value.step.action === 'create').length,
  })
}

/** The key of an operator as the genesis names it, and what makes it. */
export interface OperatorKey {
  readonly operator: Operator
  readonly steps: readonly Step[]
  readonly isNew: boolean
}

/**
 * What makes the key of an operator. One who has brought `NAME.pub` keeps the private half elsewhere: none is made here. Where
 * there is a genesis, the key may have been taken to where its operator keeps it: then its public half stands there. Only
 * looks. Faults: `operator.keys` when both halves are here and do not belong together; those of keys.
 */
export function drawOperatorKey(folder: string, name: string, genesis: Membership | undefined): Result<OperatorKey> {
  const path = join(folder, `${name}.pem`)
  const brought = drawBroughtKey(join(folder, `${name}.pub`), name)
  if (!brought.ok) return brought
  if (!existsSync(path)) {
    if (brought.value !== undefined) return ok(brought.value)
    const known = genesis?.operators.find((operator) => operator.name === name)
    if (known !== undefined) return ok({ operator: known, steps: [], isNew: false })
  }
  const key = drawKey(path, `ML-DSA-87 key of operator ${name}`, genesis)
  if (!key.ok) return key
  const { seed, step } = key.value
  const { publicKey } = selectMlDsa().createSigner(seed)
  if (brought.value !== undefined && !equalBytes(brought.value.operator.signingKey, publicKey)) {
    return fail('operator.keys', `${path}: expected the private half of ${name}.pub beside it, got another key`)
  }
  return ok({ operator: { name, signingKey: publicKey }, steps: [step], isNew: step.action === 'create' })
}

/** Undefined where there is none. */
function drawBroughtKey(path: string, name: string): Result<OperatorKey | undefined> {
  if (!existsSync(path)) return ok(undefined)
  const key = readPublicKey(path, `operator ${name}`)
  if (!key.ok) return key
  const step = keepStep(path, `ML-DSA-87 public key of operator ${name}`)
  return ok({ operator: { name, signingKey: key.value }, steps: [step], isNew: false })
}

/** Where there is a genesis, it names every key: one that is not here any more can not be made again. */
export function drawKey(
  path: string,
  what: string,
  genesis: Membership | undefined,
): Result<{ readonly seed: Uint8Array; readonly step: Step }> {
  if (existsSync(path)) {
    const seed = readKeyFile(path)
    return seed.ok ? ok({ seed: seed.value, step: keepStep(path, what) }) : seed
  }
  if (genesis !== undefined) {
    return fail(
      'provisioning.key-lost',
      `${path}: expected the ${what} of an appliance in the genesis of "${genesis.cluster}", got no file; a genesis never changes: use another folder`,
    )
  }
  const seed = generateSeed()
  const perform = (): Result<void> => writeKeyFile(path, seed)
  return ok({ seed, step: { action: 'create', path, what: `${what}, mode 0600`, perform } })
}

export interface ApplianceOptions {
  readonly plan: ClusterPlan
  readonly folder: string
  readonly updateConfigurations: boolean
  readonly membership: Membership
}

/**
 * What makes the rest of an appliance: journal, configuration, and last the copy of the genesis, which says that all of
 * it has been there. Only looks.
 */
export function drawAppliance(
  { plan, folder, updateConfigurations, membership }: ApplianceOptions,
  appliance: AppliancePlan,
  id: number,
): Result<readonly Step[]> {
  const own = join(folder, appliance.name)
  const genesis = drawGenesisCopy(join(own, 'genesis.cbor'), membership)
  if (!genesis.ok) return genesis
  const journal = drawJournal(join(own, 'state', 'journal.sqlite'), membership, id, genesis.value.action === 'keep')
  if (!journal.ok) return journal
  const text = configurationText(plan, appliance)
  const configuration = drawConfiguration(join(own, 'config.toml'), text, updateConfigurations)
  if (!configuration.ok) return configuration
  return ok([folderStep(join(own, 'state'), 0o750, 'state folder'), journal.value, configuration.value, genesis.value])
}

export function drawGenesisCopy(path: string, membership: Membership): Result<Step> {
  const what = 'copy of the genesis'
  const bytes = encode(membershipCodec, membership)
  if (!existsSync(path)) return ok(newFileStep(path, bytes, 0o644, what))
  if (equalBytes(new Uint8Array(readFileSync(path)), bytes)) return ok(keepStep(path, what))
  return fail('genesis.differs', `${path}: expected a copy of the cluster's genesis, got another file`)
}

export function drawJournal(path: string, membership: Membership, id: number, wasComplete: boolean): Result<Step> {
  const what = 'safety journal'
  if (existsSync(path)) return ok(keepStep(path, what))
  if (wasComplete) {
    return fail(
      'provisioning.journal-lost',
      `${path}: expected the safety journal of an appliance that was complete, got no file; a key whose journal is lost must not sign again: use another folder`,
    )
  }
  const owner = {
    membershipHash: membershipHash(membership),
    member: id,
    keyHash: sha384(membership.members[id]?.signingKey ?? new Uint8Array()),
  }
  return ok({ action: 'create', path, what, perform: () => createSafetyJournal(path, owner) })
}

export function drawConfiguration(path: string, text: string, update: boolean): Result<Step> {
  const what = 'configuration'
  const valid = parseConfiguration(text, path)
  if (!valid.ok) return valid
  const bytes = utf8(text)
  if (!existsSync(path)) return ok(newFileStep(path, bytes, 0o640, what))
  if (equalBytes(new Uint8Array(readFileSync(path)), bytes)) return ok(keepStep(path, what))
  if (update) return ok(updateStep(path, bytes, 0o640, what))
  return fail(
    'config.differs',
    `${path}: expected the configuration that follows from the plan, got another; --update-configurations replaces it`,
  )
}
