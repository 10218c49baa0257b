import { decode as decodeCbor, encode as encodeCbor } from 'cborg'
import { encodeEnvelope, type SignedMessage } from '../../../src/consensus/messages.ts'
import type { Outgoing } from '../../../src/consensus/replica/types.ts'
import { chance, pick } from '../../support/chance.ts'
import { type Adversary, type Liar, ownMessage } from './liar.ts'
import { MUTATIONS, mutated, placesIn } from './mutations.ts'

/** Where the body stands in a content. */
const BODY = 6

/**
 * Changes any one field of anything that it says, header or body, and signs the result, so that it reaches the rules behind
 * the signature; or changes bytes and does not sign them. Sometimes it says what is right beside it. At most: it counts as
 * silent, or convicts itself.
 */
export const malformed: Adversary = {
  play: (liar) => ({
    say: (outgoing) => {
      const message = ownMessage(liar, outgoing)
      if (message === undefined) return [outgoing]
      const said = chance(liar.prng, 0.2) ? unsigned(liar, message, outgoing) : resigned(liar, message, outgoing)
      return chance(liar.prng, 0.3) ? [said, outgoing] : [said]
    },
  }),
}

function resigned(liar: Liar, { type, content }: SignedMessage, { to }: Outgoing): Outgoing {
  const signable = mutatedContent(liar, content)
  return {
    to,
    message: { kind: 'signed', value: encodeEnvelope({ content: signable, signature: liar.sign(type, signable) }) },
  }
}

function unsigned({ prng }: Liar, { content, signature }: SignedMessage, { to }: Outgoing): Outgoing {
  const copy = Uint8Array.from(content)
  const at = prng.nextBelow(copy.length)
  copy[at] = (copy[at] ?? 0) ^ (1 << prng.nextBelow(8))
  return { to, message: { kind: 'signed', value: encodeEnvelope({ content: copy, signature }) } }
}

function mutatedContent(liar: Liar, content: Uint8Array): Uint8Array {
  const item = decodeCbor(content) as unknown[]
  if (chance(liar.prng, 0.1)) return notCanonical(content)
  if (chance(liar.prng, 0.2)) return encodeCbor(mutatedSomewhere(liar, item))
  const body = encodeCbor(mutatedSomewhere(liar, decodeCbor(item[BODY] as Uint8Array)))
  return encodeCbor(item.with(BODY, body))
}

function mutatedSomewhere({ prng }: Liar, item: unknown): unknown {
  const places = placesIn(item)
  for (;;) {
    const change = mutated(item, pick(prng, places), pick(prng, Object.values(MUTATIONS)), prng)
    if (change !== undefined) return change.value
  }
}

/** The same array, its length in a head that is longer than it need be. */
export function notCanonical(bytes: Uint8Array): Uint8Array {
  const head = bytes[0] ?? 0
  return Uint8Array.of((head & 0xe0) | 24, head & 0x1f, ...bytes.subarray(1))
}
