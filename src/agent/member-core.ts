import { membershipHash } from '../consensus/membership.ts'
import { type ClusterIdentity, type SignedMessage, signingContext } from '../consensus/messages.ts'
import type { Input } from '../consensus/replica/types.ts'
import { createReplica, type Replica } from '../consensus/replica.ts'
import type { WireMessage } from '../consensus/wire-message.ts'
import { fail, type Result } from '../core/fault.ts'
import { between, NS_PER_MILLISECOND } from '../core/time.ts'
import { createWakeTimer, type WakeTimer } from '../device/wake-timer.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { Refusal } from '../transport/link.ts'
import type { Mesh } from '../transport/mesh.ts'
import type { SessionAttestation } from './attestation/session-attestation.ts'
import { type ClusterWatch, createClusterWatch } from './cluster-watch.ts'
import { createEpisodeKeeper } from './episode-keeper.ts'
import type { FaultLog } from './fault-log.ts'
import { type Greeting, greet } from './greet.ts'
import { createHelloExchange, type HelloExchange } from './hello-exchange.ts'
import { createInbound, type Inbound, isHostile } from './inbound.ts'
import { createLogAnswers, type LogAnswers } from './log-answers.ts'
import { findHoles } from './log-holes.ts'
import type { MemberOptions } from './member.ts'
import { sendOutgoing, sendTo } from './outbound.ts'
import { createOwnPast, type OwnPast } from './own-past.ts'
import { memberName } from './peer-events.ts'
import { createPromptVerify } from './prompt-verify.ts'
import type { RangingPort } from './ranging-port.ts'
import { createReceiveLatency } from './receive-latency.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { createReplicaLoop, type ReplicaLoop } from './replica-loop.ts'
import { createStartWatch, type StartWatch } from './start-watch.ts'
import { submitOrder } from './submit-order.ts'
import type { SuspicionsStanding } from './suspicion-watch.ts'
import { createWitness, type Witness } from './witness.ts'

/** The replica with everything around it but the sockets. */
export interface MemberCore {
  readonly replica: Replica
  readonly hello: HelloExchange
  readonly watch: ClusterWatch
  readonly attestation: SessionAttestation
  /** Judges the first frames of a connection. */
  greet(peer: number, bytes: Uint8Array): Refusal | undefined
  /** A promise holds back this peer until it is settled. */
  receive(peer: number, payload: Uint8Array): Promise<void> | undefined
  suspicions(): SuspicionsStanding
  submitOrder(bytes: Uint8Array): Promise<Result<void>>
  start(mesh: Mesh): void
  stop(): void
}

/** What the parts of a core share. */
interface Shared {
  readonly options: MemberOptions
  readonly ranging: RangingPort
  readonly cluster: ClusterIdentity
  readonly replica: Replica
  readonly latency: ReturnType<typeof createReceiveLatency>
  readonly faults: FaultLog
  readonly recorder: Recorder
  readonly answers: LogAnswers
  readonly witness: Witness
  readonly attestation: SessionAttestation
  mesh: Mesh | undefined
  stopped: boolean
}

/** As long as what came in a stall takes to be read and verified. */
const READ_FIRST_MS = 10

export function createMemberCore(options: MemberOptions, ranging: RangingPort, faults: FaultLog): MemberCore {
  const { membership } = options
  const shared = openShared(options, ranging, faults, (digest) => {
    // Who is silent yet signs with what is shown by then: `speak`.
    if (!past.isSilent()) loop.take({ type: 'attested', digest })
  })
  const { replica } = shared
  const watch = openWatch(shared)
  const wake = createWakeTimer(() => loop.take({ type: 'wake' }), READ_FIRST_MS)
  const loop = openLoop(shared, wake, watch, () => tellTime())
  const tellTime = (): void => {
    if (!past.isSilent()) loop.take({ type: 'clock', clock: options.clock.epochClock(readMonoNs()) })
  }
  const hello = openHelloExchange(shared, tellTime)
  const starts = createStartWatch({ nameOf: (id) => memberName(membership, id), faults })
  let lookTimer: NodeJS.Timeout | undefined
  const past = openOwnPast(shared, () => speak())
  const take = (input: Input): void => {
    if (shared.stopped) return
    const admitted = past.admits(input)
    // Only from its own sender: what somebody else kept and sends again says nothing of the present.
    if (isOwnHello(input)) hello.heard(input.message)
    shared.attestation.heard(input)
    if (!answerFromLog(shared, input) && admitted) loop.take(input)
  }
  const inbound = openInbound(shared, past, take)
  const speak = (): void => {
    loop.take({ type: 'attested', digest: options.attestation.digest() })
    fillHoles(shared, loop)
    shared.witness.recall(take)
    // After a change of the membership the clock is set already, and nothing else would tell the new replica.
    if (options.clock.epochClock(readMonoNs()) !== undefined) tellTime()
    loop.take({ type: 'wake' })
  }
  return {
    replica,
    hello,
    watch,
    attestation: shared.attestation,
    suspicions: shared.recorder.suspicions,
    submitOrder: (bytes) => takeOrder(options, bytes, past, take),
    greet: (peer, bytes) => greet(peer, bytes, greetingOf(shared, peer, { starts, hello, past, inbound, take })),
    receive: (peer, payload) => {
      const receivedAt = readMonoNs()
      inbound.take(peer, payload, () => shared.latency.observe(between(receivedAt, readMonoNs())))
      return inbound.relief(peer)
    },
    start: (opened) => {
      shared.mesh = opened
      hello.start()
      shared.attestation.start()
      lookTimer = setInterval(() => watch.look(readMonoNs()), Number(membership.epochPeriodNs / NS_PER_MILLISECOND))
      past.start()
    },
    stop: () => {
      shared.stopped = true
      wake.arm(undefined)
      hello.stop()
      past.stop()
      shared.attestation.stop()
      clearInterval(lookTimer)
      watch.stop(readMonoNs())
      shared.recorder.flush()
    },
  }
}

