import { z } from 'zod'
import { explain } from '../../drivers/options.ts'
import { askAgent } from '../../src/agent/control-socket.ts'
import { readConfiguration } from '../../src/config/parse.ts'
import { readNamedFile } from '../../src/config/read-file.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'

/** What one agent makes of the others' records: `quorumtime attestation --json`, from its socket or out of a file. */

const item = z.object({
  part: z.string(),
  name: z.string(),
  kind: z.string(),
  serialNumber: z.string().optional(),
  firmware: z.string().optional(),
})

const member = z.object({
  member: z.string(),
  verdict: z.enum(['verified', 'flagged', 'refused', 'none', 'unjudged']),
  reasons: z.array(z.object({ code: z.string(), message: z.string() })),
  ageNs: z.string().nullable(),
  provider: z.string().nullable(),
  tpm: z.object({ firmware: z.string(), resetCount: z.number(), restartCount: z.number() }).nullable(),
  key: z.string().nullable(),
  enrolment: z.object({ serial: z.number(), attestationKey: z.string(), endorsement: z.string() }).nullable(),
  software: z.string().nullable(),
  configuration: z.string().nullable(),
  inventory: z.array(item),
})

const answer = z.object({
  node: z.string(),
  terms: z.object({ fleet: z.string() }).nullable(),
  members: z.array(member),
})

export type FleetAnswer = z.infer<typeof answer>
export type FleetMember = z.infer<typeof member>

const ANSWER_BYTES_MAX = 4_194_304

/** From the agent that runs with this configuration. Faults: those of configurations, `control.*`, `fleet.answer`. */
export async function askFleet(configurationFile: string): Promise<Result<FleetAnswer>> {
  const configuration = readConfiguration(configurationFile)
  if (!configuration.ok) return configuration
  const asked = await askAgent(configuration.value.node.controlSocket, 'attestation')
  return asked.ok ? parse(asked.value, configurationFile) : asked
}

/** From a file with what an agent answered. Faults: `file.unreadable`, `fleet.answer`. */
export function readFleetAnswer(file: string): Result<FleetAnswer> {
  const bytes = readNamedFile(file, { what: 'what `quorumtime attestation --json` says', bytesMax: ANSWER_BYTES_MAX })
  return bytes.ok ? parse(new TextDecoder().decode(bytes.value), file) : bytes
}

function parse(text: string, from: string): Result<FleetAnswer> {
  const expected = `${from}: expected what \`quorumtime attestation --json\` says`
  let input: unknown
  try {
    input = JSON.parse(text)
  } catch {
    return fail('fleet.answer', `${expected}, got something that is no JSON`)
  }
  const checked = answer.safeParse(input)
  if (checked.success) return ok(checked.data)
  return fail('fleet.answer', `${expected}: ${explain(checked.error, input, '').slice(0, 3).join('; ')}`)
}
