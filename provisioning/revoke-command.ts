import { runScript, type Verb } from './command-line.ts'
import { CHANGE_HELP, CHANGE_OPTIONS, runChange } from './members/change-script.ts'
import { removeMember } from './members/removal.ts'

const SCRIPT = 'revoke'
const HELP = `Usage: provisioning/revoke NAME --bundle FOLDER --out FILE

Makes the order that takes a member out, at once: stolen, lied, out of use. Says how many are left to decide and how many of them may lie.
Once the order is carried out its keys open no link and sign nothing that counts.

Options:
  NAME               of the member
${CHANGE_HELP}
Example:
  provisioning/revoke ts3 --bundle rack-7 --out revoke-ts3.qto
`

const revoke: Verb = {
  given: ['NAME'],
  options: CHANGE_OPTIONS,
  run: (words) => runChange(words, SCRIPT, (present) => removeMember(words.positionals[0] ?? '', present)),
}

await runScript(SCRIPT, HELP, { '': revoke }, process.argv.slice(2))
