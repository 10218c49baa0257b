import { createReplicaLoop, type ReplicaLoop, type ReplicaPorts } from '../../src/agent/replica-loop.ts'
import type { Evidence } from '../../src/consensus/evidence.ts'
import {
  type AttestationTerms,
  MEMBERS_MAX,
  type Membership,
  membershipHash,
  PUBLIC_KEY_BYTES,
  RULES_VERSION,
  SIGNATURE_BYTES,
} from '../../src/consensus/membership.ts'
import { decodeEnvelope, type MessageType, signingContext } from '../../src/consensus/messages.ts'
import type { Verify } from '../../src/consensus/quorum-certificate.ts'
import type { ComposeBlock } from '../../src/consensus/replica/compose-block.ts'
import type {
  Commit,
  EpochClock,
  Input,
  JournalRecord,
  Measurement,
  Outgoing,
} from '../../src/consensus/replica/types.ts'
import { createReplica, type Replica } from '../../src/consensus/replica.ts'
import type { WireMessage } from '../../src/consensus/wire-message.ts'
import { equalBytes, utf8 } from '../../src/core/bytes.ts'
import { type Fault, fail, ok, type Result } from '../../src/core/fault.ts'
import { bringSha2, sha384 } from '../../src/core/hash.ts'
import { max } from '../../src/core/integer.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import { type MonoNs, monoNs, plus, type TaiNs, taiNs } from '../../src/core/time.ts'
import { NATIVE_SHA2 } from '../../src/crypto/native-sha2.ts'
import { mendCommits, runOfCommits } from './commit-holes.ts'
import { createEventQueue, type EventQueue } from './event-queue.ts'
import { KEYED_HASH_BYTES, keyedHash } from './keyed-hash.ts'
import { createSharedCompose, type Memo } from './shared-compose.ts'
import { recordAt, rightVerdicts, TEST_TERMS, type VirtualAttestation } from './virtual-attestation.ts'
import { createVirtualGate, heardFrom, isSettled, type Judgement, type VirtualGate } from './virtual-gate.ts'
import { createVirtualJournal, type VirtualJournal } from './virtual-journal.ts'
import { honestMeasurement } from './virtual-measurement.ts'

/**
 * A cluster of real replicas on virtual time: real messages, real gate, real loop; only signatures are a keyed hash,
 * and network, disk and clocks are what the test says. One seed gives one run.
 */
export interface ReplicaCluster {
  readonly membership: Membership
  readonly nodes: readonly ClusterNode[]
  readonly faults: readonly Fault[]
  /** How many events have happened: delivered messages, timers, and records that became durable. */
  readonly events: number
  now(): MonoNs
  /** Delivers everything that happens within `durationNs`. */
  run(durationNs: bigint): Promise<void>
  crash(id: number): void
  /** Starts a crashed node again from what its journal holds. */
  restart(id: number): void
  /** Tells a node what its epoch clock shows now. */
  tellTime(id: number): void
  /** Puts a frame on the wire as if `from` had sent it. */
  inject(from: number, to: number, message: WireMessage): void
  /** Does something at a later instant. */
  later(durationNs: bigint, act: () => void): void
}

export interface ClusterNode {
  /** Which machine it is; the first n are the members, each the one of its number. */
  readonly id: number
  /** Whose key it has. */
  readonly member: number
  readonly clock: Oscillator
  replica: Replica
  /** Undefined unless the options make one. */
  station: Station | undefined
  loop: ReplicaLoop
  up: boolean
  boots: number
  readonly journal: VirtualJournal
  readonly commits: Commit[]
  readonly evidence: Evidence[]
  /** What it signed and sent although it was never durable. */
  readonly unjournalled: MessageType[]
}

