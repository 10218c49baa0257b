import type { Mutant } from './mutant.ts'

const TWO_WAY = { file: 'src/ranging/two-way.ts', killers: ['src/ranging/two-way.test.ts'] }
const RESPONDER = { file: 'src/ranging/responder.ts', killers: ['src/ranging/responder.test.ts'] }
const REQUESTER_TEST = 'src/ranging/requester.test.ts'
const REQUESTER_FILE = 'src/ranging/requester.ts'

/** Mistakes in what an exchange says at either end. */
export const RANGING_MUTANTS: readonly Mutant[] = [
  {
    name: 'the limits of whoever answers are those of whoever asks',
    harm: 'an offset of the wrong sign',
    edits: [{ file: TWO_WAY.file, find: '[t3, t4] : [t1, t2]', replace: '[t3, t4] : [t3, t4]' }],
    killers: TWO_WAY.killers,
  },
  {
    name: 'clocks do not drift while an answer is made',
    harm: 'a peer that answers late is held to be known better than it is',
    edits: [
      { file: TWO_WAY.file, find: 'driftNs(spanNs, ownRatePpb + peerRatePpb)', replace: '0n * spanNs * peerRatePpb' },
    ],
    killers: TWO_WAY.killers,
  },
  {
    name: 'only the own rate bound counts',
    harm: 'the truth outside where the peer drifts more',
    edits: [
      { file: TWO_WAY.file, find: 'driftNs(spanNs, ownRatePpb + peerRatePpb)', replace: 'driftNs(spanNs, ownRatePpb)' },
    ],
    killers: TWO_WAY.killers,
  },
  {
    name: 'stamps are exact',
    harm: 'the truth outside by the errors of the stamps',
    edits: [
      {
        file: TWO_WAY.file,
        find: 'peer.errorNs + own.errorNs + 2n * ROUNDING_NS',
        replace: '0n * own.errorNs * peer.errorNs',
      },
    ],
    killers: TWO_WAY.killers,
  },
  {
    name: 'an exchange counts as often as it is told',
    harm: 'a recorded exchange passes for a new one',
    edits: [
      {
        file: RESPONDER.file,
        find: '      const exchange = answered.get(sequence)\n      answered.delete(sequence)\n',
        replace: '      const exchange = answered.get(sequence)\n',
      },
    ],
    killers: RESPONDER.killers,
  },
  {
    name: 'answers of the last segment count in the next one',
    harm: 'a difference of two clocks of which one is gone',
    edits: [
      {
        file: RESPONDER.file,
        find: '      previous = undefined\n      answered.clear()\n',
        replace: '      previous = undefined\n',
      },
    ],
    killers: RESPONDER.killers,
  },
  {
    name: 'what the peer was asked in its last segment counts in its next one',
    harm: 'the same',
    edits: [
      {
        file: RESPONDER.file,
        find: 'forgetPeerStamps: () => answered.clear(),',
        replace: 'forgetPeerStamps: () => undefined,',
      },
    ],
    killers: RESPONDER.killers,
  },
  {
    name: 'the rate bound that the peer told first does not count',
    harm: 'a peer that narrows its bound between two packets is believed too much',
    edits: [{ file: RESPONDER.file, find: 'max(exchange.ratePpb, ratePpb)', replace: 'max(0n, ratePpb)' }],
    killers: RESPONDER.killers,
  },
  {
    name: 'answers are remembered without an end',
    harm: 'a peer that never tells of its exchanges takes the memory of the agent',
    edits: [
      {
        file: RESPONDER.file,
        find: 'answered.size > ANSWERED_MAX',
        replace: 'answered.size > 1_000_000 * ANSWERED_MAX',
      },
    ],
    killers: RESPONDER.killers,
  },
  {
    name: 'own stamps of the last segment are told in the next one',
    harm: 'the peer learns an offset to a clock that is gone',
    edits: [{ file: REQUESTER_FILE, find: '      asked.forget()\n', replace: '' }],
    killers: [REQUESTER_TEST],
  },
  {
    name: 'an older exchange stands in for the latest one',
    harm: 'the peer measures late',
    edits: [
      {
        file: 'src/ranging/asked-exchanges.ts',
        find: 'untold.sequence < sequence',
        replace: 'untold.sequence > sequence',
      },
    ],
    killers: [REQUESTER_TEST],
  },
]
