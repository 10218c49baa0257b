import { decode as decodeCbor, encode as encodeCbor } from 'cborg'
import { type Block, blockCodec } from '../../../src/consensus/block.ts'
import { decode, encode } from '../../../src/core/encoding.ts'
import { pick } from '../../support/chance.ts'
import { type Adversary, type Liar, onOwn, say } from './liar.ts'
import { MUTATIONS, mutated, type Place, placesIn } from './mutations.ts'

/** What follows from parent and proposals, by its place in a block. */
const DERIVED = { outcome: 6, parentStateHash: 8, state: 9, logRoot: 10 } as const

const TRIES = 400

/**
 * A block that its proposals do not lead to: any one field of the outcome, of the state, of its parent's hash or of the
 * log root is another, such that the block still has the form of one. At most: the view that it leads is nullified.
 */
export const outcomeForger: Adversary = {
  play: (liar) => {
    let led = 0
    return {
      say: (outgoing) =>
        onOwn(liar, outgoing, 'block', ({ body }) => {
          // One forgery for each view: a second one would be another proof.
          if (body.view === led) return []
          led = body.view
          return [say(liar, 'all', 'block', forged(liar, body))]
        }),
    }
  },
  proves: 'wrong-outcome',
}

function forged({ prng }: Liar, block: Block): Block {
  const bytes = encode(blockCodec, block)
  const item: unknown = decodeCbor(bytes)
  const places = placesIn(item).filter(
    ([field]) => field !== undefined && Object.values<number>(DERIVED).includes(field),
  )
  for (let tries = 0; tries < TRIES; tries++) {
    const other = reread(item, pick(prng, places), prng)
    if (other !== undefined && !Buffer.from(bytes).equals(encode(blockCodec, other))) return other
  }
  throw new Error('expected a block that can be forged')
}

function reread(item: unknown, place: Place, prng: Liar['prng']): Block | undefined {
  const change = mutated(item, place, pick(prng, Object.values(MUTATIONS)), prng)
  const decoded = change && decode(blockCodec, encodeCbor(change.value), 'forgery')
  return decoded?.ok === true ? decoded.value : undefined
}
