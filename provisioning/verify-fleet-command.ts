import { fail, ok, type Result } from '../src/core/fault.ts'
import { printJson, runScript, saidYes, textsOf, type Verb } from './command-line.ts'
import { askFleet, type FleetAnswer, readFleetAnswer } from './fleet/fleet-answer.ts'
import { fleetRows, tableLines } from './fleet/fleet-table.ts'

const SCRIPT = 'verify-fleet'
const HELP = `Usage: provisioning/verify-fleet (--config FILE | --from FILE)…

Prints what every appliance attests and what the others make of it: key, attestation key, enrolment number, TPM firmware, resets and
restarts, digests of software and configuration, instruments with serial numbers, verdict with reasons, age. Ends with 1 when
one is not verified. No agent judges itself: show it two at least. It only reads, so --dry-run is the same.

Options:
  --config FILE      configuration of an appliance whose agent runs on this machine; may be given several times
  --from FILE        what \`quorumtime attestation --json\` said on another one; may be given several times
  --json             one object instead of the table
  --help             this text

Example, with files from two appliances:
  ssh ts0 quorumtime attestation --json --config /etc/quorumtime/config.toml > ts0.json
  ssh ts1 quorumtime attestation --json --config /etc/quorumtime/config.toml > ts1.json
  provisioning/verify-fleet --from ts0.json --from ts1.json
`

const verify: Verb = {
  given: [],
  options: { config: { type: 'string', multiple: true }, from: { type: 'string', multiple: true } },
  run: async (words) => {
    const answers: FleetAnswer[] = []
    const asked: Result<FleetAnswer>[] = []
    for (const file of textsOf(words, 'config')) asked.push(await askFleet(file))
    asked.push(...textsOf(words, 'from').map(readFleetAnswer))
    for (const answer of asked) {
      if (!answer.ok) return answer
      answers.push(answer.value)
    }
    if (answers.length === 0) return fail('usage', 'expected --config or --from; --help explains')
    const rows = fleetRows(answers)
    if (!rows.ok) return rows
    const verified = rows.value.every(({ verdict }) => verdict === 'verified')
    if (saidYes(words, 'json')) printJson({ verified, appliances: rows.value })
    else process.stdout.write(`${tableLines(rows.value).join('\n')}\n`)
    if (!verified) process.exitCode = 1
    return ok(undefined)
  },
}

await runScript(SCRIPT, HELP, { '': verify }, process.argv.slice(2))
