import { RECORD_VERDICTS } from '../../../src/attestation/record-verdict.ts'
import type { RecordJudged } from '../../../src/consensus/proposal.ts'
import { chance, pick } from '../../support/chance.ts'
import { type Adversary, type Liar, others, randomBytes } from './liar.ts'

/**
 * Says anything of anybody's attestation record, another thing each epoch: of the record that is shown, of one that is not, of none; and now
 * and then of itself, which no list bears. At most: no verdict is another than what those that follow the rules say, and it is missing
 * from the blocks of the epochs in which it judges itself.
 */
export const falseJudge: Adversary = {
  play: (liar) => {
    const refusesAll = chance(liar.prng, 0.5)
    return {
      read: (epoch, honest) => {
        const judged = chance(liar.prng, 0.05) ? liar.membership.members.map(({ id }) => id) : others(liar)
        return { ...honest, verdicts: judged.flatMap((member) => lieAbout(liar, member, epoch, refusesAll)) }
      },
    }
  },
}

function lieAbout(liar: Liar, member: number, epoch: number, refusesAll: boolean): readonly RecordJudged[] {
  const { prng } = liar
  const shown = liar
    .replica()
    .heard(epoch - 1)
    .find((other) => other.member === member)?.attestationDigest
  const draw = prng.nextBelow(5)
  const digest = draw === 0 ? undefined : draw === 1 ? randomBytes(prng, 48) : shown
  const verdict = refusesAll ? 'refused' : pick(prng, RECORD_VERDICTS)
  // It could not be sent: the format has no such word.
  return digest === undefined && verdict === 'verified' ? [] : [{ member, digest, verdict }]
}
