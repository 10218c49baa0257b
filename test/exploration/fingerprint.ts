import { decodeEnvelope } from '../../src/consensus/messages.ts'
import { quorumCertificateCodec, VOTE_TYPES } from '../../src/consensus/quorum-certificate.ts'
import type { JournalRecord } from '../../src/consensus/replica/types.ts'
import type { ViewRecord } from '../../src/consensus/replica/view-book.ts'
import { decode } from '../../src/core/encoding.ts'
import type { LocalRun } from './local-run.ts'
import type { Universe } from './universe.ts'

/**
 * All that decides what a member will still say in the explored views: votes, certificates, blocks, chain and journal, in
 * the order in which they came where an order is kept. Left out is what only says when something is asked for or repeated
 * (the instants), the proposals (they are always all here), and who signed a certificate.
 */
export function fingerprint(universe: Universe, { context, journal }: LocalRun): string {
  const name = (hash: Uint8Array | undefined): string =>
    hash === undefined ? '-' : String(universe.labelOf(hash) ?? (universe.bounds.views < context.view ? 'later' : '?'))
  const { views } = universe.bounds
  const records = context.views.since(0).filter(({ view }) => view <= views && view >= 1)
  return [
    context.view,
    context.tip.view <= views ? name(context.tip.hash) : 'later',
    name(context.chain.finalized.hash),
    name(context.final?.hash),
    name(context.awaitedFinal?.hash),
    context.backfill.gaps.map(({ wanted }) => name(wanted)).join(),
    universe.blocks
      .filter(({ hash }) => context.chain.get(hash) !== undefined)
      .map(({ label }) => label)
      .join(),
    context.proofs
      .entries()
      .map(({ member, kind, number }) => `${member} ${kind} ${number}`)
      .join(),
    ...records.map((record) => recordPrint(universe, record, record.view < context.view, name)),
    journal
      .records()
      .filter(({ number }) => number <= views)
      .map((record) => journalPrint(record, name))
      .sort()
      .join(),
  ].join('|')
}

type Name = (hash: Uint8Array | undefined) => string

function recordPrint(universe: Universe, record: ViewRecord, isPast: boolean, name: Name): string {
  const { own, offered, notarization, nullification, finalization, leaderFailed } = record
  // Once it is decided how this member votes, a block is only what a certificate may still name.
  const isVoted = isPast || own.notarize !== undefined || own.nullify !== undefined
  const offers = offered.map(({ hash }) => name(hash))
  const parts = [
    record.view,
    own.block === undefined ? '' : 'B',
    name(own.notarize?.hash),
    own.nullify === undefined ? '' : 'N',
    name(own.finalize?.hash),
    name(notarization?.hash),
    nullification === undefined ? '' : 'Q',
    name(finalization?.hash),
    isVoted ? offers.sort().join('+') : offers.join('+'),
    leaderFailed && !isVoted ? 'F' : '',
  ]
  if (universe.bounds.votes === 'single') parts.push(votesPrint(record, name), [...record.convictions].sort().join('+'))
  return parts.join(';')
}

/** Votes of a type that is certified already change nothing any more. */
function votesPrint(record: ViewRecord, name: Name): string {
  const certified = { notarize: record.notarization, nullify: record.nullification, finalize: record.finalization }
  return VOTE_TYPES.map((type) => {
    if (certified[type] !== undefined) return 'done'
    const votes = [...record.votes[type].values()].sort((a, b) => a.header.sender - b.header.sender)
    return votes.map((vote) => `${vote.header.sender}${vote.type === 'nullify' ? '' : name(vote.body.hash)}`).join('+')
  }).join('/')
}

const printed = new WeakMap<Uint8Array, Uint8Array | undefined>()

function journalPrint({ kind, number, bytes }: JournalRecord, name: Name): string {
  if (!printed.has(bytes)) printed.set(bytes, hashIn(kind, bytes))
  return `${kind.slice(0, 6)}${number}${name(printed.get(bytes))}`
}

/** The block that a record names by its hash; of the others kind and number say enough. */
function hashIn(kind: JournalRecord['kind'], bytes: Uint8Array): Uint8Array | undefined {
  if (kind === 'notarization') {
    const decoded = decode(quorumCertificateCodec, bytes, kind)
    return decoded.ok ? decoded.value.hash : undefined
  }
  if (kind !== 'notarize' && kind !== 'finalize') return undefined
  const decoded = decodeEnvelope(bytes)
  return decoded.ok && 'hash' in decoded.value.body ? decoded.value.body.hash : undefined
}
