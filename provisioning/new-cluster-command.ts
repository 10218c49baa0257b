import { parseArgs } from 'node:util'
import type { Fault } from '../src/core/fault.ts'
import { readClusterPlan } from './cluster-plan.ts'
import { summaryLine } from './genesis-steps.ts'
import { createCluster } from './new-cluster.ts'
import { presentTai } from './present-tai.ts'

const HELP = `Usage: provisioning/new-cluster --plan FILE --out FOLDER [--dry-run]

Makes what a cluster needs before its first start: for every appliance two ML-DSA-87 keys (mode 0600), an empty safety
journal and a configuration, for every operator a key (none for one whose operators/NAME.pub lies there), and for all of them one
genesis file. What exists is kept; run again, it changes nothing.
Nothing is written unless all of it can be: a plan that does not fit what is there is refused.

Options:
  --plan FILE    the appliances and what hangs on each (TOML; provisioning/example-plan.toml)
  --out FOLDER   where everything goes, one folder per appliance
  --dry-run      say what would be done, do nothing
  --update-configurations
                 replace configurations that do not follow from the plan (any more)
  --help         this text

Example:
  provisioning/new-cluster --plan rack-7.toml --out /srv/rack-7 --dry-run
`

const options = {
  plan: { type: 'string' },
  out: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  'update-configurations': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

function refuse(fault: Fault): never {
  for (const line of fault.message.split('\n')) process.stderr.write(`new-cluster: ${line}\n`)
  process.exit(1)
}

function readOptions(): { plan: string; out: string; dryRun: boolean; updateConfigurations: boolean } {
  try {
    const { values } = parseArgs({ options })
    if (values.help) {
      process.stdout.write(HELP)
      process.exit(0)
    }
    if (values.plan === undefined || values.out === undefined) {
      refuse({ code: 'usage', message: 'expected --plan FILE and --out FOLDER; --help explains' })
    }
    const { plan, out } = values
    return { plan, out, dryRun: values['dry-run'], updateConfigurations: values['update-configurations'] }
  } catch (error) {
    refuse({ code: 'usage', message: `${(error as Error).message}; --help explains` })
  }
}

const { plan: planFile, out, dryRun, updateConfigurations } = readOptions()
const plan = readClusterPlan(planFile)
if (!plan.ok) refuse(plan.fault)
const genesisTai = presentTai()
if (!genesisTai.ok) refuse(genesisTai.fault)
const made = createCluster({
  plan: plan.value,
  folder: out,
  dryRun,
  updateConfigurations,
  genesisTai: genesisTai.value,
})
if (!made.ok) refuse(made.fault)
for (const { action, path, what } of made.value.steps)
  process.stdout.write(`${dryRun ? 'would ' : ''}${action} ${path} (${what})\n`)
if (made.value.membership !== undefined) process.stdout.write(`${summaryLine(made.value.membership)}\n`)
