import { membershipHash, quorumOf } from '../src/consensus/membership.ts'
import { toHex } from '../src/core/bytes.ts'
import { shortHex } from '../src/core/encoding.ts'
import { ok } from '../src/core/fault.ts'
import { applianceFiles } from './appliance/appliance-files.ts'
import { type DrawnSessionJoin, drawSessionJoin } from './appliance/join-session.ts'
import { printJson, runScript, saidYes, taskRunOf, textOf, type Verb } from './command-line.ts'
import { runTasks } from './run-tasks.ts'

const SCRIPT = 'join'
const HELP = `Usage: provisioning/join FOLDER BUNDLE [options]

Makes this appliance a member of the newest session of a running cluster: one that was added, one whose keys were replaced, or one that comes
back. Checks how that session came about, from the genesis on, finds this appliance in it by its keys, and makes its state: the steps, an
empty safety journal for its key, the genesis. A key that has had a journal and lost it is refused: it needs new keys.

What exists is kept; run again, it changes nothing. Nothing is written unless all of it can be.

Options:
  FOLDER             of this appliance: its configuration, its keys, its enrolment where there is one
  BUNDLE             what \`quorumtime membership export\` has written on any member: genesis.cbor, genesis.signatures.cbor, sessions.cbor
  --configuration FILE
                     a configuration that was brought; default: config.toml in the folder
  --update-configuration
                     replace a configuration that is another than the one that was brought
  --dry-run          say what would be done, do nothing
  --json             what was made as JSON on standard output; what was done on standard error
  --log FILE         append a line of JSON for each step here; default: provisioning.log in the folder
  --help             this text

Example, on the new appliance, after the order that adds it was carried out:
  provisioning/join /etc/quorumtime /media/usb/rack-7 --configuration /media/usb/ts4-config.toml
`

function tell(drawn: DrawnSessionJoin, json: boolean): void {
  const { membership, member, configurationFile, notices } = drawn
  const { n, f, q } = quorumOf(membership.members.length)
  const { cluster, session } = membership
  const hash = membershipHash(membership)
  if (json) {
    printJson({ cluster, session, member, membership: toHex(hash), configuration: configurationFile, notices })
    return
  }
  for (const notice of notices) process.stdout.write(`note: ${notice}\n`)
  const name = membership.members[member]?.name ?? String(member)
  process.stdout.write(
    `${name} is member ${member} of ${cluster} in session ${session}, membership ${shortHex(hash)}…: ${n} appliances, ${q} decide, ${f} may lie; ` +
      `next: start it: systemctl start quorumtime, or quorumtime agent --config ${configurationFile}\n`,
  )
}

const joining: Verb = {
  given: ['FOLDER', 'BUNDLE'],
  options: { log: { type: 'string' }, configuration: { type: 'string' }, 'update-configuration': { type: 'boolean' } },
  run: async (words) => {
    const [folder = '', bundle = ''] = words.positionals
    const drawn = await drawSessionJoin({
      folder,
      bundle,
      configuration: textOf(words, 'configuration'),
      updateConfiguration: saidYes(words, 'update-configuration'),
    })
    if (!drawn.ok) return drawn
    const ran = await runTasks(drawn.value.tasks, taskRunOf(words, SCRIPT, applianceFiles(folder).log))
    if (ran.ok && !saidYes(words, 'dry-run')) tell(drawn.value, saidYes(words, 'json'))
    return ran.ok ? ok(undefined) : ran
  },
}

await runScript(SCRIPT, HELP, { '': joining }, process.argv.slice(2))
