import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify as toToml } from 'smol-toml'
import { type Member, type Membership, membershipCodec, membershipHash } from '../src/consensus/membership.ts'
import { compareBytes, equalBytes } from '../src/core/bytes.ts'
import { decode, encode, shortHex } from '../src/core/encoding.ts'
import { fail, ok, type Result } from '../src/core/fault.ts'
import { sha384 } from '../src/core/hash.ts'
import type { TaiNs } from '../src/core/time.ts'
import { readKeyFile, writeKeyFile } from '../src/crypto/key-file.ts'
import { generateSeed } from '../src/crypto/seed.ts'
import { selectMlDsa } from '../src/crypto/select.ts'
import { createTlsIdentity } from '../src/crypto/tls-identity.ts'
import { createSafetyJournal } from '../src/ledger/safety-journal.ts'
import type { AppliancePlan, ClusterPlan } from './cluster-plan.ts'

/** What was done, or with a dry run would be done, to one file or folder. */
export interface Step {
  readonly action: 'create' | 'keep' | 'update'
  readonly path: string
  readonly what: string
}

export interface NewCluster {
  readonly steps: readonly Step[]
  /** Undefined in a dry run that would still have to make keys. */
  readonly membership: Membership | undefined
}

export interface NewClusterOptions {
  readonly plan: ClusterPlan
  readonly folder: string
  readonly dryRun: boolean
  /** Epoch 0 of the cluster; only used while there is no genesis file yet. */
  readonly genesisTai: TaiNs
}

interface Keys {
  readonly signing: Uint8Array
  readonly tls: Uint8Array
}

/**
 * Makes everything that a cluster needs before its first start: per appliance two ML-DSA-87 keys (0600), an empty safety
 * journal, and a configuration; for all one genesis file. What exists is kept: run again, it changes nothing. Faults: a
 * genesis or key that does not fit the plan is never overwritten.
 */
export function createCluster(options: NewClusterOptions): Result<NewCluster> {
  const { plan, folder } = options
  const run: Run = { ...options, steps: [] }
  makeFolder(run, folder, 'cluster folder')
  const keys: (Keys | undefined)[] = []
  for (const appliance of plan.appliances) {
    const made = makeKeys(run, join(folder, appliance.name))
    if (!made.ok) return made
    keys.push(made.value)
  }
  const complete = keys.filter((pair) => pair !== undefined)
  if (complete.length < plan.appliances.length) {
    planRest(run)
    return ok({ steps: run.steps, membership: undefined })
  }
  const membership = makeGenesis(run, complete)
  if (!membership.ok) return membership
  for (const [index, appliance] of plan.appliances.entries()) {
    const made = makeAppliance(run, appliance, index, membership.value)
    if (!made.ok) return made
  }
  return ok({ steps: run.steps, membership: membership.value })
}

interface Run extends NewClusterOptions {
  readonly steps: Step[]
}

function makeFolder(run: Run, path: string, what: string): void {
  const exists = existsSync(path)
  run.steps.push({ action: exists ? 'keep' : 'create', path, what })
  if (!exists && !run.dryRun) mkdirSync(path, { recursive: true, mode: 0o750 })
}

/** Both keys of an appliance; undefined when a dry run leaves them unmade. */
function makeKeys(run: Run, folder: string): Result<Keys | undefined> {
  makeFolder(run, folder, 'appliance folder')
  makeFolder(run, join(folder, 'keys'), 'key folder')
  if (!run.dryRun) chmodSync(join(folder, 'keys'), 0o700)
  const signing = makeKey(run, join(folder, 'keys', 'signing.pem'), 'ML-DSA-87 signing key')
  if (!signing.ok) return signing
  const tls = makeKey(run, join(folder, 'keys', 'tls.pem'), 'ML-DSA-87 TLS key')
  if (!tls.ok) return tls
  if (signing.value === undefined || tls.value === undefined) return ok(undefined)
  return ok({ signing: signing.value, tls: tls.value })
}

function makeKey(run: Run, path: string, what: string): Result<Uint8Array | undefined> {
  if (existsSync(path)) {
    run.steps.push({ action: 'keep', path, what })
    return readKeyFile(path)
  }
  run.steps.push({ action: 'create', path, what: `${what}, mode 0600` })
  if (run.dryRun) return ok(undefined)
  const seed = generateSeed()
  const written = writeKeyFile(path, seed)
  return written.ok ? ok(seed) : written
}

function makeGenesis(run: Run, keys: readonly Keys[]): Result<Membership> {
  const path = join(run.folder, 'genesis.cbor')
  const existing = existsSync(path) ? decode(membershipCodec, new Uint8Array(readFileSync(path)), path) : undefined
  if (existing !== undefined && !existing.ok) return existing
  const membership = membershipOf(run.plan, keys, existing?.value.genesisTai ?? run.genesisTai)
  const bytes = encode(membershipCodec, membership)
  if (existing === undefined) {
    run.steps.push({ action: 'create', path, what: `genesis of cluster "${membership.cluster}"` })
    if (!run.dryRun) writeAtomically(path, bytes, 0o644)
    return ok(membership)
  }
  if (!equalBytes(bytes, encode(membershipCodec, existing.value))) {
    return fail(
      'genesis.differs',
      `${path}: expected the genesis that follows from the plan and the keys, got another; a genesis never changes: use another folder`,
    )
  }
  run.steps.push({ action: 'keep', path, what: `genesis of cluster "${membership.cluster}"` })
  return ok(membership)
}

