import { type Adversary, ownMessage, sayAs, saying } from './liar.ts'

/**
 * Signs everything as some boot of its own, earlier or not yet made, or with an attestation that it does not have, another
 * one for each type of message. At most: nothing; who started when counts for nobody.
 */
export const oldBoot: Adversary = {
  play: saying((liar, outgoing) => {
    const message = ownMessage(liar, outgoing)
    if (message === undefined) return [outgoing]
    const number = message.type.length
    const header = {
      bootCount: number % 3,
      attestationDigest: number % 2 === 0 ? undefined : new Uint8Array(48).fill(number),
    }
    return [sayAs(liar, outgoing.to, message.type, message.body, header)]
  }),
}
