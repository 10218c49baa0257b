import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { membershipHash } from '../src/consensus/membership.ts'
import { toHex } from '../src/core/bytes.ts'
import { ok, type Result } from '../src/core/fault.ts'
import { attempt } from '../src/linux/attempt.ts'
import { BENCH_ATTESTATION, benchTpm, makeBench } from './bench.ts'
import { type ClusterPlan, checkClusterPlan } from './cluster-plan.ts'
import { printJson, runScript, saidYes, taskRunOf, textOf, type Verb } from './command-line.ts'
import { summaryLine } from './genesis-steps.ts'
import { presentTai } from './present-tai.ts'

const SCRIPT = 'test-bench'
const HELP = `Usage: provisioning/test-bench FOLDER [--nodes N]

From nothing to enrolled appliances and a signed genesis, on this machine, with software TPMs (swtpm) whose endorsement keys are
certified by an authority of the bench; by the same steps as enroll-appliance, authority and cluster-genesis. Run again,
it keeps everything and changes no file but logs and the state of the TPMs.

In the folder afterwards: ca (who certifies endorsement keys), tpm (the state of each TPM), authority, genesis, and a folder
for each appliance, ts0 and on, as it would be in /etc/quorumtime.

Options:
  --nodes N     how many appliances; default: 4
  --json        what was made as JSON on standard output; what was done on standard error
  --log FILE    append a line of JSON for each step here; default: bench.log in the folder
  --help        this text

Example:
  provisioning/test-bench run/bench
`

const bench: Verb = {
  given: ['FOLDER'],
  options: { log: { type: 'string' }, nodes: { type: 'string' } },
  run: async (words) => {
    const [folder = ''] = words.positionals
    const plan = benchPlan(textOf(words, 'nodes') ?? '4')
    if (!plan.ok) return plan
    const genesisTai = presentTai()
    if (!genesisTai.ok) return genesisTai
    const ready = attempt('provisioning.write', `${folder}: expected to make this folder`, () =>
      mkdirSync(folder, { recursive: true }),
    )
    if (!ready.ok) return ready
    const startedAtMs = performance.now()
    const run = taskRunOf(words, SCRIPT, join(folder, 'bench.log'))
    const made = await makeBench({
      plan: plan.value,
      folder,
      genesisTai: () => genesisTai.value,
      updateConfigurations: false,
      run,
    })
    if (!made.ok) return made
    await made.value.stop()
    const { membership } = made.value
    const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1)
    if (saidYes(words, 'json')) printJson({ membership: toHex(membershipHash(membership)), seconds: Number(seconds) })
    else process.stdout.write(`${summaryLine(membership)}; ${seconds} s\n`)
    return ok(undefined)
  },
}

/** Without instruments: what they are, `npm start` shows. */
function benchPlan(nodes: string): Result<ClusterPlan> {
  const count = /^\d{1,2}$/.test(nodes) ? Number(nodes) : 0
  const appliances = Array.from({ length: count }, (_, id) => ({
    name: `ts${id}`,
    site: `hall-${id}`,
    address: '127.0.0.1',
    clusterPort: 7_400 + 2 * id,
    rangingPort: 7_401 + 2 * id,
    sources: [],
    tpm: benchTpm(`ts${id}`),
  }))
  return checkClusterPlan({ cluster: 'bench', attestation: BENCH_ATTESTATION, appliances }, 'bench')
}

await runScript(SCRIPT, HELP, { '': bench }, process.argv.slice(2))
