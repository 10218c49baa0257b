import { createInbound } from '../../src/agent/inbound.ts'
import { createReplicaLoop, type ReplicaLoop } from '../../src/agent/replica-loop.ts'
import { blockCodec } from '../../src/consensus/block.ts'
import type { Evidence } from '../../src/consensus/evidence.ts'
import { type Member, type Membership, PUBLIC_KEY_BYTES } from '../../src/consensus/membership.ts'
import { type MembershipOrder, membershipOrderCodec } from '../../src/consensus/membership-order.ts'
import { decodeEnvelope } from '../../src/consensus/messages.ts'
import type { Commit, EpochClock, Input, JournalRecord, Outgoing } from '../../src/consensus/replica/types.ts'
import { createReplica, type Replica } from '../../src/consensus/replica.ts'
import type { Session } from '../../src/consensus/session.ts'
import { createSessionChain, type SessionChain, verifySessionChain } from '../../src/consensus/session-chain.ts'
import { sessionStepCodec, type VerifiedStep, verifySessionStep } from '../../src/consensus/session-step.ts'
import { encodeWireMessage, runOf, type WireMessage } from '../../src/consensus/wire-message.ts'
import { equalBytes, toHex, utf8 } from '../../src/core/bytes.ts'
import { decode, encode } from '../../src/core/encoding.ts'
import { type Fault, fail, ok, type Result } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { max } from '../../src/core/integer.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import { type MonoNs, monoNs, plus } from '../../src/core/time.ts'
import { mendCommits } from './commit-holes.ts'
import { createEventQueue, type EventQueue } from './event-queue.ts'
import { type Fate, START_TAI, testMembership, testSign, testVerify } from './replica-cluster.ts'
import { unwrap } from './results.ts'
import { testOperators } from './test-orders.ts'
import { createVirtualJournal, type VirtualJournal } from './virtual-journal.ts'
import { honestMeasurement } from './virtual-measurement.ts'

/**
 * Appliances on virtual time whose membership changes: each has the key of its number and goes from session to session as
 * its replica says, with a journal for each. A frame between two that are in different sessions is lost, as on a link that
 * does not come up, and the one that is further shows the other how its session has ended.
 */
export interface SessionCluster {
  readonly genesis: Membership
  readonly nodes: ReadonlyMap<number, SessionNode>
  readonly faults: readonly Fault[]
  now(): MonoNs
  run(durationNs: bigint): Promise<void>
  crash(key: number): void
  restart(key: number): void
  /** Starts a new appliance from the genesis and the steps that another one knows. */
  join(key: number, from: number): Promise<void>
  /** Brings an appliance that is no member the steps that another one knows, as an operator does. */
  carry(key: number, from: number): Promise<void>
  submit(key: number, order: MembershipOrder): void
  /** Puts a frame on the wire as if the appliance `from` had sent it. */
  inject(from: number, to: number, message: WireMessage): void
}

export interface SessionNode {
  readonly key: number
  readonly chain: SessionChain
  /** Undefined when it is no member of its present session. */
  replica: Replica | undefined
  loop: ReplicaLoop | undefined
  up: boolean
  boots: number
  /** By membership hash. */
  readonly journals: Map<string, VirtualJournal>
  readonly commits: Commit[]
  readonly evidence: Evidence[]
  /** What it said under a membership whose end it had in its journal. */
  readonly afterEnd: string[]
}

export interface SessionClusterOptions {
  readonly seed: number
  readonly n: number
  readonly delayNsMax?: bigint
  passes?(from: number, to: number, now: MonoNs, message: WireMessage): boolean
  fate?(key: number, now: MonoNs, records: readonly JournalRecord[]): Fate
  clockErrorNs?(key: number, now: MonoNs): bigint
  /** What an appliance sends in the place of what its replica says. */
  tamper?(node: SessionNode, outgoing: Outgoing): readonly Outgoing[]
}

