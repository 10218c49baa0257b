import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { FLAGS } from '../../drivers/ptp/header.ts'
import { ANY_PORT } from '../../drivers/ptp/management.ts'
import {
  type AskedName,
  decodeAnswer,
  encodeQuestion,
  type ManagementAnswer,
} from '../../drivers/ptp/management-answer.ts'
import { samePort } from '../../drivers/ptp/port-identity.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { randomBytes } from '../crypto/random.ts'
import { type ManagementLink, openUdpManagement, openUnixManagement } from '../device/management-link.ts'
import { clockStatesOf, describeClockState } from './describe-clock-states.ts'
import { printJson, printLine, reportFault } from './terminal.ts'

interface Options {
  readonly socket?: string
  readonly interface?: string
  readonly to?: string
  readonly network: 'udp4' | 'udp6'
  readonly domain: number
  readonly transportSpecific: number
  readonly hops: number
  readonly seconds: number
  readonly json?: boolean
}

/** Of every clock; those of linuxptp alone are asked for at its own socket. */
const QUESTIONS: readonly AskedName[] = [
  'DEFAULT_DATA_SET',
  'CURRENT_DATA_SET',
  'PARENT_DATA_SET',
  'TIME_PROPERTIES_DATA_SET',
  'PORT_DATA_SET',
  'CLOCK_DESCRIPTION',
]
const QUESTIONS_OF_LINUXPTP: readonly AskedName[] = ['GRANDMASTER_SETTINGS_NP', 'TIME_STATUS_NP']
const BETWEEN_QUESTIONS_MS = 20
const ANSWERS_MAX = 1_000

const EXAMPLES = `
Asks by management messages and sets nothing. Many grandmasters do not answer; nothing of an answer is authenticated. Over the
network port 320 is needed, which is for root.

Examples:
  quorumtime ptp-state --socket /var/run/ptp4l
  quorumtime ptp-state --interface eth0 --domain 24
  quorumtime ptp-state --interface eth0 --to 192.0.2.10 --json`

/** `ptp-state`: what PTP clocks say of themselves. */
export function addPtpStateVerb(program: Command): void {
  program
    .command('ptp-state')
    .description('What a local ptp4l, or the PTP clocks of a network, say of themselves')
    .option('--socket <path>', "ptp4l's socket, its uds_address")
    .option('--interface <name>', 'the network interface that the clocks are on')
    .option('--to <address>', 'only the clock at this address (default: every one on the link)')
    .addOption(new Option('--network <network>', '').choices(['udp4', 'udp6']).default('udp4'))
    .option('--domain <n>', 'of the clocks', wholeNumber(0, 255), 0)
    .option('--transport-specific <n>', 'of the clocks', wholeNumber(0, 15), 0)
    .option('--hops <n>', 'over so many boundary clocks', wholeNumber(0, 16), 0)
    .option('--seconds <n>', 'wait so long for answers', wholeNumber(1, 60), 1)
    .option('--json', 'one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      const answers = await askAll(options)
      if (!answers.ok) return reportFault(answers.fault)
      const clocks = clockStatesOf(answers.value)
      if (options.json === true) printJson({ clocks })
      else for (const clock of clocks) for (const line of describeClockState(clock)) printLine(line)
      if (clocks.length === 0) reportFault(silence(options))
    })
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`Expected an integer from ${min} to ${max}.`)
  }
}

async function askAll(options: Options): Promise<Result<readonly ManagementAnswer[]>> {
  const { domain, transportSpecific, hops, seconds } = options
  const port = { clockIdentity: randomBytes(8), portNumber: process.pid & 0xffff }
  const answers: ManagementAnswer[] = []
  const link = await openLink(options, (bytes) => {
    const answer = decodeAnswer(bytes)
    // Others ask here too, and what does not decode is nobody's answer.
    if (!answer.ok || answer.value === undefined || answers.length >= ANSWERS_MAX) return
    if (samePort(answer.value.to, port)) answers.push(answer.value)
  })
  if (!link.ok) return link
  try {
    const names = options.socket === undefined ? QUESTIONS : [...QUESTIONS, ...QUESTIONS_OF_LINUXPTP]
    const flags = options.to === undefined ? 0 : FLAGS.unicast
    for (const [sequenceId, name] of names.entries()) {
      const header = { sdoId: transportSpecific << 8, domain, sourcePort: port, sequenceId, flags }
      const sent = await link.value.send(encodeQuestion(header, name, { targetPort: ANY_PORT, boundaryHops: hops }))
      if (!sent.ok) return sent
      await sleep(BETWEEN_QUESTIONS_MS)
    }
    await sleep(seconds * 1_000)
  } finally {
    link.value.close()
  }
  return ok(answers)
}

async function openLink(options: Options, onBytes: (bytes: Uint8Array) => void): Promise<Result<ManagementLink>> {
  const { socket, interface: name, network, to } = options
  if (socket !== undefined && name === undefined && to === undefined) return openUnixManagement(socket, onBytes)
  if (name !== undefined && socket === undefined) {
    return await openUdpManagement({ network, interface: name, to }, onBytes)
  }
  return fail('cli.options', 'expected either --socket, or --interface with or without --to')
}

function silence({ domain, transportSpecific, seconds }: Options) {
  const asked = `in domain ${domain} with transportSpecific ${transportSpecific}`
  return { code: 'ptp.silent', message: `expected an answer ${asked} within ${seconds} s, got none` }
}