export interface ClusterOptions {
  readonly n: number
  readonly seed: number
  /** Members of which there is another machine with the same key and a journal of its own: machines n, n + 1, … */
  readonly twins?: readonly number[]
  /** Whether members share what they compose; on when not given. */
  readonly memo?: Memo
  /** A keyed hash when not given. */
  readonly signatures?: TestSignatures
  /** A node's own oscillator; without it every node's clock shows the virtual instant itself. */
  oscillator?(id: number): Oscillator
  /** Members attest, and judge each other, by these; nobody is asked when not given. */
  readonly attestation?: VirtualAttestation | undefined
  /** How much later than asked a timer of a node fires. */
  latenessNs?(id: number, now: MonoNs): bigint
  /** What stands around a replica, made anew at every start; takes the place of `clockError`. */
  station?(node: ClusterNode, now: MonoNs): Station
  /** A frame takes 0.1 ms and up to this much more; 2 ms when not given. */
  readonly delayNsMax?: bigint
  /** Whether a frame from one node to another arrives. */
  passes?(from: number, to: number, now: MonoNs): boolean
  /** How long each copy of a frame is under way; none: it is lost. Takes the place of `delayNsMax` and `passes`. */
  arrivals?(from: number, to: number, now: MonoNs): readonly bigint[]
  /** Changes what a node says of its clocks. */
  reading?(id: number, epoch: number, honest: Measurement): Measurement
  /** What a node's epoch clock shows beyond TAI, and its rate; undefined: it has none. */
  clockError?(id: number, now: MonoNs): { readonly offsetNs: bigint; readonly ratePpb: bigint } | undefined
  /** What becomes of a node at the moment when it makes something durable. */
  fate?(id: number, now: MonoNs): Fate
  /** What a member says in the place of what its replica says. */
  tamper?(id: number, outgoing: Outgoing): readonly Outgoing[]
  /** What leaves a member in the end. */
  said?(id: number, outgoing: Outgoing): void
  /** What a member hears. */
  overhear?(id: number, message: WireMessage): void
  /** What a member's gate lets in. */
  admitted?(id: number, input: Input): void
}

/** A local clock as a function of the virtual instant: never stepped, never back. */
export interface Oscillator {
  at(virtual: MonoNs): MonoNs
  /** The first virtual instant at which it shows `local` or more. */
  whenShows(local: MonoNs): MonoNs
}

/** The clocks of one member in one run of its process. Instants are virtual ones. */
export interface Station {
  epochClock(now: MonoNs): EpochClock | undefined
  measure(epoch: number, now: MonoNs): Measurement | undefined
  /** A block has become final; the epoch clock is asked for afterwards. */
  follow(commit: Commit, now: MonoNs): void
}

/** How members sign, and how everybody verifies. */
export interface TestSignatures {
  publicKey(id: number): Uint8Array
  sign(id: number, type: MessageType, content: Uint8Array): Uint8Array
  readonly verify: Verify
}

/**
 * `torn`: the machine dies, the records are lost and nothing is sent. `unsent`: it dies with the records durable. `half-sent`:
 * it dies after about half of the frames are out.
 */
export type Fate = 'lives' | 'torn' | 'unsent' | 'half-sent'

/** TAI at virtual instant 0, and the epoch period. */
export const START_TAI = taiNs(1_000_000_000_000n)
const PERIOD_NS = 1_000_000_000n
const VIRTUAL_TIME: Oscillator = { at: (virtual) => virtual, whenShows: (local) => local }

export function testMembership(
  n: number,
  { publicKey }: Pick<TestSignatures, 'publicKey'> = KEYED_HASH,
  attestation?: AttestationTerms,
): Membership {
  return {
    format: 'quorumtime-genesis-2',
    cluster: 'test',
    era: 1,
    genesisTai: START_TAI,
    epochPeriodNs: PERIOD_NS,
    rulesVersion: RULES_VERSION,
    targetPrecisionNs: 1_000n,
    acceptSingleDomain: ['gnss'],
    members: Array.from({ length: n }, (_, id) => ({
      id,
      name: `node${id}`,
      site: `site${id}`,
      signingKey: publicKey(id),
      tlsKeyHash: sha384(utf8(`tls ${id}`)),
    })),
    operators: [],
    operatorThreshold: 0,
    attestation,
    session: 0,
    previous: undefined,
  }
}

/** A public key that is also the secret of the keyed hash which stands in for ML-DSA-87. */
function testKey(id: number): Uint8Array {
  return new Uint8Array(PUBLIC_KEY_BYTES).fill(id + 1)
}

const SIGNING_KEYS = Array.from({ length: MEMBERS_MAX }, (_, id) => testKey(id).subarray(0, 32))

/** So many at a time: an array of its own for each would cost more than the hash. */
const BLANK_SIGNATURES = 64
let blanks = new Uint8Array()

function blankSignature(): Uint8Array {
  if (blanks.length === 0) blanks = new Uint8Array(BLANK_SIGNATURES * SIGNATURE_BYTES)
  const signature = blanks.subarray(0, SIGNATURE_BYTES)
  blanks = blanks.subarray(SIGNATURE_BYTES)
  return signature
}

export function testSign(id: number, type: MessageType, content: Uint8Array): Uint8Array {
  const signature = blankSignature()
  signature.set(keyedHash(SIGNING_KEYS[id] ?? testKey(id), signingContext(type), content))
  return signature
}

export const testVerify: Verify = async (publicKey, context, message, signature) =>
  verifyTestSignature(publicKey, context, message, signature)