/** The member that the appliance with this key is, wherever it stands in the membership. */
export function memberOf(key: number): Member {
  return {
    id: 0,
    name: `node${key}`,
    site: `site${key}`,
    signingKey: new Uint8Array(PUBLIC_KEY_BYTES).fill(key + 1),
    tlsKeyHash: sha384(utf8(`tls ${key}`)),
  }
}

interface World {
  readonly options: SessionClusterOptions
  readonly prng: Prng
  readonly queue: EventQueue
  readonly nodes: Map<number, SessionNode>
  readonly faults: Fault[]
  /** When one appliance last showed another how its session has ended. */
  readonly shownAt: Map<string, MonoNs>
  now: MonoNs
}

export function createSessionCluster(options: SessionClusterOptions): SessionCluster {
  const genesis = { ...testMembership(options.n), operators: testOperators(3), operatorThreshold: 2 }
  const world: World = {
    options,
    prng: createPrng(options.seed),
    queue: createEventQueue(),
    nodes: new Map(),
    faults: [],
    shownAt: new Map(),
    now: monoNs(0n),
  }
  for (let key = 0; key < options.n; key++) boot(world, addNode(world, key, createSessionChain(genesis)))
  return {
    genesis,
    nodes: world.nodes,
    faults: world.faults,
    now: () => world.now,
    run: (durationNs) => runUntil(world, plus(world.now, durationNs)),
    crash: (key) => {
      const node = world.nodes.get(key)
      if (node !== undefined) node.up = false
    },
    restart: (key) => {
      const node = world.nodes.get(key)
      if (node !== undefined && !node.up) boot(world, node)
    },
    join: async (key, from) => {
      const steps = world.nodes.get(from)?.chain.steps ?? []
      boot(world, addNode(world, key, unwrap(await verifySessionChain(genesis, steps, testVerify))))
    },
    carry: async (key, from) => {
      const node = world.nodes.get(key)
      const known = world.nodes.get(from)?.chain.steps ?? []
      if (node === undefined || node.replica !== undefined || known.length <= node.chain.steps.length) return
      for (const bytes of known.slice(node.chain.steps.length)) {
        const step = unwrap(decode(sessionStepCodec, bytes, 'step'))
        goOn(node, unwrap(await verifySessionStep(step, node.chain.present, testVerify)))
      }
      if (node.up) enter(world, node)
    },
    submit: (key, order) => {
      const node = world.nodes.get(key)
      const self = node && selfOf(node)
      if (node === undefined || self === undefined) throw new Error(`expected a member, got appliance ${key}`)
      const message: WireMessage = { kind: 'order', value: encode(membershipOrderCodec, order) }
      world.queue.add({ at: world.now, run: () => deliver(world, node, self, message) })
    },
    inject: (from, to, message) => {
      const sender = world.nodes.get(from)
      if (sender !== undefined) transmit(world, sender, to, message)
    },
  }
}

function addNode(world: World, key: number, chain: SessionChain): SessionNode {
  const node = {
    key,
    chain,
    replica: undefined,
    loop: undefined,
    up: false,
    boots: 0,
    journals: new Map<string, VirtualJournal>(),
    commits: [],
    evidence: [],
    afterEnd: [],
  }
  world.nodes.set(key, node)
  return node
}

async function runUntil(world: World, end: MonoNs): Promise<void> {
  for (let next = world.queue.takeUntil(end); next !== undefined; next = world.queue.takeUntil(end)) {
    world.now = max(world.now, next.at)
    await next.run()
  }
  world.now = end
}

/** Its member id in its present session. */
function selfOf({ key, chain }: SessionNode): number | undefined {
  const { signingKey } = memberOf(key)
  return chain.present.membership.members.find((member) => equalBytes(member.signingKey, signingKey))?.id
}

function keyOf(member: Member | undefined): number {
  return (member?.signingKey[0] ?? 0) - 1
}

function journalOf(node: SessionNode, session: Session): VirtualJournal {
  const known = node.journals.get(toHex(session.hash))
  if (known !== undefined) return known
  const journal = createVirtualJournal()
  node.journals.set(toHex(session.hash), journal)
  return journal
}

