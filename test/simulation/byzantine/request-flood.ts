import { contentDigest } from '../../../src/consensus/messages.ts'
import type { WireMessage } from '../../../src/consensus/wire-message.ts'
import { WANTED_MAX } from '../../../src/consensus/wire-message.ts'
import { type Adversary, heardMessage, onOwn, others } from './liar.ts'

/** Requests sent at once to everybody, at each of its notarizations. */
const REQUESTS = 4

/**
 * Asks everybody again and again for the largest things that they have, each many times in one request. At most: each is
 * answered once per Δ.
 */
export const requestFlood: Adversary = {
  play: (liar) => {
    const digests: Uint8Array[] = []
    const hashes: Uint8Array[] = []
    return {
      witness: (_from, { message }) => {
        const heard = heardMessage(message)
        if (heard?.type === 'proposal') digests.push(contentDigest(heard))
        if (heard?.type === 'notarize') hashes.push(heard.body.hash)
        if (digests.length > WANTED_MAX) digests.shift()
        if (hashes.length > WANTED_MAX) hashes.shift()
      },
      say: (outgoing) =>
        onOwn(liar, outgoing, 'notarize', ({ body }) => {
          const [digest, hash] = [digests.at(-1), hashes.at(-1)]
          if (digest === undefined || hash === undefined) return [outgoing]
          const wanted: readonly WireMessage[] = [
            { kind: 'want-proposals', value: Array.from({ length: WANTED_MAX }, () => digest) },
            { kind: 'want-proposals', value: digests.slice() },
            { kind: 'want-block', value: hash },
            {
              kind: 'want-quorums',
              value: Array.from({ length: WANTED_MAX }, (_, index) => Math.max(0, body.view - (index % 3))),
            },
          ]
          const flood = Array.from({ length: REQUESTS }, () => wanted).flat()
          return [outgoing, ...others(liar).flatMap((to) => flood.map((message) => ({ to, message })))]
        }),
    }
  },
}
