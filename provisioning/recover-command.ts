import { requiredText, runScript, type Verb } from './command-line.ts'
import {
  besideOrder,
  CHANGE_HELP,
  CHANGE_OPTIONS,
  KEY_HELP,
  KEY_OPTIONS,
  keySourceOf,
  runChange,
} from './members/change-script.ts'
import { replaceMember } from './members/replacement.ts'

const SCRIPT = 'recover'
const HELP = `Usage: provisioning/recover NAME --bundle FOLDER --out FILE --configuration FILE (--request FILE --enrolment FILE | --signing-key FILE --tls-key FILE)

A board is dead: its keys and its journal are gone with it, and are never put back from a copy. Its name, its site and its instruments
go on: makes the order by which the new board takes its place, and puts the configuration that was kept beside it as
NAME-config.toml, for join. Give the new board new keys, and have it enrolled, before you run this. Meanwhile
the cluster goes on without the member, as long as enough others are there.

Options:
  NAME               of the member
  --configuration FILE
                     the configuration of the dead board, from your copies
${KEY_HELP}${CHANGE_HELP}
Example:
  provisioning/recover ts2 --bundle rack-7 --configuration copies/ts2/config.toml --request ts2-request.cbor --enrolment ts2-enrolment.cbor --out recover-ts2.qto
`

const recover: Verb = {
  given: ['NAME'],
  options: { ...CHANGE_OPTIONS, ...KEY_OPTIONS, configuration: { type: 'string' } },
  run: async (words) => {
    const [name = ''] = words.positionals
    const file = requiredText(words, 'configuration')
    if (!file.ok) return file
    return runChange(words, SCRIPT, (present, out) => {
      const kept = { file: file.value, copy: besideOrder(out, `${name}-config.toml`) }
      return replaceMember({ name, keys: keySourceOf(words), kept }, present)
    })
  },
}

await runScript(SCRIPT, HELP, { '': recover }, process.argv.slice(2))
