import type { Membership } from '../consensus/membership.ts'
import type { SessionChain } from '../consensus/session-chain.ts'
import type { VerifiedStep } from '../consensus/session-step.ts'
import { equalBytes } from '../core/bytes.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { NS_PER_MILLISECOND } from '../core/time.ts'
import type { SafetyJournal } from '../ledger/safety-journal.ts'
import { alarm } from './agent-event.ts'
import { type Member, type MemberOptions, openMember } from './member.ts'
import { findOwnSession, type OwnSession } from './own-session.ts'
import { peersOfSession } from './peer-directory.ts'
import { storedDecision } from './recorder.ts'
import { writeSessions } from './session-file.ts'
import { makeSessionJournal, openSessionJournal } from './session-journal.ts'

type OfSession =
  | 'membership'
  | 'root'
  | 'identity'
  | 'peers'
  | 'journal'
  | 'sessionEnded'
  | 'stepAfter'
  | 'isPastKnown'
  | 'pastKnown'

export interface FollowingOptions extends Omit<MemberOptions, OfSession> {
  readonly chain: SessionChain
  readonly own: OwnSession
  /** That of the own session. It is this member's until it is given back, or that of a later session in its place. */
  readonly journal: SafetyJournal
  giveBack(journal: SafetyJournal, keyHash: Uint8Array): void
}

interface Following {
  readonly options: FollowingOptions
  own: OwnSession
  /** Undefined while there is none between two sessions. */
  journal: SafetyJournal | undefined
  member: Member | undefined
  /** A change that waits for its moment, and one that is under way. */
  waiting: NodeJS.Timeout | undefined
  changing: Promise<void> | undefined
  /** In some session of this process the others have shown what they had heard of this member. */
  isPastKnown: boolean
  closed: boolean
}

/**
 * How long the links of a session that is over stay up: what has ended it gets to those who have not seen it, also to those
 * who are no members any more and whom nobody will talk to then. Who was removed has lost its links within an epoch.
 */
const FAREWELL_MS_MAX = 500

function farewellMs({ epochPeriodNs }: Membership): number {
  return Math.min(FAREWELL_MS_MAX, Number(epochPeriodNs / NS_PER_MILLISECOND) / 2)
}

/**
 * The cluster half through all sessions: when one is over it closes everything that belongs to it and opens the same for the
 * next. The clock goes on, so time is served meanwhile. Every step may be the last before a crash: the journal of the old
 * session says that it is over, so the change is taken up again at the next start.
 */
export async function openFollowingMember(options: FollowingOptions): Promise<Result<Member>> {
  const following: Following = {
    options,
    own: options.own,
    journal: options.journal,
    member: undefined,
    waiting: undefined,
    changing: undefined,
    isPastKnown: false,
    closed: false,
  }
  const opened = await openPresent(following, options.journal)
  if (!opened.ok) {
    options.giveBack(options.journal, options.own.identity.keyHash)
    return opened
  }
  let member = opened.value
  const present = (): Member => {
    member = following.member ?? member
    return member
  }
  return ok({
    status: () => present().status(),
    convicted: () => present().convicted(),
    peers: () => present().peers(),
    faultCounts: () => present().faultCounts(),
    standing: () => present().standing(),
    partitions: () => present().partitions(),
    suspicions: () => present().suspicions(),
    ranging: () => present().ranging(),
    peerPort: () => present().peerPort(),
    attestation: () => present().attestation(),
    submitOrder: (bytes) =>
      following.waiting === undefined && following.changing === undefined
        ? present().submitOrder(bytes)
        : Promise.resolve(fail('session.changing', 'expected a session that goes on, got one that is just ending')),
    close: async () => {
      following.closed = true
      clearTimeout(following.waiting)
      await following.changing
      await following.member?.close()
      if (following.journal !== undefined) options.giveBack(following.journal, following.own.identity.keyHash)
    },
  })
}