/** `attested`: from now on everything is to be signed with this record. */
function openShared(
  options: MemberOptions,
  ranging: RangingPort,
  faults: FaultLog,
  attested: (digest: Uint8Array) => void,
): Shared {
  const { membership, identity, log, report, clock } = options
  const hash = membershipHash(membership)
  const send = (to: number | 'all', message: WireMessage): void => {
    if (shared.mesh !== undefined) sendOutgoing(shared.mesh, { to, message })
  }
  const { epochClock } = clock
  // Before the replica, which begins with what counts in this session.
  const attestation = options.attestation.enter({
    membership,
    identity,
    log,
    faults,
    report,
    epochClock,
    send,
    attested,
  })
  const replica = openReplica(options)
  const shared: Shared = {
    options,
    ranging,
    cluster: { cluster: membership.cluster, membershipHash: hash, n: membership.members.length },
    replica,
    latency: createReceiveLatency(),
    faults,
    recorder: createRecorder(options, replica, faults),
    answers: createLogAnswers(log, (fault) => faults.note('decision log', fault)),
    witness: openWitness(options, faults),
    attestation,
    mesh: undefined,
    stopped: false,
  }
  return shared
}

function takeOrder(
  { membership, identity }: MemberOptions,
  bytes: Uint8Array,
  past: OwnPast,
  take: (input: Input) => void,
): Promise<Result<void>> {
  if (past.isSilent()) {
    const message = 'expected a member that may speak, got one that still asks the others what it has said before'
    return Promise.resolve(fail('member.silent', message))
  }
  return submitOrder(bytes, { membership, self: identity.member.id, verify: identity.verifier.verify, take })
}

interface Greeter {
  readonly starts: StartWatch
  readonly hello: HelloExchange
  readonly past: OwnPast
  readonly inbound: Inbound
  take(input: Input): void
}

function greetingOf(
  { options, cluster }: Shared,
  peer: number,
  { starts, hello, past, inbound, take }: Greeter,
): Greeting {
  const { membership, identity } = options
  return {
    self: identity.member.id,
    membership,
    cluster,
    verifier: identity.verifier,
    stepAfter: options.stepAfter,
    ownHello: () => hello.sign(false),
    // After the link is up: what is answered needs it.
    heard: (message) =>
      setImmediate(() => {
        starts.linked(message)
        take({ type: 'signed', from: peer, message })
        past.greeted(peer)
      }),
    shown: (frame) => inbound.take(peer, frame),
  }
}

type Signed<T extends SignedMessage['type']> = Extract<Input, { type: 'signed' }> & {
  readonly message: SignedMessage<T>
}

function isOwnHello(input: Input): input is Signed<'hello'> {
  return input.type === 'signed' && input.message.type === 'hello' && input.message.header.sender === input.from
}

function openInbound(shared: Shared, past: OwnPast, accept: (input: Input) => void): Inbound {
  const { options, cluster, faults } = shared
  const { membership, identity, root } = options
  return createInbound({
    membership,
    root,
    identity: cluster,
    verify: createPromptVerify(identity.verifier),
    needsEvidence: shared.replica.needsEvidence,
    lastWords: { self: identity.member.id, shown: past.shown },
    accept,
    acceptRecord: (from, message) => {
      if (!shared.stopped) shared.attestation.take(from, message)
    },
    refuse: (from, fault) => {
      faults.note(`peer ${memberName(membership, from)}`, fault)
      if (isHostile(fault)) shared.mesh?.bar(from, { code: 'transport.hostile', message: fault.message })
    },
  })
}

