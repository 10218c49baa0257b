import assert from 'node:assert/strict'
import { appendFileSync, cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode as encodeCbor } from 'cborg'
import {
  ENROLMENT_CONTEXT,
  type Enrolment,
  enrolmentContent,
  signedEnrolmentCodec,
} from '../../src/attestation/enrolment.ts'
import { type AttestationPolicy, DEFAULT_POLICY } from '../../src/attestation/policy.ts'
import { createAttestationKey } from '../../src/attestation/tpm/attestation-key.ts'
import { ATTESTATION_ECDSA_P256 } from '../../src/attestation/tpm-template.ts'
import { type Desk, openDesk } from '../../src/cli/demo/instruments.ts'
import { freePorts } from '../../src/cli/demo/ports.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { readLeapTable } from '../../src/config/leap-seconds.ts'
import { type Membership, membershipCodec, membershipHash } from '../../src/consensus/membership.ts'
import { encode } from '../../src/core/encoding.ts'
import { sha384 } from '../../src/core/hash.ts'
import { NS_PER_SECOND, plus, taiNs } from '../../src/core/time.ts'
import { publicKeyToPem } from '../../src/crypto/public-key.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { createSafetyJournal } from '../../src/ledger/new-safety-journal.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { type AgentRun, provision, quorumtime, type ReportedEvent, startAgent } from '../support/agent-process.ts'
import { unwrap } from '../support/results.ts'
import { type Scope, scopeIn } from '../support/scope.ts'
import { BOOT, ENDORSEMENT_ECC } from './attesting-node.ts'
import { type Swtpm, startSwtpm } from './swtpm.ts'

/** Appliances with a software TPM each, enrolled, whose genesis asks for attestation: the real agents. */
export interface AttestedCluster {
  readonly membership: Membership
  readonly tpms: readonly Swtpm[]
  readonly folder: string
  /** The authority's public key, in PEM: all that a stranger is given. */
  readonly authorityFile: string
  start(id: number, env?: Readonly<Record<string, string>>): AgentRun
  /**
   * Copies the disk of an appliance as it is at this moment, keys and journal and all, into another machine: with instruments of its own under
   * the same sky, and beside this TPM. Starts it as often as it is asked to.
   */
  clone(id: number, tpm: Swtpm): Promise<Clone>
  /** What `quorumtime attestation` tells of the others at one appliance. */
  ask(id: number): Promise<AttestationTold>
}

export interface Clone {
  /** Of its configuration: what is known of the original is known of it. */
  readonly file: string
  /** On a machine that was switched on under this name of its start. */
  start(bootId?: string): AgentRun
}

export interface AttestationTold {
  readonly own: {
    readonly shownProvider: string | null
    readonly failure: { readonly code: string } | null
    readonly recordsMade: number
    readonly tpmCommands: number
    /** While no record was being made. */
    readonly tpmCommandsOutside: number
  }
  readonly members: readonly {
    readonly member: string
    readonly verdict: string
    readonly reasons: readonly { readonly code: string; readonly message: string }[]
  }[]
  readonly judgements: { readonly count: number; readonly totalMs: number; readonly maxMs: number } | null
}

export interface AttestedOptions {
  readonly policy?: Partial<AttestationPolicy>
  readonly refreshMinutes?: number
  /** How many there are. */
  readonly count?: number
  /** Without: the same cluster as it is without any of that. */
  readonly isAttested?: boolean
}

export const KEY_HANDLE = 0x8101_0017
const mlDsa = selectMlDsa()
const AUTHORITY = mlDsa.createSigner(new Uint8Array(32).fill(77))

export async function createAttestedCluster(test: Scope, options: AttestedOptions = {}): Promise<AttestedCluster> {
  const t = scopeIn(test)
  const { count = 4, refreshMinutes = 10, isAttested = true } = options
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-attested-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const world = unwrap(createWorld(unwrap(readLeapTable(undefined))))
  const startedAt = readMonoNs()
  const numbers = Array.from({ length: count }, (_, id) => id)
  const desks = numbers.map((id): Desk => {
    mkdirSync(join(folder, `ts${id}`, 'state'), { recursive: true })
    const desk = unwrap(openDesk(join(folder, `ts${id}`), 1_000 + 10 * id, world.sky(startedAt, 0n)))
    t.after(() => desk.close())
    return desk
  })
  const tpmFolder = join(folder, 'tpm')
  mkdirSync(tpmFolder)
  // One after another: each draws keys, and on a busy machine four at once would be late.
  const tpms: Swtpm[] = []
  for (const id of numbers) tpms.push(await startSwtpm(t, tpmFolder, `ts${id}`))
  const now = plus(world.truth(readMonoNs()), NS_PER_SECOND)
  const provisioned = await provision({
    folder,
    sources: desks.map(({ sources }) => sources),
    cluster: 'attested',
    genesisTai: taiNs(now - (now % NS_PER_SECOND)),
  })
  // A software TPM that was ended without a word has a clock that is not safe for seconds.
  const policy = { ...DEFAULT_POLICY, unsafeClock: 'accept' as const, ...options.policy }
  const attestation = { fleet: 'bench', authorities: [AUTHORITY.publicKey], policy }
  const membership: Membership = isAttested ? { ...provisioned, attestation } : provisioned
  for (const id of isAttested ? numbers : []) {
    const own = join(folder, `ts${id}`)
    writeGenesis(own, membership, id)
    await enrol(own, membership, id, tpms[id] as Swtpm)
    const { port } = tpms[id] as Swtpm
    appendFileSync(
      join(own, 'config.toml'),
      `\n[attestation]\nprovider = "tpm2"\nswtpm = "127.0.0.1:${port}"\nkeyHandle = ${KEY_HANDLE}\nenrolment = "enrolment.cbor"\nrefreshMinutes = ${refreshMinutes}\n`,
    )
  }
  let clones = 0
  const authorityFile = join(folder, 'authority.pub')
  writeFileSync(authorityFile, publicKeyToPem(AUTHORITY.publicKey))
  return {
    membership,
    tpms,
    folder,
    authorityFile,
    start: (id, env) => startAgent(t, join(folder, `ts${id}`, 'config.toml'), env),
    clone: async (id, { port }) => {
      clones += 1
      const own = join(folder, `clone${clones}`)
      const from = join(folder, `ts${id}`)
      cpSync(from, own, { recursive: true, filter: (path) => !lstatSync(path).isSocket() })
      const desk = unwrap(openDesk(own, 2_000 + 10 * clones, world.sky(startedAt, 0n)))
      t.after(() => desk.close())
      const file = join(own, 'config.toml')
      const [ports] = await freePorts(1)
      assert.ok(ports)
      writeFileSync(file, movedTo(readFileSync(file, 'utf8'), desk, { ...ports, tpm: port }))
      return {
        file,
        start: (bootId) => startAgent(t, file, bootId === undefined ? {} : { QUORUMTIME_BOOT_ID: bootId }),
      }
    },
    ask: async (id) => {
      const asked = await quorumtime('attestation', '--config', join(folder, `ts${id}`, 'config.toml'), '--json')
      assert.equal(asked.code, 0, asked.stderr)
      return JSON.parse(asked.stdout) as AttestationTold
    },
  }
}

