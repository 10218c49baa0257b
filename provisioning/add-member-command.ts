import { readClusterPlan } from './cluster-plan.ts'
import { requiredText, runScript, textOf, type Verb } from './command-line.ts'
import { addMember } from './members/addition.ts'
import {
  besideOrder,
  CHANGE_HELP,
  CHANGE_OPTIONS,
  KEY_HELP,
  KEY_OPTIONS,
  keySourceOf,
  runChange,
} from './members/change-script.ts'

const SCRIPT = 'add-member'
const HELP = `Usage: provisioning/add-member NAME --plan PLAN --bundle FOLDER --out FILE (--request FILE --enrolment FILE | --signing-key FILE --tls-key FILE)

Makes the order that adds an appliance to a running cluster, and beside it NAME-config.toml, the configuration of that appliance, out of the plan. Says
which lines every other appliance needs, and writes them where it is shown a folder of them. In a cluster that attests, have
the appliance enrolled first; request and enrolment are checked against the authorities of the present membership.

Options:
  NAME               as in the plan
  --plan PLAN        the cluster's plan, with the newcomer in it
  --update-configurations FOLDER
                     add the newcomer's address to each FOLDER/*/config.toml; all else in them stays
${KEY_HELP}${CHANGE_HELP}
Example:
  provisioning/add-member ts4 --plan rack-7.toml --bundle rack-7 --request ts4-request.cbor --enrolment ts4-enrolment.cbor --out add-ts4.qto
`

const add: Verb = {
  given: ['NAME'],
  options: {
    ...CHANGE_OPTIONS,
    ...KEY_OPTIONS,
    plan: { type: 'string' },
    'update-configurations': { type: 'string' },
  },
  run: async (words) => {
    const [name = ''] = words.positionals
    const file = requiredText(words, 'plan')
    if (!file.ok) return file
    const plan = readClusterPlan(file.value)
    if (!plan.ok) return plan
    return runChange(words, SCRIPT, (present, out) =>
      addMember(
        {
          name,
          plan: plan.value,
          keys: keySourceOf(words),
          configuration: besideOrder(out, `${name}-config.toml`),
          appliances: textOf(words, 'update-configurations'),
        },
        present,
      ),
    )
  },
}

await runScript(SCRIPT, HELP, { '': add }, process.argv.slice(2))
