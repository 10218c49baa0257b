import { join } from 'node:path'
import { fail, ok, type Result } from '../src/core/fault.ts'
import { applianceFiles } from './appliance/appliance-files.ts'
import { printJson, runScript, saidYes, taskRunOf, textOf, type Verb, type Words } from './command-line.ts'
import { CHANGE_HELP, CHANGE_OPTIONS, KEY_OPTIONS, keySourceOf, runChange } from './members/change-script.ts'
import { readRotatedKeys } from './members/new-keys.ts'
import { drawRotation, KEY_KINDS, type KeyKind } from './members/rotation.ts'
import { drawRotationEnd } from './members/rotation-end.ts'
import { runTasks } from './run-tasks.ts'

const SCRIPT = 'rotate-key'
const HELP = `Usage: provisioning/rotate-key begin FOLDER [--only signing|tls]
       provisioning/rotate-key order NAME --bundle FOLDER --out FILE [--only signing|tls] [--signing-key FILE] [--tls-key FILE] [--request FILE --enrolment FILE]
       provisioning/rotate-key finish FOLDER

New keys for a member, without a stop: it holds both, signs under the old one until the session ends, and goes on under the new one.

  begin   on the appliance: makes next/keys/, and names them in its configuration beside the present keys; restart the agent once, so
          that it holds both. Where a TPM vouches for the appliance, have it enrolled for them before, with
          enroll-appliance request FOLDER/next --name NAME --tpm PLACE, authority challenge --replace, answer, enrol, install FOLDER/next:
          that enrolment is named beside the present one, and shown from the change of session on
  order   anywhere: the order for the operators to sign; a key that is not named stays
  finish  on the appliance, once the order was carried out: the new keys take the place of the old ones, which are
          destroyed. The agent need not be started again

Options of begin and order:
  --only KIND        signing or tls, the same for both; default: both
of order:
  --signing-key FILE NAME-signing.pub, as begin wrote it, in a cluster that does not attest
  --tls-key FILE     NAME-tls.pub
  --request FILE     in a cluster that attests, for a new signing key,
  --enrolment FILE   and what the authority has issued
${CHANGE_HELP}
Examples:
  provisioning/rotate-key begin /etc/quorumtime
  provisioning/rotate-key order ts1 --bundle rack-7 --signing-key ts1-signing.pub --tls-key ts1-tls.pub --out rotate-ts1.qto
  provisioning/rotate-key finish /etc/quorumtime
`

function kindsOf(words: Words): Result<readonly KeyKind[]> {
  const only = textOf(words, 'only')
  const kinds = KEY_KINDS.filter((kind) => only === undefined || kind === only)
  return kinds.length > 0 ? ok(kinds) : fail('usage', `--only: expected signing or tls, got "${only}"`)
}

function tellBegun(name: string, publicKeys: readonly string[], only: string | undefined): void {
  const carried = publicKeys.length === 0 ? 'request and enrolment of next/' : publicKeys.join(' and ')
  const alone = only === undefined ? '' : ` with --only ${only}`
  process.stdout.write(`${name}; next: restart its agent, and carry ${carried} to rotate-key order${alone}\n`)
}

const begin: Verb = {
  given: ['FOLDER'],
  options: { log: { type: 'string' }, only: { type: 'string' } },
  run: async (words) => {
    const [folder = ''] = words.positionals
    const kinds = kindsOf(words)
    if (!kinds.ok) return kinds
    const drawn = drawRotation(folder, kinds.value)
    if (!drawn.ok) return drawn
    const run = taskRunOf(words, `${SCRIPT} begin`, applianceFiles(folder).log)
    const ran = await runTasks(drawn.value.tasks, run)
    if (!ran.ok) return ran
    const { name, publicKeys } = drawn.value
    if (saidYes(words, 'json')) printJson({ node: name, publicKeys })
    else tellBegun(name, publicKeys, textOf(words, 'only'))
    return ok(undefined)
  },
}

const order: Verb = {
  given: ['NAME'],
  options: { ...CHANGE_OPTIONS, ...KEY_OPTIONS, only: { type: 'string' } },
  run: async (words) => {
    const [name = ''] = words.positionals
    const kinds = kindsOf(words)
    if (!kinds.ok) return kinds
    return runChange(words, `${SCRIPT} order`, (present) => {
      const keys = readRotatedKeys(name, keySourceOf(words), present, kinds.value)
      if (!keys.ok) return keys
      return ok({
        changes: { replaceKey: [{ name, ...keys.value }] },
        tasks: [],
        notices: [
          `${name} has to hold its next keys before you submit it: the event "keys" at its start names them beside the present ones`,
        ],
        afterwards: [`on ${name}, once it is carried out: provisioning/rotate-key finish /etc/quorumtime`],
      })
    })
  },
}

const finish: Verb = {
  given: ['FOLDER'],
  options: { log: { type: 'string' } },
  run: async (words) => {
    const [folder = ''] = words.positionals
    const drawn = await drawRotationEnd(folder)
    if (!drawn.ok) return drawn
    const ran = await runTasks(drawn.value, taskRunOf(words, `${SCRIPT} finish`, applianceFiles(folder).log))
    if (ran.ok && saidYes(words, 'json')) printJson({ configuration: join(folder, 'config.toml') })
    return ran
  },
}

await runScript(SCRIPT, HELP, { begin, order, finish }, process.argv.slice(2))
