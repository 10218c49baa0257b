import { splitAddress } from '../config/address.ts'
import type { Configuration } from '../config/schema.ts'
import type { ChainRoot } from '../consensus/block.ts'
import type { Membership } from '../consensus/membership.ts'
import type { ReplicaStatus } from '../consensus/replica.ts'
import type { VerifiedStep } from '../consensus/session-step.ts'
import { type Fault, ok, type Result } from '../core/fault.ts'
import type { RangingClock } from '../fusion/ranging-clock.ts'
import type { DecisionLog } from '../ledger/decision-log.ts'
import type { EpisodeLog } from '../ledger/episode-log.ts'
import type { EvidenceLog } from '../ledger/evidence-log.ts'
import type { HeardLog } from '../ledger/heard-log.ts'
import type { SafetyJournal } from '../ledger/safety-journal.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { LinkReport } from '../ranging/link-book.ts'
import type { InboundCounts } from '../transport/inbound-counts.ts'
import { createMesh, type PeerStatus } from '../transport/mesh.ts'
import type { Report } from './agent-event.ts'
import type { Attestation } from './attestation/attestation.ts'
import { type AttestationStanding, describeAttestation } from './attestation/describe.ts'
import { createFaultLog } from './fault-log.ts'
import type { Identity } from './identity.ts'
import type { MemberClock } from './member-clock.ts'
import { createMemberCore } from './member-core.ts'
import type { PeerEntry } from './peer-directory.ts'
import { createPeerEvents, memberName } from './peer-events.ts'
import { openRangingPort, type RangingStanding } from './ranging-port.ts'
import type { SuspicionsStanding } from './suspicion-watch.ts'

/** The cluster half: links, ranging, and the replica that agrees with the others once per epoch. */
export interface Member {
  status(): ReplicaStatus
  /** Names of the members that are proven to have lied. */
  convicted(): readonly string[]
  peers(): readonly PeerReport[]
  faultCounts(): Readonly<Record<string, number>>
  /** How this appliance stands to its cluster, and what it knows of the parts of the network. */
  standing(): object
  partitions(): object
  suspicions(): SuspicionsStanding
  ranging(): RangingStanding
  /** Who came to the peer port, and what became of it. */
  peerPort(): InboundCounts
  /** What the records of the others are worth to this member. */
  attestation(): AttestationStanding
  /** Hands an encoded membership order to the cluster, once its signatures are verified. Faults: those of `submitOrder`. */
  submitOrder(bytes: Uint8Array): Promise<Result<void>>
  close(): Promise<void>
}

export interface PeerReport extends PeerStatus {
  readonly name: string
  readonly link: LinkReport | undefined
}

export interface MemberOptions {
  readonly configuration: Configuration
  readonly membership: Membership
  /** What its session starts from; undefined in the first one. */
  readonly root?: ChainRoot | undefined
  readonly identity: Identity
  readonly peers: readonly PeerEntry[]
  readonly journal: SafetyJournal
  readonly log: DecisionLog
  readonly episodes: EpisodeLog
  readonly evidence: EvidenceLog
  readonly heard: HeardLog
  /** Whether this process took part in the session before: nobody has to be asked then what it has signed in this one. */
  readonly isPastKnown: boolean
  /** The others have shown what they have heard of this member, and it may speak. */
  pastKnown(): void
  readonly clock: MemberClock
  readonly rangingClock: RangingClock
  readonly attestation: Attestation
  readonly random: () => number
  readonly report: Report
  /** Called at every epoch mark and while waiting for the first one: the loop is alive. */
  alive(): void
  /** The session is over, durably, and the next one starts from this. */
  sessionEnded(verified: VerifiedStep): void
  /** How the session of another membership has ended, for a peer that still speaks in it. */
  stepAfter(membershipHash: Uint8Array): Uint8Array | undefined
  /** The journal can not be written: nothing may be said any more. */
  halted(fault: Fault): void
}

export async function openMember(options: MemberOptions): Promise<Result<Member>> {
  const { configuration, membership, identity, peers, rangingClock, report } = options
  const faults = createFaultLog(report)
  const self = identity.member.id
  const ranging = await openRangingPort({
    self,
    peers,
    listen: splitRanging(configuration.cluster.rangingListen),
    stamps: configuration.cluster.rangingStamps,
    interface: configuration.cluster.rangingInterface,
    clock: rangingClock,
    seed: Math.floor(options.random() * 2 ** 32),
    onFault: (fault) => faults.note('ranging', fault),
    onPacketFault: (fault, times) => faults.count('ranging', fault.code, times),
  })
  if (!ranging.ok) return ranging
  const core = createMemberCore(options, ranging.value, faults)
  const mesh = await createMesh({
    self,
    peers,
    identity: identity.tls,
    listen: splitAddress(configuration.cluster.listen),
    random: options.random,
    helloPayload: () => core.hello.sign(false),
    acceptHello: (peer, bytes) => core.greet(peer, bytes),
    onFrame: (peer, payload) => core.receive(peer, payload),
    onPeer: createPeerEvents({ membership, ranging: ranging.value, report, faults }),
    onRefused: (fault) => faults.note('peer port', fault),
  })
  if (!mesh.ok) {
    await ranging.value.close()
    return mesh
  }
  const { stamps, reason } = ranging.value.standing()
  report({ type: 'ranging', stamps, reason })
  core.start(mesh.value)
  return ok({
    status: () => core.replica.status(),
    convicted: () => core.replica.status().convicted.map((id) => memberName(membership, id)),
    peers: () => {
      const links = ranging.value.links(readMonoNs())
      return mesh.value.peers().map((peer) => ({
        ...peer,
        name: memberName(membership, peer.id),
        link: links.find((link) => link.peer === peer.id),
      }))
    },
    faultCounts: () => faults.counts(),
    standing: () => core.watch.standing(readMonoNs()),
    partitions: () => core.watch.partitions(),
    suspicions: core.suspicions,
    ranging: () => ranging.value.standing(),
    peerPort: () => mesh.value.inbound(),
    attestation: () => describeAttestation(membership, core.attestation),
    submitOrder: core.submitOrder,
    close: async () => {
      core.stop()
      await Promise.all([mesh.value.close(), ranging.value.close()])
    },
  })
}

function splitRanging(text: string): { address: string; port: number } {
  const { host, port } = splitAddress(text)
  return { address: host, port }
}
