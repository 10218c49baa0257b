import { createInbound, type Inbound } from '../../src/agent/inbound.ts'
import { createReplicaLoop, type ReplicaLoop, type ReplicaPorts } from '../../src/agent/replica-loop.ts'
import { type Membership, membershipHash, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../../src/consensus/membership.ts'
import { type MessageType, signingContext } from '../../src/consensus/messages.ts'
import type { Verify } from '../../src/consensus/quorum-certificate.ts'
import type { Commit, Evidence, JournalRecord, Measurement, Outgoing } from '../../src/consensus/replica/types.ts'
import { createReplica, type Replica } from '../../src/consensus/replica.ts'
import { encodeWireMessage, type WireMessage } from '../../src/consensus/wire-message.ts'
import { equalBytes, utf8 } from '../../src/core/bytes.ts'
import type { Fault } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { max } from '../../src/core/integer.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import { type MonoNs, monoNs, plus, rangingNs, type TaiNs, taiNs } from '../../src/core/time.ts'

/**
 * A cluster of real replicas on virtual time: real messages, real gate, real loop; only signatures are a keyed hash,
 * and network, disk and clocks are what the test says. One seed gives one run.
 */
export interface ReplicaCluster {
  readonly membership: Membership
  readonly nodes: readonly ClusterNode[]
  now(): MonoNs
  /** Delivers everything that happens within `durationNs`. */
  run(durationNs: bigint): Promise<void>
  crash(id: number): void
  /** Starts a crashed node again from what its journal holds. */
  restart(id: number): void
  /** Puts a frame on the wire as if `from` had sent it. */
  inject(from: number, to: number, message: WireMessage): void
  readonly faults: readonly Fault[]
}

export interface ClusterNode {
  readonly id: number
  replica: Replica
  loop: ReplicaLoop
  up: boolean
  boots: number
  readonly journal: JournalRecord[]
  readonly commits: Commit[]
  readonly evidence: Evidence[]
}

export interface ClusterOptions {
  readonly n: number
  readonly seed: number
  readonly delayNsMax?: bigint
  /** Whether a frame from one node to another arrives. */
  passes?(from: number, to: number, now: MonoNs): boolean
  /** Changes what a node says of its clocks. */
  reading?(id: number, epoch: number, honest: Measurement): Measurement
}

/** Nanoseconds of TAI at virtual instant 0, and the epoch period. */
export const START_TAI = taiNs(1_000_000_000_000n)
const PERIOD_NS = 1_000_000_000n

interface Scheduled {
  readonly at: MonoNs
  readonly order: number
  run(): void
}

export function testMembership(n: number): Membership {
  return {
    format: 'quorumtime-genesis-1',
    cluster: 'test',
    era: 1,
    genesisTai: START_TAI,
    epochPeriodNs: PERIOD_NS,
    rulesVersion: 1,
    targetPrecisionNs: 1_000n,
    acceptSingleDomain: ['gnss'],
    members: Array.from({ length: n }, (_, id) => ({
      id,
      name: `node${id}`,
      site: `site${id}`,
      signingKey: testKey(id),
      tlsKeyHash: sha384(utf8(`tls ${id}`)),
    })),
  }
}

/** A public key that is also the secret of the keyed hash which stands in for ML-DSA-87. */
export function testKey(id: number): Uint8Array {
  return new Uint8Array(PUBLIC_KEY_BYTES).fill(id + 1)
}

export function testSign(id: number, type: MessageType, content: Uint8Array): Uint8Array {
  const signature = new Uint8Array(SIGNATURE_BYTES)
  signature.set(sha384(testKey(id), utf8(signingContext(type)), content))
  return signature
}

export const testVerify: Verify = async (publicKey, context, message, signature) =>
  equalBytes(signature.subarray(0, 48), sha384(publicKey, utf8(context), message))

export function createReplicaCluster(options: ClusterOptions): ReplicaCluster {
  const membership = testMembership(options.n)
  const world: World = {
    options,
    membership,
    prng: createPrng(options.seed),
    faults: [],
    queue: [],
    gates: [],
    order: 0,
    now: monoNs(0n),
  }
  const nodes = Array.from({ length: options.n }, (_, id) => {
    return { id, up: false, boots: 0, journal: [], commits: [], evidence: [] } as unknown as ClusterNode
  })
  const deliver: Deliver = (from, to, frame) => {
    if (options.passes?.(from, to, world.now) === false) return
    schedule(world, plus(world.now, delayNs(world.prng, options.delayNsMax ?? 2_000_000n)), () => {
      if (nodes[to]?.up === true) world.gates[to]?.take(from, frame)
    })
  }
  for (const node of nodes) boot(world, node, deliver)
  return {
    membership,
    nodes,
    faults: world.faults,
    now: () => world.now,
    run: (durationNs) => runUntil(world, plus(world.now, durationNs)),
    crash: (id) => {
      const node = nodes[id]
      if (node !== undefined) node.up = false
    },
    restart: (id) => {
      const node = nodes[id]
      if (node !== undefined && !node.up) boot(world, node, deliver)
    },
    inject: (from, to, message) => deliver(from, to, encodeWireMessage(message)),
  }
}

interface World {
  readonly options: ClusterOptions
  readonly membership: Membership
  readonly prng: Prng
  readonly faults: Fault[]
  readonly queue: Scheduled[]
  readonly gates: Inbound[]
  order: number
  now: MonoNs
}

type Deliver = (from: number, to: number, frame: Uint8Array) => void

function schedule(world: World, at: MonoNs, run: () => void): void {
  world.order += 1
  world.queue.push({ at, order: world.order, run })
}

async function runUntil(world: World, end: MonoNs): Promise<void> {
  for (let next = takeEarliest(world.queue, end); next !== undefined; next = takeEarliest(world.queue, end)) {
    world.now = max(world.now, next.at)
    next.run()
    // The gate verifies asynchronously; its promises settle before the next event.
    for (let turn = 0; turn < 12; turn++) await Promise.resolve()
  }
  world.now = end
}

function boot(world: World, node: ClusterNode, deliver: Deliver): void {
  const { membership, options } = world
  node.boots += 1
  node.up = true
  const boots = node.boots
  const sign = (type: MessageType, content: Uint8Array): Uint8Array => testSign(node.id, type, content)
  const journal = [...node.journal]
  node.replica = createReplica(
    { membership, self: node.id, bootCount: boots, attestationDigest: undefined, sign, journal },
    world.now,
  )
  const alive = (): boolean => node.up && node.boots === boots
  const loop = createReplicaLoop(
    node.replica,
    portsOf(world, node, deliver, (at, ticket) => {
      schedule(world, max(at, world.now), () => {
        if (alive() && ticket()) loop.take({ type: 'wake' })
      })
    }),
  )
  node.loop = loop
  world.gates[node.id] = createInbound({
    membership,
    identity: { cluster: membership.cluster, membershipHash: membershipHash(membership), n: options.n },
    verify: testVerify,
    accept: (input) => {
      if (alive()) loop.take(input)
    },
    refuse: (_from, fault) => world.faults.push(fault),
  })
  loop.take({ type: 'clock', clock: { monoNs: world.now, taiNs: trueTai(world.now), ratePpb: 0n } })
}

function portsOf(
  world: World,
  node: ClusterNode,
  deliver: Deliver,
  wake: (at: MonoNs, isCurrent: () => boolean) => void,
): ReplicaPorts {
  let wakes = 0
  return {
    now: () => world.now,
    persist: (records) => {
      node.journal.push(...records)
      return { ok: true, value: undefined }
    },
    send: (outgoing) => sendOut(world.options.n, node.id, outgoing, deliver),
    commit: (commit) => node.commits.push(commit),
    evidence: (evidence) => node.evidence.push(evidence),
    measure: (epoch) => {
      const honest = honestMeasurement(node.id, world.options.n, world.now)
      return world.options.reading?.(node.id, epoch, honest) ?? honest
    },
    wakeAt: (at) => {
      wakes += 1
      const ticket = wakes
      if (at !== undefined) wake(at, () => ticket === wakes)
    },
    halted: (fault) => world.faults.push(fault),
  }
}

function sendOut(
  n: number,
  from: number,
  { to, message }: Outgoing,
  deliver: (from: number, to: number, frame: Uint8Array) => void,
): void {
  const frame = encodeWireMessage(message)
  for (let id = 0; id < n; id++) if (id !== from && (to === 'all' || to === id)) deliver(from, id, frame)
}

function takeEarliest(queue: Scheduled[], end: MonoNs): Scheduled | undefined {
  let best = -1
  for (const [index, item] of queue.entries()) {
    if (item.at > end) continue
    const known = queue[best]
    if (known === undefined || item.at < known.at || (item.at === known.at && item.order < known.order)) best = index
  }
  return best < 0 ? undefined : queue.splice(best, 1)[0]
}

function delayNs(prng: Prng, delayNsMax: bigint): bigint {
  return 100_000n + (delayNsMax * BigInt(prng.nextBelow(1_000))) / 1_000n
}

function trueTai(now: MonoNs): TaiNs {
  return plus(START_TAI, now)
}

/** Clocks of different zero, all right: R_i = mono + 1000 s·i; ranging knows the difference to 30 µs. */
function honestMeasurement(id: number, n: number, now: MonoNs): Measurement {
  const zeroNs = (node: number): bigint => BigInt(node) * 1_000_000_000_000n
  return {
    bootId: new Uint8Array(16).fill(id + 1),
    segment: 1,
    rangingNs: rangingNs(now + zeroNs(id)),
    nodeClock: { taiNs: plus(trueTai(now), BigInt(id) * 10n), boundNs: 500n },
    rangingRatePpb: 200n,
    mode: 'locked',
    sources: [{ name: 'gnss0', class: 'gnss', domain: 'gnss', state: 'selected', offsetNs: 0n }],
    ranging: Array.from({ length: n }, (_, peer) => peer)
      .filter((peer) => peer !== id)
      .map((peer) => ({
        peer,
        bootId: new Uint8Array(16).fill(peer + 1),
        segment: 1,
        phiNs: zeroNs(peer) - zeroNs(id),
        uncertaintyNs: 30_000n,
        ageNs: 100_000_000n,
      })),
    links: [],
    leap: undefined,
    stampRoot: undefined,
  }
}