function boot(world: World, node: SessionNode): void {
  node.boots += 1
  node.up = true
  enter(world, node)
}

/** Into the present session, as a member or as one that is none any more. */
function enter(world: World, node: SessionNode): void {
  const { present } = node.chain
  const self = selfOf(node)
  node.replica = undefined
  node.loop = undefined
  if (self === undefined) return
  const journal = journalOf(node, present)
  node.replica = createReplica(
    {
      membership: present.membership,
      root: present.root,
      self,
      bootCount: node.boots,
      attestationDigest: undefined,
      sign: (type, content) => testSign(node.key, type, content),
      journal: journal.records(),
    },
    world.now,
  )
  node.loop = openLoop(world, node, node.replica, present, self)
  const holes = mendCommits(node.commits, journal.records())
  if (holes.length > 0) node.loop.take({ type: 'holes', holes })
  node.loop.take({ type: 'clock', clock: epochClock(world, node) })
}

const DIED = fail('test.died', 'the machine died')

function openLoop(world: World, node: SessionNode, replica: Replica, session: Session, self: number): ReplicaLoop {
  const { options } = world
  const { boots } = node
  let wakes = 0
  const isCurrent = (): boolean => node.up && node.boots === boots && node.replica === replica
  return createReplicaLoop(replica, {
    now: () => world.now,
    persist: (records) => persist(world, node, session, records),
    send: (outgoing) => {
      for (const said of options.tamper?.(node, outgoing) ?? [outgoing]) sendOut(world, node, session, said)
    },
    commit: (commit) => node.commits.push(commit),
    evidence: (evidence) => node.evidence.push(evidence),
    measure: () => honestMeasurement(self, session.membership.members.length, world.now, plus(START_TAI, world.now)),
    sessionEnded: (verified) => changeSession(world, node, replica, verified),
    wakeAt: (at) => {
      wakes += 1
      const ticket = wakes
      if (at === undefined) return
      const run = (): void => {
        if (isCurrent() && ticket === wakes) node.loop?.take({ type: 'wake' })
      }
      world.queue.add({ at: max(at, world.now), run })
    },
    halted: () => {
      node.up = false
    },
  })
}

function goOn(node: SessionNode, verified: VerifiedStep): void {
  node.chain.append(verified)
  const { change, changeHash } = verified
  if (node.commits.every(({ block }) => block.height !== change.height)) {
    node.commits.push({ block: change, blockHash: changeHash, votes: undefined })
  }
}

/** The next session starts once the loop has done with the step that ended the present one. */
function changeSession(world: World, node: SessionNode, replica: Replica | undefined, verified: VerifiedStep): void {
  const { boots } = node
  const run = (): void => {
    if (!node.up || node.boots !== boots || node.replica !== replica) return
    goOn(node, verified)
    enter(world, node)
  }
  world.queue.add({ at: world.now, run })
}

function persist(world: World, node: SessionNode, session: Session, records: readonly JournalRecord[]): Result<void> {
  if (!node.up) return DIED
  if (records.length === 0) return ok(undefined)
  const fate = world.options.fate?.(node.key, world.now, records) ?? 'lives'
  if (fate === 'torn') return DIED
  journalOf(node, session).append(records)
  if (fate === 'unsent') return DIED
  node.up = fate === 'lives'
  return ok(undefined)
}

function sendOut(world: World, node: SessionNode, session: Session, { to, message }: Outgoing): void {
  noteSpeech(node, session, message)
  for (const member of session.membership.members) {
    const key = keyOf(member)
    if (key === node.key || (to !== 'all' && to !== member.id)) continue
    if (node.up || world.prng.nextUnit() < 0.5) transmit(world, node, key, message)
  }
}

