import { dirname, join, resolve } from 'node:path'
import { membershipHash } from '../src/consensus/membership.ts'
import { toHex } from '../src/core/bytes.ts'
import { ok, type Result } from '../src/core/fault.ts'
import { readPublicKey } from './appliance/appliance-files.ts'
import { drawClusterGenesis } from './cluster-genesis.ts'
import { type ClusterPlan, readClusterPlan } from './cluster-plan.ts'
import { printJson, requiredText, runScript, saidYes, taskRunOf, type Verb } from './command-line.ts'
import { openAuthority } from './enrolment-authority/authority.ts'
import { summaryLine } from './genesis-steps.ts'
import { presentTai } from './present-tai.ts'
import { runTasks } from './run-tasks.ts'

const SCRIPT = 'cluster-genesis'
const HELP = `Usage: provisioning/cluster-genesis PLAN --authority FOLDER --out FOLDER [options]

Makes the genesis of a cluster that attests, and has the authority sign it: run it where the authority is. The members are the appliances
of the plan, by the public keys that the authority has enrolled; their private keys are not needed and not here. Writes genesis.cbor,
genesis.signatures.cbor, a configuration for each appliance, and operators/NAME.pem, a key for each operator: none for one whose
operators/NAME.pub, PEM as well, lies there before, since the private half is elsewhere then. Carry all but operators/ to each appliance, and run enroll-appliance join there.

What exists is kept; run again, it changes nothing. A genesis never changes.

Options:
  PLAN               the appliances and what is asked of their TPMs (TOML; provisioning/example-attested-plan.toml)
  --authority FOLDER the authority's folder
  --out FOLDER       where everything goes
  --update-configurations
                     replace configurations that do not follow from the plan (any more)
  --dry-run          say what would be done, do nothing
  --json             what was made as JSON on standard output; what was done on standard error
  --log FILE         append a line of JSON for each step here; default: authority.log in the authority's folder
  --help             this text

Example:
  provisioning/cluster-genesis rack-7.toml --authority /srv/authority --out rack-7
`

const found: Verb = {
  given: ['PLAN'],
  options: {
    authority: { type: 'string' },
    out: { type: 'string' },
    log: { type: 'string' },
    'update-configurations': { type: 'boolean' },
  },
  run: async (words) => {
    const [planFile = ''] = words.positionals
    const plan = readClusterPlan(planFile)
    if (!plan.ok) return plan
    const folder = requiredText(words, 'out')
    if (!folder.ok) return folder
    const authorityFolder = requiredText(words, 'authority')
    if (!authorityFolder.ok) return authorityFolder
    const otherAuthorities = readOthers(plan.value, dirname(resolve(planFile)))
    if (!otherAuthorities.ok) return otherAuthorities
    const genesisTai = presentTai()
    if (!genesisTai.ok) return genesisTai
    const authority = openAuthority(authorityFolder.value)
    if (!authority.ok) return authority
    try {
      const drawn = drawClusterGenesis({
        plan: plan.value,
        authority: authority.value,
        otherAuthorities: otherAuthorities.value,
        folder: folder.value,
        updateConfigurations: saidYes(words, 'update-configurations'),
        genesisTai: genesisTai.value,
      })
      if (!drawn.ok) return drawn
      const { tasks, membership } = drawn.value
      const ran = await runTasks(tasks, taskRunOf(words, SCRIPT, join(authorityFolder.value, 'authority.log')))
      if (!ran.ok || saidYes(words, 'dry-run')) return ran
      if (saidYes(words, 'json'))
        printJson({ cluster: membership.cluster, membership: toHex(membershipHash(membership)) })
      else process.stdout.write(`${summaryLine(membership)}\n`)
      return ok(undefined)
    } finally {
      authority.value.close()
    }
  },
}

function readOthers({ attestation }: ClusterPlan, folder: string): Result<readonly Uint8Array[]> {
  const keys: Uint8Array[] = []
  for (const path of attestation?.authorities ?? []) {
    const key = readPublicKey(resolve(folder, path))
    if (!key.ok) return key
    keys.push(key.value)
  }
  return ok(keys)
}

await runScript(SCRIPT, HELP, { '': found }, process.argv.slice(2))
