import type { Mutant } from './mutant.ts'

const MEMBERS = 'src/consensus/attested-members.test.ts'
const AGREEMENT = 'src/consensus/attested-agreement.test.ts'
const SIMULATION = 'test/simulation/attestation.test.ts'
const RULE = 'src/consensus/attested-members.ts'

/** Mistakes in what a block says of its members' attestation records. */
export const VERDICT_MUTANTS: readonly Mutant[] = [
  {
    name: 'a verdict of f',
    harm: 'the liars alone refuse any clock, or verify their own software',
    edits: [{ file: RULE, find: '.length >= f + 1)', replace: '.length >= Math.max(1, f))' }],
    killers: [MEMBERS, AGREEMENT],
  },
  {
    name: 'the best verdict counts',
    harm: 'what some have seen to be wrong is called verified',
    edits: [{ file: RULE, find: 'RECORD_VERDICTS.findLast(', replace: 'RECORD_VERDICTS.find(' }],
    killers: [MEMBERS, AGREEMENT],
  },
  {
    name: 'a verdict on another record',
    harm: 'a record that was verified vouches for every later one',
    edits: [
      {
        file: RULE,
        find: 'return digest !== undefined && equalBytes(judged, digest)',
        replace: 'return digest !== undefined && judged.length === digest.length',
      },
      { file: RULE, find: "import { equalBytes } from '../core/bytes.ts'\n", replace: '' },
    ],
    killers: [MEMBERS, AGREEMENT],
  },
  {
    name: 'who has seen no record outvotes who has',
    harm: 'f liars and one member with a bad link refuse a clock that all others have verified',
    edits: [
      {
        file: RULE,
        find: 'worstTaken(ofRecord, f) ?? worstTaken(standing, f)',
        replace: 'worstTaken(standing, f) ?? worstTaken(ofRecord, f)',
      },
    ],
    killers: [MEMBERS, AGREEMENT],
  },
  {
    name: 'a new record each epoch',
    harm: 'what everybody refuses keeps its clock in by naming another record before anybody has judged the last one',
    edits: [
      {
        file: 'src/attestation/record-verdict.ts',
        find: "return verdict === 'refused' || verdict === 'flagged'",
        replace: "return verdict === 'none'",
      },
    ],
    killers: [MEMBERS, SIMULATION],
  },
  {
    name: 'judged without being asked',
    harm: 'clocks of a cluster that has no policy are refused',
    edits: [
      { file: RULE, find: 'isAsked ? saidOf(member, listed) : []', replace: 'saidOf(member, listed)' },
      { file: RULE, find: '  const isAsked = membership.attestation !== undefined\n', replace: '' },
    ],
    killers: [MEMBERS],
  },
  {
    name: 'a member judges itself',
    harm: 'a liar is a part of the f + 1 that vouch for it',
    edits: [
      {
        file: 'src/consensus/agreement.ts',
        find: "  ['verdicts', ({ verdicts }: Proposal) => verdicts.map(({ member }) => member)],\n",
        replace: '',
      },
    ],
    killers: [MEMBERS],
  },
  {
    name: 'a refused clock counts',
    harm: 'what f + 1 members refuse helps to choose the time',
    edits: [
      {
        file: 'src/consensus/agreement.ts',
        find: 'const proposals = withoutRefusedClocks(list, attestation)',
        replace: 'const proposals = list',
      },
      {
        file: 'src/consensus/agreement.ts',
        find: 'import { attestedMembers, withoutRefusedClocks }',
        replace: 'import { attestedMembers }',
      },
    ],
    killers: [AGREEMENT, SIMULATION],
  },
  {
    name: 'a refused clock counts for who is not listed',
    harm: 'a member that was left out serves a time that the others would not',
    edits: [
      {
        file: 'src/consensus/self-computed.ts',
        find: 'regionAlone(own, readingsOf(counted, membership), membership)',
        replace: 'regionAlone(own, readingsOf(counted.length > 0 ? listed : counted, membership), membership)',
      },
    ],
    killers: [AGREEMENT],
  },
  {
    name: 'a refused clock is watched',
    harm: 'a member is suspected of what nobody counts',
    edits: [
      {
        file: 'src/consensus/behaviour/observe.ts',
        find: 'withoutRefusedClocks(list, outcome.attestation)',
        replace: 'withoutRefusedClocks(list, [])',
      },
    ],
    killers: [AGREEMENT],
  },
  {
    name: 'a new record is not signed',
    harm: 'verdicts are on a record that is long over',
    edits: [
      {
        file: 'src/consensus/replica/context.ts',
        find: 'attestationDigest: context.attestationDigest,',
        replace: 'attestationDigest: context.config.attestationDigest,',
      },
    ],
    killers: [SIMULATION],
  },
  {
    name: 'a list without what its headers name',
    harm: 'nobody is ever judged',
    edits: [
      {
        file: 'src/consensus/replica/compose-block.ts',
        find: 'attestationDigest: header.attestationDigest }',
        replace: 'attestationDigest: header.attestationDigest && undefined }',
      },
    ],
    killers: [SIMULATION],
  },
  {
    name: 'an authority that is a member',
    harm: 'whoever has the key of one appliance enrols the TPMs of all',
    edits: [
      {
        file: 'src/consensus/membership.ts',
        find: 'authorities.some((key) => others.has(key.join()))',
        replace: 'authorities.some((key) => others.has(String(key.length)))',
      },
    ],
    killers: ['src/consensus/membership.test.ts'],
  },
]
