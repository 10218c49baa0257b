import { assert, unreachable } from '../core/assert.ts'
import type { StampKind } from '../core/stamp.ts'
import type { MonoNs } from '../core/time.ts'
import { createLinkClock, type LinkClock, type LinkClockLimits, type LinkEntry } from './link-clock.ts'
import type { PeerNews } from './link-news.ts'
import { createLinkQuality, type LinkQuality } from './link-quality.ts'
import type { RangingClock } from './stamp.ts'

/** A ranging entry of a proposal. */
export interface PeerEntry extends LinkEntry {
  readonly peer: number
}

/** The link state of a proposal, with what only this node's own pages show beside it. */
export interface LinkReport {
  readonly peer: number
  /** There is a session, and a request was answered lately. */
  readonly up: boolean
  /** The median of the window; undefined while the link is down or nothing was measured. */
  readonly roundTripNs: bigint | undefined
  readonly roundTripNsMin: bigint | undefined
  readonly lossPpm: number
  readonly stampKind: StampKind | undefined
}

/** What is known of the links to all peers: what was measured outlives the session that it was measured in. Pure. */
export interface LinkBook {
  /** Whether there is a session with the peer. What was measured in the last one ages on. */
  session(peer: number, isUp: boolean): void
  learn(news: PeerNews): void
  /** The ranging row of a proposal whose mark is `now`: sorted by peer, without the peers that have no entry. */
  row(now: MonoNs, clock: RangingClock): readonly PeerEntry[]
  /** One report for each peer, sorted by peer. */
  links(now: MonoNs): readonly LinkReport[]
}

export interface LinkBookLimits extends LinkClockLimits {
  /** A peer that answered nothing for longer than this is down: several request periods at least. */
  readonly silenceNsMax: bigint
}

const LINK_BOOK_LIMITS: LinkBookLimits = {
  samplesMax: 128,
  ageNsMax: 10_000_000_000n,
  silenceNsMax: 2_000_000_000n,
}

interface Link {
  readonly peer: number
  readonly clocks: LinkClock
  readonly quality: LinkQuality
  hasSession: boolean
}

/** `given`: whatever is not given is as in `LINK_BOOK_LIMITS`. */
export function createLinkBook(peers: readonly number[], given: Partial<LinkBookLimits> = {}): LinkBook {
  const limits: LinkBookLimits = { ...LINK_BOOK_LIMITS, ...given }
  const links = new Map(peers.toSorted((a, b) => a - b).map((peer) => [peer, createLink(peer, limits)] as const))
  const linkTo = (peer: number): Link => {
    const link = links.get(peer)
    assert(link !== undefined, `expected a peer, got member ${peer}`)
    return link
  }
  return {
    session: (peer, isUp) => {
      linkTo(peer).hasSession = isUp
    },
    learn: ({ peer, news }) => {
      const { clocks, quality } = linkTo(peer)
      if (news.type === 'sample') clocks.add(news.sample)
      else if (news.type === 'answered') quality.answered(news.at)
      else if (news.type === 'lost') quality.lost(news.count)
      else if (news.type === 'segment') clocks.follow(news.peer)
      else unreachable(news)
    },
    row: (now, clock) =>
      [...links.values()].flatMap(({ peer, clocks }) => {
        const entry = clocks.entry(now, clock)
        return entry === undefined ? [] : [{ peer, ...entry }]
      }),
    links: (now) => [...links.values()].map((link) => reportOf(link, now)),
  }
}

function createLink(peer: number, limits: LinkBookLimits): Link {
  return { peer, clocks: createLinkClock(limits), quality: createLinkQuality(limits.silenceNsMax), hasSession: false }
}

function reportOf({ peer, clocks, quality, hasSession }: Link, now: MonoNs): LinkReport {
  const up = hasSession && quality.isUp(now)
  const trips = up ? clocks.roundTrips() : undefined
  return {
    peer,
    up,
    roundTripNs: trips?.medianNs,
    roundTripNsMin: trips?.smallestNs,
    lossPpm: quality.lossPpm(),
    stampKind: trips?.stampKind,
  }
}
