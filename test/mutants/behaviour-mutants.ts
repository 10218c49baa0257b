import type { Mutant } from './mutant.ts'

const FRAMING = 'src/consensus/behaviour/framing.test.ts'
const CONTRADICTIONS = 'src/consensus/behaviour/contradictions.test.ts'
const INFLATION = 'src/consensus/behaviour/inflation.test.ts'
const LIES = 'src/consensus/behaviour/lies.test.ts'
const REPUTATION = 'src/consensus/reputation.test.ts'

/** Mistakes in what raises a suspicion. */
export const BEHAVIOUR_MUTANTS: readonly Mutant[] = [
  {
    name: 'f members can raise a suspicion',
    harm: 'f liars take the reputation of whom they like',
    edits: [
      {
        file: 'src/consensus/behaviour/accusers.ts',
        find: 'return Math.max(2, quorumOf(n).f + 1)',
        replace: 'return Math.max(1, quorumOf(n).f)',
      },
    ],
    killers: [CONTRADICTIONS, FRAMING],
  },
  {
    name: 'pairs that share a member count as two',
    harm: 'one liar makes an honest clock two-faced',
    edits: [
      {
        file: 'src/consensus/behaviour/two-faced.ts',
        find: '      used[r] = true\n      used[s] = true\n',
        replace: '',
      },
    ],
    killers: [CONTRADICTIONS, FRAMING],
  },
  {
    name: 'clocks that have aged contradict each other',
    harm: 'an honest pair whose ranging is old is suspected',
    edits: [
      {
        file: 'src/consensus/behaviour/pair.ts',
        find: 'return difference > known + agedNs(there.ratesPpb, there.apartNs + there.ageNs + back.ageNs)',
        replace: 'return difference > known',
      },
    ],
    killers: [CONTRADICTIONS, FRAMING],
  },
  {
    name: 'a deviation that its own bound admits',
    harm: 'hardware that says that it is not good is suspected',
    edits: [
      {
        file: 'src/consensus/behaviour/deviation.ts',
        find: 'sight.uncertaintyNs + clock.boundNs + driftOf(sight)',
        replace: 'sight.uncertaintyNs + driftOf(sight)',
      },
    ],
    killers: [CONTRADICTIONS],
  },
  {
    name: 'f liars say what bound is usual',
    harm: 'honest hardware looks inflated beside the claims of liars',
    edits: [
      {
        file: 'src/consensus/behaviour/inflation.ts',
        find: 'bounds.length >= 2 * f + 1 ?',
        replace: 'bounds.length >= 1 ?',
      },
    ],
    killers: [INFLATION],
  },
  {
    name: 'two faces that nobody looks at',
    harm: 'a clock that shows another time to each half is never named',
    edits: [
      {
        file: 'src/consensus/behaviour/behaviour.ts',
        find: 'named[member] = canBeNamed(seen.n, needed) && found.length >= needed',
        replace: 'named[member] = canBeNamed(seen.n, needed) && found.length > seen.n',
      },
    ],
    killers: [CONTRADICTIONS, LIES],
  },
  {
    name: 'suspicion costs nothing',
    harm: 'a clock that walks away slowly goes on choosing the point',
    edits: [
      {
        file: 'src/consensus/reputation.ts',
        find: 'if (absent || (listed && suspected)) return',
        replace: 'if (absent || (listed && suspected && ppm < 0)) return',
      },
    ],
    killers: [REPUTATION],
  },
]
