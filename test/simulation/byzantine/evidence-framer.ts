import type { Block } from '../../../src/consensus/block.ts'
import { type Evidence, encodeEvidence, evidenceEntry } from '../../../src/consensus/evidence.ts'
import type { EvidenceKind } from '../../../src/consensus/evidence-entry.ts'
import { encodeEnvelope, type SignedMessage } from '../../../src/consensus/messages.ts'
import type { Outgoing } from '../../../src/consensus/replica/types.ts'
import { pick } from '../../support/chance.ts'
import { type Adversary, heardMessage, type Liar, onOwn, others, say, sayAs } from './liar.ts'

/** What it remembers of the words of correct members. */
const WORDS_MAX = 60

/**
 * Accuses correct members with anything that they have said: with words of two views, twice the same, votes that go together,
 * blocks with the proposals of others, with words that it signs in their names and with lies of its own; by proofs to everybody, and
 * in the blocks that it leads. At most: nobody is convicted by it, and its links are dropped.
 */
export const evidenceFramer: Adversary = {
  play: (liar) => {
    const words: SignedMessage[] = []
    /** The view that it led last, and with which block: two of them would convict it instead. */
    let led: { readonly view: number; readonly said: readonly Outgoing[] } | undefined
    return {
      witness: (from, { message }) => {
        const heard = heardMessage(message)
        if (heard === undefined || heard.header.sender !== from || heard.type === 'hello') return
        words.push(heard)
        if (words.length > WORDS_MAX) words.shift()
      },
      say: (outgoing) =>
        onOwn(liar, outgoing, 'notarize', () => [outgoing, ...accusations(liar, words).map(told)]).flatMap((said) =>
          onOwn(liar, said, 'block', ({ body }) => {
            if (led?.view === body.view) return led.said
            const [accusation] = accusations(liar, words)
            led = { view: body.view, said: accusation === undefined ? [said] : framing(liar, body, accusation) }
            return led.said
          }),
        ),
    }
  },
}

/** The block as it would be if the accusation held. */
function framing(liar: Liar, block: Block, accusation: Evidence): readonly Outgoing[] {
  const { member } = accusation
  const state = { ...block.state, reputationPpm: block.state.reputationPpm.with(member, 0) }
  const framed = { ...block, evidence: [evidenceEntry(accusation)], state }
  return [told(accusation), say(liar, 'all', 'block', framed)]
}

function told(evidence: Evidence): Outgoing {
  return { to: 'all', message: { kind: 'evidence', value: encodeEvidence(evidence) } }
}

/** One accusation of each sort, against members picked anew. */
function accusations(liar: Liar, words: readonly SignedMessage[]): readonly Evidence[] {
  const victim = pick(liar.prng, others(liar))
  const own = words.filter(({ header }) => header.sender === victim)
  const of = (type: SignedMessage['type']): readonly SignedMessage[] => own.filter((word) => word.type === type)
  const pairs: readonly (readonly [EvidenceKind, SignedMessage | undefined, SignedMessage | undefined])[] = [
    ['conflicting-proposal', of('proposal').at(-1), of('proposal').at(-2)],
    ['conflicting-block', of('block').at(-1), of('block').at(-2)],
    ['conflicting-notarize', of('notarize').at(-1), of('notarize').at(-2)],
    ['conflicting-finalize', of('finalize').at(-1), of('finalize').at(-2)],
    ['conflicting-finalize', of('notarize').at(-1), of('finalize').at(-1)],
    ['nullify-and-finalize', of('nullify').at(-1), of('finalize').at(-1)],
    ['nullify-and-finalize', of('nullify').at(-1), of('notarize').at(-1)],
    ['conflicting-notarize', of('notarize').at(-1), of('notarize').at(-1)],
    ['conflicting-notarize', of('notarize').at(-1), inTheNameOf(liar, victim, of('notarize').at(-1))],
    [
      'conflicting-notarize',
      inTheNameOf(liar, liar.id, of('notarize').at(-1)),
      inTheNameOf(liar, liar.id, of('notarize').at(-2)),
    ],
  ]
  return pairs
    .flatMap(([kind, one, other]) => {
      if (one === undefined || other === undefined) return []
      return [proofOf(kind, victim, numberOf(one), [one, other]), proofOf(kind, victim, numberOf(other), [other, one])]
    })
    .concat(wrongOutcomes(victim, own, words))
}

/** The blocks of the victim, with proposals that they do not list and without the parent that they stand on. */
function wrongOutcomes(
  victim: number,
  own: readonly SignedMessage[],
  words: readonly SignedMessage[],
): readonly Evidence[] {
  const proposals = words.flatMap((word) => (word.type === 'proposal' ? [word.content] : []))
  return own.flatMap((word) =>
    word.type === 'block'
      ? [
          {
            ...proofOf('wrong-outcome', victim, word.body.view, [word]),
            proposals: proposals.slice(-word.body.list.length),
          },
        ]
      : [],
  )
}

/** The same words with another hash, signed with the key that the liar has. */
function inTheNameOf(liar: Liar, sender: number, word: SignedMessage | undefined): SignedMessage | undefined {
  if (word?.type !== 'notarize') return undefined
  const hash = word.body.hash.toReversed()
  return heardMessage(sayAs(liar, 'all', 'notarize', { ...word.body, hash }, { sender }).message)
}

function proofOf(kind: EvidenceKind, member: number, number: number, messages: readonly SignedMessage[]): Evidence {
  return {
    format: 'quorumtime-evidence-1',
    kind,
    member,
    number,
    envelopes: messages.map(encodeEnvelope),
    proposals: [],
    parent: undefined,
  }
}

function numberOf(message: SignedMessage): number {
  if (message.type === 'proposal') return message.body.epoch
  return message.type === 'hello' ? 0 : message.body.view
}
