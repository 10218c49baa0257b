import type { Membership } from '../consensus/membership.ts'
import type { ClusterIdentity, SignedMessage } from '../consensus/messages.ts'
import type { RangingEntry } from '../consensus/proposal.ts'
import { between, type MonoNs, NS_PER_MILLISECOND } from '../core/time.ts'
import type { Signer } from '../crypto/signature.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { Report } from './agent-event.ts'
import { createEpochBootstrap } from './epoch-bootstrap.ts'
import { signHello } from './hello.ts'
import type { MemberClock } from './member-clock.ts'

/**
 * Finds out which epoch it is: sends signed Hellos with the own clocks until those of q members, ranged, agree to within
 * a quarter of an epoch; answers the Hellos of members that still need that.
 */
export interface HelloExchange {
  /** A Hello of this moment, as an envelope. */
  sign(answerWanted: boolean): Uint8Array
  heard(message: SignedMessage<'hello'>): void
  start(): void
  stop(): void
}

export interface HelloExchangeOptions {
  readonly membership: Membership
  readonly cluster: ClusterIdentity
  readonly self: number
  readonly bootCount: number
  readonly signer: Signer
  readonly clock: MemberClock
  row(now: MonoNs): readonly RangingEntry[]
  views(): { readonly view: number; readonly finalizedView: number }
  send(to: number | 'all', envelope: Uint8Array): void
  /** The epoch clock has just been set. */
  found(): void
  alive(): void
  readonly report: Report
}

const REPEAT_MS = 400
/** How often it is looked at whether certificates still steer. */
const LOOK_MS = 2_000
/** One answer to a peer per this time, whatever it asks. */
const ANSWER_NS_MIN = 200n * NS_PER_MILLISECOND

export function createHelloExchange(options: HelloExchangeOptions): HelloExchange {
  const { membership, cluster, self, bootCount, signer, clock, report } = options
  const bootstrap = createEpochBootstrap(membership)
  const answeredAt = new Map<number, MonoNs>()
  let timer: NodeJS.Timeout | undefined
  let waitingFor: string | undefined

  const sign = (answerWanted: boolean): Uint8Array => {
    const { view, finalizedView } = options.views()
    const reading = clock.reading(readMonoNs())
    return signHello(cluster, self, bootCount, signer, {
      era: membership.era,
      clock: reading,
      view,
      finalizedView,
      answerWanted,
    })
  }
  const isSet = (now: MonoNs): boolean => clock.epochClock(now) !== undefined && !clock.isAdrift(now)

  const attempt = (): void => {
    const now = readMonoNs()
    if (isSet(now)) {
      timer = setTimeout(attempt, LOOK_MS)
      return
    }
    options.alive()
    const solved = bootstrap.solve(clock.observer(now, options.row(now)))
    if (solved.ok) {
      clock.bootstrap(solved.value, now)
      if (waitingFor !== undefined)
        report({ type: 'epoch-clock', state: 'set', reason: 'the clocks of a quorum agree' })
      waitingFor = undefined
      options.found()
    } else if (solved.fault.message !== waitingFor) {
      waitingFor = solved.fault.message
      report({ type: 'epoch-clock', state: 'waiting', reason: waitingFor })
    }
    options.send('all', sign(!solved.ok))
    timer = setTimeout(attempt, solved.ok ? LOOK_MS : REPEAT_MS)
  }

  return {
    sign,
    heard: ({ header, body }) => {
      bootstrap.heard(header.sender, header.bootCount, body.clock)
      const now = readMonoNs()
      const before = answeredAt.get(header.sender)
      if (!body.answerWanted || (before !== undefined && between(before, now) < ANSWER_NS_MIN)) return
      answeredAt.set(header.sender, now)
      options.send(header.sender, sign(false))
    },
    start: attempt,
    stop: () => clearTimeout(timer),
  }
}