function openOwnPast(shared: Shared, opened: () => void): OwnPast {
  const { options, cluster, faults } = shared
  const { membership, identity, journal, heard, isPastKnown, alive, halted } = options
  return createOwnPast({
    membership,
    cluster,
    self: identity.member.id,
    journal,
    heard,
    faults,
    isKnown: isPastKnown,
    send: (to, message) => {
      if (shared.mesh !== undefined) sendTo(shared.mesh, to, message)
    },
    known: options.pastKnown,
    opened,
    alive,
    halted,
  })
}

function openWitness({ identity, membership, root, evidence, report }: MemberOptions, faults: FaultLog): Witness {
  const { member, verifier } = identity
  return createWitness({ self: member.id, membership, root, log: evidence, verify: verifier.verify, report, faults })
}

function openReplica({ membership, root, identity, journal, attestation }: MemberOptions): Replica {
  return createReplica(
    {
      membership,
      root,
      self: identity.member.id,
      bootCount: journal.bootCount,
      attestationDigest: attestation.digest(),
      sign: (type, content) => identity.signer.sign(signingContext(type), content),
      journal: journal.records,
    },
    readMonoNs(),
  )
}

function openWatch(shared: Shared): ClusterWatch {
  const { options, replica, faults } = shared
  const { membership, clock, report } = options
  return createClusterWatch({
    membership,
    replica,
    clock,
    episodes: createEpisodeKeeper(options.episodes, report, faults),
    peersUp: () => shared.mesh?.peers().filter(({ up }) => up).length ?? 0,
    report,
    start: readMonoNs(),
  })
}

function openLoop(shared: Shared, wake: WakeTimer, watch: ClusterWatch, tellTime: () => void): ReplicaLoop {
  const { options, ranging, replica, latency, recorder } = shared
  const loop: ReplicaLoop = createReplicaLoop(replica, {
    now: readMonoNs,
    persist: options.journal.append,
    send: (outgoing) => {
      if (shared.mesh !== undefined) sendOutgoing(shared.mesh, outgoing)
    },
    commit: (commit) => {
      recorder.commit(commit)
      ranging.follow()
      tellTime()
      if (commit.block.height > (options.root?.height ?? 0)) watch.committed(commit.block, readMonoNs())
      shared.attestation.committed(commit.block)
      loop.take({ type: 'latency', receiveP99Ns: latency.p99Ns() })
    },
    evidence: (evidence) => shared.witness.saw(evidence, replica.status().finalizedEpoch),
    measure: (epoch) => {
      options.alive()
      const now = readMonoNs()
      const verdicts = shared.attestation.verdicts()
      const measured = options.clock.measure(epoch, now, ranging.row(now), ranging.links(now), verdicts)
      ranging.follow()
      return measured
    },
    sessionEnded: options.sessionEnded,
    wakeAt: (at) => wake.arm(shared.stopped ? undefined : at),
    halted: options.halted,
  })
  return loop
}

function openHelloExchange(shared: Shared, found: () => void): HelloExchange {
  const { options, cluster, ranging, replica } = shared
  const { membership, identity, journal, clock, report } = options
  return createHelloExchange({
    membership,
    cluster,
    self: identity.member.id,
    bootCount: journal.bootCount,
    signer: identity.signer,
    clock,
    row: ranging.row,
    views: replica.status,
    send: (to, value) => {
      if (shared.mesh !== undefined) sendOutgoing(shared.mesh, { to, message: { kind: 'signed', value } })
    },
    found,
    alive: options.alive,
    report,
  })
}

/** Older blocks than the replica keeps are in the decision log. */
function answerFromLog({ mesh, answers }: Shared, input: Input): boolean {
  if (mesh === undefined || !('from' in input)) return false
  const answer = answers.answer(input, readMonoNs())
  if (answer !== undefined && answer !== 'dropped') sendTo(mesh, input.from, answer)
  return answer !== undefined
}

/** What a crash has kept out of the log is fetched like what was missed. */
function fillHoles({ options, faults }: Shared, loop: ReplicaLoop): void {
  const holes = findHoles(options.log, options.journal.records)
  if (holes.ok) loop.take({ type: 'holes', holes: holes.value })
  else faults.note('decision log', holes.fault)
}