function membershipOf(plan: ClusterPlan, keys: readonly Keys[], genesisTai: TaiNs): Membership {
  const mlDsa = selectMlDsa()
  const members = plan.appliances.map((appliance, id): Member => {
    const pair = keys[id]
    if (pair === undefined) throw new RangeError(`no keys for appliance ${id}`)
    return {
      id,
      name: appliance.name,
      site: appliance.site,
      signingKey: mlDsa.createSigner(pair.signing).publicKey,
      tlsKeyHash: createTlsIdentity(pair.tls).keyHash,
    }
  })
  return {
    format: 'quorumtime-genesis-1',
    cluster: plan.cluster,
    era: 1,
    genesisTai,
    epochPeriodNs: BigInt(plan.epochPeriodMs) * 1_000_000n,
    rulesVersion: 1,
    targetPrecisionNs: BigInt(plan.targetPrecisionNs),
    acceptSingleDomain: [...new Set(plan.acceptSingleDomain)].sort((a, b) => (a < b ? -1 : 1)),
    members,
  }
}

function makeAppliance(run: Run, appliance: AppliancePlan, id: number, membership: Membership): Result<void> {
  const folder = join(run.folder, appliance.name)
  makeFile(run, join(folder, 'genesis.cbor'), encode(membershipCodec, membership), 'copy of the genesis')
  makeFile(run, join(folder, 'config.toml'), Buffer.from(configurationText(run.plan, appliance)), 'configuration')
  makeFolder(run, join(folder, 'state'), 'state folder')
  const path = join(folder, 'state', 'journal.sqlite')
  const exists = existsSync(path)
  run.steps.push({ action: exists ? 'keep' : 'create', path, what: 'safety journal' })
  const member = membership.members[id]
  if (exists || run.dryRun || member === undefined) return ok(undefined)
  return createSafetyJournal(path, {
    membershipHash: membershipHash(membership),
    member: id,
    keyHash: sha384(member.signingKey),
  })
}

function makeFile(run: Run, path: string, bytes: Uint8Array, what: string): void {
  const before = existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined
  const action = before === undefined ? 'create' : compareBytes(before, bytes) === 0 ? 'keep' : 'update'
  run.steps.push({ action, path, what })
  if (action !== 'keep' && !run.dryRun) writeAtomically(path, bytes, 0o640)
}

function writeAtomically(path: string, bytes: Uint8Array, mode: number): void {
  writeFileSync(`${path}.new`, bytes, { mode, flush: true })
  renameSync(`${path}.new`, path)
}

/** What a dry run without keys can still say. */
function planRest(run: Run): void {
  run.steps.push({
    action: 'create',
    path: join(run.folder, 'genesis.cbor'),
    what: `genesis of cluster "${run.plan.cluster}"`,
  })
  for (const { name } of run.plan.appliances) {
    for (const [file, what] of [
      ['genesis.cbor', 'copy of the genesis'],
      ['config.toml', 'configuration'],
      ['state/journal.sqlite', 'safety journal'],
    ] as const) {
      const path = join(run.folder, name, file)
      run.steps.push({ action: existsSync(path) ? 'keep' : 'create', path, what })
    }
  }
}

/** The configuration of one appliance; paths in it are relative to its own folder, which can be moved as a whole. */
function configurationText(plan: ClusterPlan, appliance: AppliancePlan): string {
  const host = (address: string): string => (address.includes(':') ? `[${address}]` : address)
  const table = {
    node: {
      name: appliance.name,
      genesis: 'genesis.cbor',
      signingKey: 'keys/signing.pem',
      tlsKey: 'keys/tls.pem',
      stateDirectory: 'state',
      controlSocket: 'state/control.sock',
    },
    cluster: {
      listen: `${host(appliance.address)}:${appliance.clusterPort}`,
      rangingListen: `${host(appliance.address)}:${appliance.rangingPort}`,
      peers: plan.appliances
        .filter(({ name }) => name !== appliance.name)
        .map(({ name, address, clusterPort, rangingPort }) => ({
          name,
          address: `${host(address)}:${clusterPort}`,
          rangingAddress: `${host(address)}:${rangingPort}`,
        })),
    },
    oscillator: { class: appliance.oscillator },
    sources: appliance.sources,
  }
  return `# Configuration of ${appliance.name} in cluster "${plan.cluster}". \`quorumtime check-config\` explains what it holds.\n${toToml(table)}`
}

/** `cluster rack-7, membership 3f9a…: 4 appliances, f = 1` */
export function summaryLine(membership: Membership): string {
  const { length } = membership.members
  return `cluster ${membership.cluster}, membership ${shortHex(membershipHash(membership))}…: ${length} appliances, f = ${Math.floor((length - 1) / 3)}`
}
