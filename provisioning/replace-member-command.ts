import { runScript, type Verb } from './command-line.ts'
import { CHANGE_HELP, CHANGE_OPTIONS, KEY_HELP, KEY_OPTIONS, keySourceOf, runChange } from './members/change-script.ts'
import { replaceMember } from './members/replacement.ts'

const SCRIPT = 'replace-member'
const HELP = `Usage: provisioning/replace-member NAME --bundle FOLDER --out FILE (--request FILE --enrolment FILE | --signing-key FILE --tls-key FILE)

Makes the order by which other hardware takes the place of a member, under the same name: new keys, another TPM. In a cluster that attests, have
it enrolled first (enroll-appliance, and authority challenge --replace). The operators sign the order. For a board that is
dead, recover keeps its instruments' configuration as well.

Options:
  NAME               of the member
${KEY_HELP}${CHANGE_HELP}
Example:
  provisioning/replace-member ts2 --bundle rack-7 --request ts2-request.cbor --enrolment ts2-enrolment.cbor --out replace-ts2.qto
`

const replace: Verb = {
  given: ['NAME'],
  options: { ...CHANGE_OPTIONS, ...KEY_OPTIONS },
  run: (words) => {
    const [name = ''] = words.positionals
    return runChange(words, SCRIPT, (present) =>
      replaceMember({ name, keys: keySourceOf(words), kept: undefined }, present),
    )
  },
}

await runScript(SCRIPT, HELP, { '': replace }, process.argv.slice(2))
