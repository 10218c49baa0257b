import type { Mutant } from './mutant.ts'

const FOLDER = 'drivers/ptp-grandmaster'
const DRIVER = `${FOLDER}/driver.test.ts`
const FILTER = `${FOLDER}/path-filter.test.ts`
const PAIRING = `${FOLDER}/sync-pairing.test.ts`

/** Mistakes in what is believed of a grandmaster. */
export const RECEIVER_MUTANTS: readonly Mutant[] = [
  {
    name: 'half of the path is left out of the bound',
    harm: 'a path that waits one way only makes a confident wrong time',
    edits: [
      {
        file: `${FOLDER}/time-estimate.ts`,
        find: 'accuracyNs: accuracyNs + (measuredNs < allNs ? measuredNs : allNs)',
        replace: 'accuracyNs',
      },
    ],
    killers: [DRIVER],
  },
  {
    name: 'the rate is believed to be the likely one',
    harm: 'a path that gets longer bends the rate, and the bound with it',
    edits: [
      {
        file: `${FOLDER}/rate-estimate.ts`,
        find: 'Math.max(range.to - ppb, ppb - range.from) + WANDER_PPB',
        replace: '(likely?.errorPpb ?? UNLEARNT_PPB) + WANDER_PPB',
      },
    ],
    killers: [FILTER],
  },
  {
    name: 'a packet counts for as much as when it came',
    harm: 'the local oscillator runs out of the bound',
    edits: [
      {
        file: `${FOLDER}/path-filter.ts`,
        find: 'carriedNs - way.sign * (errorNs + rate.errorPpb * seconds)',
        replace: 'carriedNs - way.sign * errorNs',
      },
    ],
    killers: [FILTER],
  },
  {
    name: 'boundary clocks add nothing',
    harm: 'the errors of a chain of clocks are in no bound',
    edits: [
      { file: `${FOLDER}/announcement.ts`, find: 'BigInt(body.stepsRemoved) * BOUNDARY_CLOCK_NS', replace: '0n' },
    ],
    killers: [DRIVER],
  },
  {
    name: 'a boast is believed',
    harm: 'a picosecond outweighs every honest source',
    edits: [
      {
        file: `${FOLDER}/announcement.ts`,
        find: 'ownNs < ACCURACY_NS_MIN ? ACCURACY_NS_MIN : ownNs',
        replace: 'ownNs',
      },
    ],
    killers: [DRIVER],
  },
  {
    name: 'a second grandmaster of the domain is not told',
    harm: 'nobody learns that two clocks claim to be the one',
    edits: [
      {
        file: `${FOLDER}/chosen-port.ts`,
        find: "return standOut('ptp.second-grandmaster', message, now)",
        replace: 'return []',
      },
    ],
    killers: [DRIVER],
  },
  {
    name: 'what switches added to a request is added once more',
    harm: 'every transparent clock on the way makes the time wrong by what a packet waited in it',
    edits: [
      { file: `${FOLDER}/delay-exchange.ts`, find: 'receivedNs - addedNs - at', replace: 'receivedNs + addedNs - at' },
    ],
    killers: [PAIRING],
  },
  {
    name: 'the correction of a Sync is forgotten when its Follow_Up comes',
    harm: 'the same, of Syncs',
    edits: [
      {
        file: `${FOLDER}/sync-pairing.ts`,
        find: 'return complete(sequenceId, known.sync.received, [{ ...known.sync.origin, originNs: 0n }, followUp])',
        replace: 'return complete(sequenceId, known.sync.received, [followUp])',
      },
    ],
    killers: [PAIRING],
  },
]