function noteSpeech(node: SessionNode, session: Session, message: WireMessage): void {
  if (message.kind !== 'signed') return
  const journal = journalOf(node, session)
  const decoded = unwrap(decodeEnvelope(message.value))
  const isOwn = keyOf(session.membership.members[decoded.header.sender]) === node.key
  const said = journal.history.findIndex(({ bytes }) => equalBytes(bytes, message.value))
  const end = journal.history.findIndex(({ kind }) => kind === 'session-end')
  if (isOwn && end >= 0 && said > end) node.afterEnd.push(`${decoded.type} in session ${session.membership.session}`)
  if (isOwn && said < 0) node.afterEnd.push(`${decoded.type} that was never durable`)
}

function transmit(world: World, sender: SessionNode, to: number, message: WireMessage): void {
  const { options, prng, queue } = world
  const session = sender.chain.present
  const from = selfOf(sender)
  if (options.passes?.(sender.key, to, world.now, message) === false) return
  const underWayNs = 100_000n + ((options.delayNsMax ?? 2_000_000n) * BigInt(prng.nextBelow(1_000))) / 1_000n
  const run = (): Promise<void> | void => {
    const node = world.nodes.get(to)
    if (node?.up !== true) return
    if (equalBytes(session.hash, node.chain.present.hash)) return deliver(world, node, from ?? 0, message)
    showEnd(world, node, sender)
    showEnd(world, sender, node)
  }
  queue.add({ at: plus(world.now, underWayNs), run })
}

/** A Hello under an earlier membership of the chain is answered with how its session has ended. */
function showEnd(world: World, knowing: SessionNode, other: SessionNode): void {
  const step = knowing.chain.stepAfter(other.chain.present.hash)
  const pair = `${knowing.key} ${other.key}`
  const before = world.shownAt.get(pair)
  if (step === undefined || !knowing.up || (before !== undefined && world.now - before < 50_000_000n)) return
  world.shownAt.set(pair, world.now)
  const message: WireMessage = { kind: 'session-step', value: step }
  if (world.options.passes?.(knowing.key, other.key, world.now, message) === false) return
  const { hash } = other.chain.present
  const run = (): Promise<void> | void =>
    other.up && equalBytes(hash, other.chain.present.hash) ? deliver(world, other, 0, message) : undefined
  world.queue.add({ at: plus(world.now, 1_000_000n), run })
}

/** Through the gate of the session that the receiver is in. */
async function deliver(world: World, node: SessionNode, from: number, message: WireMessage): Promise<void> {
  const { present } = node.chain
  const input = await new Promise<Input | undefined>((resolve) => {
    createInbound({
      membership: present.membership,
      root: present.root,
      identity: {
        cluster: present.membership.cluster,
        membershipHash: present.hash,
        n: present.membership.members.length,
      },
      verify: testVerify,
      accept: resolve,
      refuse: (_from, fault) => {
        world.faults.push(fault)
        resolve(undefined)
      },
    }).take(from, encodeWireMessage(message))
  })
  if (input === undefined || !node.up || !equalBytes(node.chain.present.hash, present.hash)) return
  const answer = answerFromLog(node, input)
  const asker = present.membership.members[from]
  if (answer !== undefined) transmit(world, node, keyOf(asker), answer)
  else if (node.loop !== undefined) node.loop.take(input)
  else if (input.type === 'session-step') changeSession(world, node, undefined, input.verified)
}

/** What an appliance reads from its decision log. */
function answerFromLog({ commits }: SessionNode, input: Input): WireMessage | undefined {
  if (input.type !== 'want-blocks') return undefined
  const run: Uint8Array[] = []
  for (let wanted = input.wanted.newest; run.length < input.wanted.count; ) {
    const found = commits.find(({ blockHash }) => equalBytes(blockHash, wanted))
    if (found === undefined) break
    run.push(encode(blockCodec, found.block))
    wanted = found.block.parent
  }
  return run.length === 0 ? undefined : { kind: 'blocks', value: runOf(run) }
}

function epochClock({ options, now }: World, { key }: SessionNode): EpochClock {
  const taiNs = plus(START_TAI, now + (options.clockErrorNs?.(key, now) ?? 0n))
  return { monoNs: now, taiNs, ratePpb: 0n }
}