async function openPresent(following: Following, journal: SafetyJournal): Promise<Result<Member>> {
  const { options, own } = following
  const { membership, root } = own.session
  const peers = peersOfSession(options.configuration, membership)
  if (!peers.ok) return peers
  for (const fault of peers.value.missing) alarm(options.report, fault)
  const opened = await openMember({
    ...options,
    membership,
    root,
    identity: own.identity,
    peers: peers.value.peers,
    journal,
    isPastKnown: following.isPastKnown,
    pastKnown: () => {
      following.isPastKnown = true
    },
    sessionEnded: (verified) => {
      if (following.closed || following.waiting !== undefined || following.changing !== undefined) return
      following.waiting = setTimeout(() => {
        following.waiting = undefined
        following.changing = change(following, verified).finally(() => {
          following.changing = undefined
        })
      }, farewellMs(membership))
    },
    stepAfter: options.chain.stepAfter,
  })
  if (opened.ok) following.member = opened.value
  return opened
}

/** Into the session after the own one, or out of the cluster. What can not be done ends the agent, and a start tries again. */
async function change(following: Following, verified: VerifiedStep): Promise<void> {
  const { options, own } = following
  const next = prepareSession(options, own, verified, following.journal?.tpmCount())
  if (!next.ok) options.halted(next.fault)
  else if (next.value !== undefined) await enter(following, next.value)
}

/**
 * Makes everything of the next session durable: the decision that has changed the membership, a journal, and last the step,
 * so that who knows the step and has no journal has lost it. Undefined when this appliance takes no part in it.
 */
function prepareSession(
  options: Pick<FollowingOptions, 'chain' | 'configuration' | 'log' | 'report'>,
  own: OwnSession,
  verified: VerifiedStep,
  tpmCount: number | undefined,
): Result<OwnSession | undefined> {
  const { chain, configuration, log, report } = options
  const { stateDirectory } = configuration.node
  const { change: block, changeHash: blockHash, next } = verified
  const kept = log.append(storedDecision({ block, blockHash, votes: undefined }))
  if (!kept.ok) return kept
  const isKnown = chain.stepAfter(own.session.hash) !== undefined
  if (!isKnown) chain.append(verified)
  const found = findOwnSession(configuration, chain, own.identity.keys)
  if (!found.ok) return found
  const goesOn = chain.sessions.indexOf(found.value.session) > chain.sessions.indexOf(own.session)
  if (goesOn && !isKnown) {
    const made = makeSessionJournal(stateDirectory, found.value, isSameKey(own, found.value) ? tpmCount : undefined)
    if (!made.ok) return made
  }
  const written = isKnown ? ok(undefined) : writeSessions(stateDirectory, chain)
  if (!written.ok) return written
  if (goesOn) return found
  alarm(report, removedFrom(own, next.membership.session))
  return ok(undefined)
}

async function enter(following: Following, own: OwnSession): Promise<void> {
  const { options } = following
  await following.member?.close()
  following.member = undefined
  following.journal?.close()
  following.journal = undefined
  const journal = await openSessionJournal(options.configuration.node.stateDirectory, own)
  if (!journal.ok) {
    options.halted(journal.fault)
    return
  }
  following.journal = journal.value
  following.own = own
  if (following.closed) return
  const { membership } = own.session
  const { id } = own.identity.member
  options.clock.enterSession(id, membership)
  const opened = await openPresent(following, journal.value)
  if (!opened.ok) {
    options.halted(opened.fault)
    return
  }
  const { session, era, members } = membership
  options.report({ type: 'session', session, era, member: id, members: members.map(({ name }) => name) })
}

/** A new key has a counter of its own. */
function isSameKey(a: OwnSession, b: OwnSession): boolean {
  return equalBytes(a.identity.keyHash, b.identity.keyHash)
}

function removedFrom({ identity }: OwnSession, session: number): Fault {
  return {
    code: 'session.removed',
    message: `${identity.member.name} is no member of session ${session} under its present keys: it takes part in no agreement any more and serves its own hardware`,
  }
}
