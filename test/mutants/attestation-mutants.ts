import type { Mutant } from './mutant.ts'

const CHECK = 'src/attestation/quote-check.test.ts'
const CHECK_FILE = 'src/attestation/quote-check.ts'
const JUDGE = 'src/attestation/judge.test.ts'
const JUDGE_FILE = 'src/attestation/judge.ts'
const HISTORY_FILE = 'src/attestation/node-history.ts'
const ENROLMENT_FILE = 'src/attestation/enrolment.ts'
const KEY_FILE = 'src/attestation/attestation-key.ts'
const MEMBERS = 'src/agent/attestation/member-records.test.ts'
const MEMBERS_FILE = 'src/agent/attestation/member-records.ts'

/** Mistakes in what is believed of a TPM. */
export const ATTESTATION_MUTANTS: readonly Mutant[] = [
  {
    name: 'a quote is believed whoever signed it',
    harm: 'software says of itself what it likes',
    edits: [{ file: CHECK_FILE, find: 'return means.verify(', replace: 'return true || means.verify(' }],
    killers: [CHECK],
  },
  {
    name: 'a quote is believed whatever it was made for',
    harm: 'a quote from before the break-in is shown ever after',
    edits: [{ file: CHECK_FILE, find: 'return equalBytes(quote.extraData, extraData)', replace: 'return true' }],
    killers: [CHECK],
  },
  {
    name: 'a quote of other registers than those of the policy will do',
    harm: 'the register that would betray is left out',
    edits: [
      {
        file: CHECK_FILE,
        find: 'selection.pcrs.length === 0 || !sameSelections(quote.selections, [selection])',
        replace: 'selection.pcrs.length === 0',
      },
    ],
    killers: [CHECK],
  },
  {
    name: 'a log may explain a register that was not quoted',
    harm: 'its value is the word of the node alone',
    edits: [
      {
        file: CHECK_FILE,
        find: 'evidence.pcrValues].filter(([pcr]) => selection.pcrs.includes(pcr))',
        replace: 'evidence.pcrValues]',
      },
    ],
    killers: [CHECK],
  },
  {
    name: 'a key that signs what software composes is an attestation key',
    harm: 'quotes are written by hand',
    edits: [{ file: KEY_FILE, find: "  [RESTRICTED, 'restricted'],\n", replace: '' }],
    killers: [CHECK],
  },
  {
    name: 'the Name of a key is not computed',
    harm: 'a key of anybody under the Name of an enrolled one',
    edits: [{ file: KEY_FILE, find: '!equalBytes(name.value, enrolled.name)', replace: 'false' }],
    killers: [CHECK],
  },
  {
    name: 'a TPM may have been reset without a start of the machine',
    harm: 'registers are measured again behind the back of a running node',
    edits: [{ file: 'src/attestation/quote-clock.ts', find: 'return former.sameBoot', replace: 'return false' }],
    killers: [CHECK],
  },
  {
    name: 'a late answer is taken for that of the next command',
    harm: 'a seed, a quote or a nonce is another',
    edits: [{ file: 'src/attestation/tpm/tpm-socket.ts', find: 'if (!result.ok) drop()', replace: '' }],
    killers: ['src/attestation/tpm/tpm-socket.test.ts'],
  },
  {
    name: 'what is loaded stays',
    harm: 'after three uses the TPM has no room',
    edits: [
      { file: 'src/attestation/tpm/handles.ts', find: '    await flushContext(tpm, opened.value)\n', replace: '' },
    ],
    killers: ['src/attestation/tpm/tpm.test.ts'],
  },
  {
    name: 'the statement is not bound by the quote',
    harm: 'software, inventory and log of a node are whatever is written beside its quote',
    edits: [
      {
        file: 'src/attestation/record.ts',
        find: 'statementDigest: sha384(encode(statementCodec, statement))',
        replace: 'statementDigest: undefined',
      },
    ],
    killers: [JUDGE, 'src/attestation/record.test.ts'],
  },
  {
    name: 'an enrolment counts whoever signed it',
    harm: 'a TPM of software enrols itself',
    edits: [{ file: ENROLMENT_FILE, find: '!means.verifyMlDsa(', replace: 'false && !means.verifyMlDsa(' }],
    killers: [JUDGE, 'src/attestation/enrolment.test.ts'],
  },
  {
    name: 'an enrolment of another ML-DSA key will do',
    harm: 'one good TPM vouches for every key of its owner',
    edits: [{ file: ENROLMENT_FILE, find: 'equalBytes(enrolment.keyHash, keyHash)', replace: 'keyHash.length > 0' }],
    killers: [JUDGE],
  },
  {
    name: 'an enrolment that was replaced comes back',
    harm: 'the board that was stolen is a member again',
    edits: [{ file: HISTORY_FILE, find: 'enrolment.serial < known.enrolmentSerial', replace: 'enrolment.serial < 0' }],
    killers: [JUDGE],
  },
  {
    name: 'two members may have one TPM',
    harm: 'one machine votes twice, with two names',
    edits: [{ file: HISTORY_FILE, find: 'other.name !== enrolment.node &&', replace: "other.name === '' &&" }],
    killers: [JUDGE],
  },
  {
    name: 'a start of the machine that its TPM knows nothing of is none to wonder about',
    harm: 'the clone of a machine with its TPM is taken for it',
    edits: [{ file: HISTORY_FILE, find: '!former.sameBoot &&', replace: 'former.sameBoot &&' }],
    killers: [JUDGE],
  },
  {
    name: 'a record has no age',
    harm: 'a record from before the break-in is shown ever after',
    edits: [{ file: JUDGE_FILE, find: 'now - since <= ageNsMax', replace: 'now - since <= 1n << 62n' }],
    killers: [JUDGE],
  },
  {
    name: 'a record without a date is verified',
    harm: 'before the first certificate a quote of any age is believed',
    edits: [{ file: JUDGE_FILE, find: 'if (certificates.now !== undefined) return', replace: 'return' }],
    killers: [JUDGE],
  },
  {
    name: 'a node may lose its TPM',
    harm: 'whoever has taken a node over stops quoting, and nobody wonders',
    edits: [{ file: JUDGE_FILE, find: '  if (known !== undefined) {', replace: "  if (known?.name === '') {" }],
    killers: [JUDGE],
  },
  {
    name: 'a certificate that is on its way is held against whoever has it first',
    harm: 'an honest appliance is flagged, and an alarm says so, for some milliseconds',
    edits: [
      { file: MEMBERS_FILE, find: 'if (isAhead(judged, watch.height)) wait(', replace: 'if (watch.height < 0) wait(' },
    ],
    killers: [MEMBERS],
  },
  {
    name: 'a certificate that never comes is waited for for ever',
    harm: 'whoever makes one up is never judged',
    edits: [
      {
        file: MEMBERS_FILE,
        find: 'ahead.sinceMs >= MISSING_AFTER_MS',
        replace: 'ahead.sinceMs >= 1_000 * MISSING_AFTER_MS',
      },
    ],
    killers: [MEMBERS],
  },
  {
    name: 'the wait for a certificate begins anew with each record',
    harm: 'the same',
    edits: [{ file: MEMBERS_FILE, find: 'subject.ahead?.sinceMs ?? performance.now()', replace: 'performance.now()' }],
    killers: [MEMBERS],
  },
  {
    name: 'a verdict is escaped by naming what nobody gets to see',
    harm: 'a refused clock counts again',
    edits: [{ file: MEMBERS_FILE, find: '  subject.former = judged\n', replace: '' }],
    killers: [MEMBERS],
  },
  {
    name: 'more values than registers are quoted may be shown',
    harm: 'a value that nothing covers is believed',
    edits: [{ file: JUDGE_FILE, find: 'pcrValues.length !== pcrs.length', replace: 'pcrValues.length < pcrs.length' }],
    killers: [JUDGE],
  },
]