interface OtherPlace {
  readonly clusterPort: number
  readonly rangingPort: number
  /** Of its TPM's socket. */
  readonly tpm: number
}

/** The lines of a configuration that another machine with the same disk has to change. */
function movedTo(text: string, { sources }: Desk, { clusterPort, rangingPort, tpm }: OtherPlace): string {
  const devices = (sources as readonly { readonly device: string }[]).map(({ device }) => device)
  return text
    .replace(/^listen = .*$/m, `listen = "127.0.0.1:${clusterPort}"`)
    .replace(/^rangingListen = .*$/m, `rangingListen = "127.0.0.1:${rangingPort}"`)
    .replace(/^swtpm = .*$/m, `swtpm = "127.0.0.1:${tpm}"`)
    .replaceAll(/^device = .*$/gm, () => `device = "${devices.shift() ?? ''}"`)
}

/** In the place of the genesis that it was provisioned with, which asks for nothing. */
function writeGenesis(own: string, membership: Membership, member: number): void {
  writeFileSync(join(own, 'genesis.cbor'), encode(membershipCodec, membership))
  writeFileSync(join(own, 'genesis.signatures.cbor'), genesisSignatures(membership))
  const journal = join(own, 'state', 'journal.sqlite')
  rmSync(journal)
  const keyHash = sha384(membership.members[member]?.signingKey ?? new Uint8Array())
  unwrap(createSafetyJournal(journal, { membershipHash: membershipHash(membership), member, keyHash }))
}

/** By the authority, under the membership: as its own codec has it. */
function genesisSignatures({ cluster, ...membership }: Membership): Uint8Array {
  const format = 'quorumtime-genesis-signatures-1'
  const hash = membershipHash({ cluster, ...membership })
  const signature = AUTHORITY.sign('quorumtime/v1/genesis', new Uint8Array(encodeCbor([format, cluster, hash])))
  return new Uint8Array(encodeCbor([format, [[sha384(AUTHORITY.publicKey), signature]]]))
}

async function enrol(own: string, membership: Membership, id: number, swtpm: Swtpm): Promise<void> {
  const key = unwrap(await createAttestationKey(swtpm.tpm, ENDORSEMENT_ECC, ATTESTATION_ECDSA_P256, KEY_HANDLE))
  await swtpm.tpm.close()
  const { name, signingKey } = membership.members[id] as Membership['members'][number]
  const enrolment: Enrolment = {
    format: 'quorumtime-enrolment-1',
    authority: sha384(AUTHORITY.publicKey),
    fleet: 'bench',
    node: name,
    serial: 1,
    issuedAt: '2026-11-28T09:00:00Z',
    keyHash: sha384(signingKey),
    attestationKey: key,
    scheme: 'ecdsa',
    schemeHash: 'sha256',
    endorsementDigest: sha384(Uint8Array.of(id)),
    selection: BOOT,
  }
  const content = enrolmentContent(enrolment)
  const signature = AUTHORITY.sign(ENROLMENT_CONTEXT, content)
  writeFileSync(join(own, 'enrolment.cbor'), encode(signedEnrolmentCodec, { content, signature }))
}

/** The verdicts of a certificate, by member. */
export function verdictsIn(event: ReportedEvent): readonly string[] {
  if (event['type'] !== 'decision') return []
  return (event['attestation'] as readonly { readonly verdict: string }[]).map(({ verdict }) => verdict)
}

/** A certificate in which the records of so many are verified, and no other. */
export function allVerified(count: number): (event: ReportedEvent) => boolean {
  return (event) => {
    const verdicts = verdictsIn(event)
    return verdicts.length === count && verdicts.every((verdict) => verdict === 'verified')
  }
}

/** Resolves with the first event from now on that fits. */
export function nextEvent(agent: AgentRun, fits: (event: ReportedEvent) => boolean): Promise<ReportedEvent> {
  const from = agent.events.length
  return agent.until((event) => fits(event) && agent.events.indexOf(event) >= from)
}