export function verifyTestSignature(
  publicKey: Uint8Array,
  context: string,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return equalBytes(signature.subarray(0, KEYED_HASH_BYTES), keyedHash(publicKey, context, message))
}

export const KEYED_HASH: TestSignatures = { publicKey: testKey, sign: testSign, verify: testVerify }

interface World {
  readonly options: ClusterOptions
  readonly signatures: TestSignatures
  readonly membership: Membership
  readonly prng: Prng
  readonly faults: Fault[]
  readonly queue: EventQueue
  readonly gate: VirtualGate
  readonly compose: ComposeBlock
  readonly nodes: ClusterNode[]
  events: number
  now: MonoNs
}

export function createReplicaCluster(options: ClusterOptions): ReplicaCluster {
  bringSha2(NATIVE_SHA2)
  const { n, seed, signatures = KEYED_HASH, memo = 'on' } = options
  const membership = testMembership(n, signatures, options.attestation && TEST_TERMS)
  const identity = { cluster: membership.cluster, membershipHash: membershipHash(membership), n }
  const faults: Fault[] = []
  const world: World = {
    options,
    signatures,
    membership,
    prng: createPrng(seed),
    faults,
    queue: createEventQueue(),
    gate: createVirtualGate({
      membership,
      identity,
      verify: signatures.verify,
      refused: (fault) => faults.push(fault),
    }),
    compose: createSharedCompose(memo),
    nodes: [],
    events: 0,
    now: monoNs(0n),
  }
  for (const [id, member] of [...Array.from({ length: n }, (_, id) => id), ...(options.twins ?? [])].entries()) {
    const journal = createVirtualJournal()
    const clock = options.oscillator?.(id) ?? VIRTUAL_TIME
    const node = { id, member, clock, up: false, boots: 0, journal, commits: [], evidence: [], unjournalled: [] }
    world.nodes.push(boot(world, node as unknown as ClusterNode))
  }
  return {
    membership,
    nodes: world.nodes,
    faults: world.faults,
    get events() {
      return world.events
    },
    now: () => world.now,
    run: (durationNs) => runUntil(world, plus(world.now, durationNs)),
    crash: (id) => {
      const node = world.nodes[id]
      if (node !== undefined) node.up = false
    },
    restart: (id) => {
      const node = world.nodes[id]
      if (node !== undefined && !node.up) boot(world, node)
    },
    tellTime: (id) => {
      const node = world.nodes[id]
      if (node?.up === true) tellTime(world, node)
    },
    later: (durationNs, act) => world.queue.add({ at: plus(world.now, durationNs), run: act }),
    inject: (from, to, message) => transmit(world, from, to, message, world.gate.judge(from, message)),
  }
}

async function runUntil(world: World, end: MonoNs): Promise<void> {
  for (let next = world.queue.takeUntil(end); next !== undefined; next = world.queue.takeUntil(end)) {
    world.now = max(world.now, next.at)
    const over = next.run()
    if (over !== undefined) await over
  }
  world.now = end
}

function boot(world: World, node: ClusterNode): ClusterNode {
  const { membership } = world
  node.boots += 1
  node.up = true
  node.replica = createReplica(
    {
      membership,
      self: node.member,
      bootCount: node.boots,
      attestationDigest: recordOf(world, node),
      sign: (type, content) => world.signatures.sign(node.member, type, content),
      journal: node.journal.records(),
    },
    node.clock.at(world.now),
    world.compose,
  )
  node.station = world.options.station?.(node, world.now)
  node.loop = createReplicaLoop(node.replica, portsOf(world, node))
  const holes = mendCommits(node.commits, node.journal.records())
  if (holes.length > 0) node.loop.take({ type: 'holes', holes })
  tellTime(world, node)
  if (world.options.attestation !== undefined) attestLater(world, node, world.options.attestation)
  return node
}

function recordOf({ options, now }: World, { member, boots }: ClusterNode): Uint8Array | undefined {
  return options.attestation && recordAt(member, boots, options.attestation, now)
}

/** A new record whenever the one before has had its time, as long as this process lives. */
function attestLater(world: World, node: ClusterNode, attestation: VirtualAttestation): void {
  const { boots } = node
  const run = (): void => {
    if (!node.up || node.boots !== boots) return
    node.loop.take({ type: 'attested', digest: recordOf(world, node) })
    attestLater(world, node, attestation)
  }
  world.queue.add({ at: plus(world.now, attestation.refreshNs), run })
}

function tellTime(world: World, node: ClusterNode): void {
  node.loop.take({ type: 'clock', clock: epochClock(world, node) })
}

