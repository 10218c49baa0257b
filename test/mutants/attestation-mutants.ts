import type { Mutant } from './mutant.ts'

const CHECK = 'src/attestation/quote-check.test.ts'
const CHECK_FILE = 'src/attestation/quote-check.ts'
const KEY_FILE = 'src/attestation/attestation-key.ts'

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
]
