import type { Mutant } from './mutant.ts'

const OWN_WORDS = 'src/agent/own-words.test.ts'
const OWN_PAST = 'src/agent/own-past.test.ts'
const START_COUNT = 'test/hil/start-count.test.ts'
const SEALED_KEY = 'test/hil/sealed-key.test.ts'

/** Mistakes in what keeps a key from signing again after its journal was rolled back, and in what guards it at rest. */
export const KEY_MUTANTS: readonly Mutant[] = [
  {
    name: 'an uncounted start is believed',
    harm: 'a restored backup signs again what it has signed otherwise',
    edits: [
      {
        file: 'src/agent/own-words.ts',
        find: 'if (word.bootCount > bootCount) return false',
        replace: 'if (word.bootCount > bootCount + 1) return false',
      },
    ],
    killers: [OWN_WORDS],
  },
  {
    name: 'a vote above the newest final view need not be in the journal',
    harm: 'a restored backup votes twice in one view',
    edits: [
      {
        file: 'src/agent/own-words.ts',
        find: 'return word.number <= newestFinal || said.has(',
        replace: 'return word.number <= newestFinal + 1 || said.has(',
      },
    ],
    killers: [OWN_WORDS],
  },
  {
    name: 'a member speaks after one answer',
    harm: 'one liar that answers nothing hides what all others know',
    edits: [
      {
        file: 'src/agent/voice-gate.ts',
        find: 'answers.size < q - 1) return',
        replace: 'answers.size < 1) return',
      },
    ],
    killers: [OWN_PAST],
  },
  {
    name: 'last words are believed unsigned',
    harm: 'any peer shuts an honest member out for good',
    edits: [
      {
        file: 'src/agent/last-words-frame.ts',
        find: 'if (!isMine || !(await verify(key, signingContext(header.type), content, signature))) {',
        replace: 'if (!isMine || signature.length === 0 || verify === undefined || content.length === 0) {',
      },
    ],
    killers: [OWN_PAST],
  },
  {
    name: 'a refused journal opens again',
    harm: 'what was found once is forgotten as soon as the peers are down',
    edits: [
      {
        file: 'src/ledger/safety-journal.ts',
        find: "if (row['refusal'] !== null) return",
        replace: "if (row['refusal'] === '') return",
      },
    ],
    killers: [START_COUNT],
  },
  {
    name: 'a TPM that counted on is none of the journal’s business',
    harm: 'a backup restored with nobody else there signs again',
    edits: [
      {
        file: 'src/agent/keys/start-count.ts',
        find: 'if (present > known) return rolledBack(journal, known, present)',
        replace: 'if (present > known + 1) return rolledBack(journal, known, present)',
      },
    ],
    killers: [START_COUNT],
  },
  {
    name: 'a sealed key that others may read is used',
    harm: 'nobody notices that the key file left its owner’s hands',
    edits: [
      {
        file: 'src/crypto/key-file.ts',
        find: 'if ((mode & forbiddenBits) !== 0) {',
        replace: 'if ((mode & forbiddenBits) === forbiddenBits) {',
      },
    ],
    killers: [SEALED_KEY],
  },
]