function portsOf(world: World, node: ClusterNode): ReplicaPorts {
  const { options } = world
  const { boots, clock, station } = node
  const timer = world.queue.timer(() => {
    if (!node.up || node.boots !== boots) return
    world.events += 1
    node.loop.take({ type: 'wake' })
  })
  return {
    now: () => clock.at(world.now),
    persist: (records) => persist(world, node, records),
    send: (outgoing) => {
      for (const said of options.tamper?.(node.id, outgoing) ?? [outgoing]) sendOut(world, node, said)
    },
    commit: (commit) => {
      node.commits.push(commit)
      if (station === undefined) return
      station.follow(commit, world.now)
      tellTime(world, node)
    },
    evidence: (evidence) => node.evidence.push(evidence),
    measure: (epoch) => {
      const honest =
        station === undefined
          ? honestMeasurement(node.member, options.n, world.now, trueTai(world.now))
          : station.measure(epoch, world.now)
      const { attestation } = options
      const heard = attestation === undefined ? [] : node.replica.heard(epoch - 1)
      const told = honest && attestation && { verdicts: rightVerdicts(node.member, heard, attestation) }
      const judging = honest && { ...honest, ...told }
      return judging && (options.reading?.(node.id, epoch, judging) ?? judging)
    },
    wakeAt: (at) => {
      const due = at && max(clock.whenShows(at), world.now)
      timer.arm(due && plus(due, options.latenessNs?.(node.id, world.now) ?? 0n))
    },
    halted: () => {
      node.up = false
    },
  }
}

/** Died while it wrote: the loop takes it for a failed disk, which stops it as surely. */
const DIED = fail('test.died', 'the machine died')

function persist(world: World, node: ClusterNode, records: readonly JournalRecord[]): Result<void> {
  if (!node.up) return DIED
  if (records.length === 0) return ok(undefined)
  const fate = world.options.fate?.(node.id, world.now) ?? 'lives'
  if (fate === 'torn') return DIED
  node.journal.append(records)
  world.events += 1
  if (fate === 'unsent') return DIED
  node.up = fate === 'lives'
  return ok(undefined)
}

function sendOut(world: World, node: ClusterNode, outgoing: Outgoing): void {
  const { to, message } = outgoing
  world.options.said?.(node.id, outgoing)
  if (message.kind === 'signed' && !node.journal.holds(message.value)) {
    const decoded = decodeEnvelope(message.value)
    if (decoded.ok && decoded.value.header.sender === node.member) node.unjournalled.push(decoded.value.type)
  }
  const judgement = world.gate.judge(node.member, message)
  for (const { id, member } of world.nodes) {
    if (id === node.id || (to !== 'all' && to !== member)) continue
    // A machine that dies while it sends gets some of its frames out.
    if (node.up || world.prng.nextUnit() < 0.5) transmit(world, node.id, id, message, judgement)
  }
}

function transmit(world: World, from: number, to: number, message: WireMessage, judgement: Judgement): void {
  const { options, queue } = world
  const node = world.nodes[to]
  const deliver = (): void => {
    if (node?.up !== true) return
    world.events += 1
    options.overhear?.(to, message)
    if (judgement.input === undefined) return
    const input = heardFrom(world.nodes[from]?.member ?? from, judgement.input)
    options.admitted?.(to, input)
    const answer = input.type === 'want-blocks' ? runOfCommits(node.commits, input.wanted) : undefined
    if (answer === undefined) node.loop.take(input)
    else sendOut(world, node, { to: world.nodes[from]?.member ?? from, message: answer })
  }
  const run = (): Promise<void> | void => (isSettled(judgement) ? deliver() : judgement.settled.then(deliver))
  for (const underWayNs of arrivals(world, from, to)) queue.add({ at: plus(world.now, underWayNs), run })
}

function arrivals({ options, prng, now }: World, from: number, to: number): readonly bigint[] {
  if (options.arrivals !== undefined) return options.arrivals(from, to, now)
  if (options.passes?.(from, to, now) === false) return []
  return [100_000n + ((options.delayNsMax ?? 2_000_000n) * BigInt(prng.nextBelow(1_000))) / 1_000n]
}

function trueTai(now: MonoNs): TaiNs {
  return plus(START_TAI, now)
}

function epochClock({ options, now }: World, { id, clock, station }: ClusterNode): EpochClock | undefined {
  if (station !== undefined) return station.epochClock(now)
  const monoNs = clock.at(now)
  const error = options.clockError === undefined ? { offsetNs: 0n, ratePpb: 0n } : options.clockError(id, now)
  return error && { monoNs, taiNs: plus(trueTai(now), error.offsetNs), ratePpb: error.ratePpb }
}
