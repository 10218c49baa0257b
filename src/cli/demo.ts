import type { Command } from 'commander'
import { fail, ok, type Result } from '../core/fault.ts'
import { type PlannedFault, parsePlannedFault } from './demo/fault-plan.ts'
import { deskFaults } from './demo/instruments.ts'
import { runDemo } from './demo/run.ts'
import { type Appointment, parseAppointment } from './demo/schedule.ts'
import { reportFault } from './terminal.ts'

interface RawOptions {
  readonly nodes: string
  readonly epochs?: string
  readonly liar?: string
  readonly liarRate: string
  readonly kill: readonly string[]
  readonly restart: readonly string[]
  readonly fault: readonly string[]
  readonly folder?: string
  readonly attest?: string
  readonly json?: boolean
}

export interface DemoOptions {
  readonly nodes: number
  /** Undefined: until Ctrl-C. */
  readonly epochs: number | undefined
  /** The appliance under the spoofed sky. */
  readonly liar: number | undefined
  readonly liarRatePpb: bigint
  readonly kills: readonly Appointment[]
  readonly restarts: readonly Appointment[]
  readonly faults: readonly PlannedFault[]
  /** Where keys, journals and certificates go; undefined: a temporary folder, removed at the end. */
  readonly folder: string | undefined
  /** Each appliance has a software TPM, is enrolled, and shows an attestation record. */
  readonly attest: boolean
  readonly json: boolean
}

/** `demo`: a whole cluster on this machine, with emulated instruments on real ptys. */
export function addDemoVerb(program: Command): void {
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]
  program
    .command('demo')
    .description('Run a cluster of appliances on this machine, each a process with emulated instruments on real ptys')
    .option('--nodes <n>', 'how many appliances', '4')
    .option('--epochs <n>', 'stop after so many epochs, counted from the first certificate; absent: run until Ctrl-C')
    .option('--liar <node>', 'the sky of this appliance walks away')
    .option('--liar-rate <µs/s>', 'how fast it walks', '20')
    .option(
      '--kill <node@epoch>',
      'SIGKILL an appliance at an epoch (leader@8: whoever leads then); repeatable',
      collect,
      [],
    )
    .option(
      '--restart <node@epoch>',
      'start a killed appliance again at an epoch (leader@14: the killed leader); repeatable',
      collect,
      [],
    )
    .option(
      '--fault <node:instrument:name@epoch[-epoch]>',
      'from an epoch on, until another, an instrument (gnss0, gpsdo0) has a fault of its own or its line; repeatable',
      collect,
      [],
    )
    .option('--folder <path>', 'keep keys, journals and certificates here; absent: a temporary folder')
    .option('--attest <tpm>', 'swtpm: each appliance has a software TPM, is enrolled, and attests what it runs')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  quorumtime demo --epochs 20
  quorumtime demo --epochs 40 --liar 3
  quorumtime demo --epochs 20 --kill 2@8 --restart 2@14
  quorumtime demo --epochs 40 --fault 1:gpsdo0:no-gps@10-20 --fault 2:gnss0:line-garbage@12
  quorumtime demo --epochs 20 --kill leader@8 --json
  quorumtime demo --epochs 20 --attest swtpm

quorumtime emulate nmea-receiver --list-faults (gnss0) and smartclock --list-faults (gpsdo0) name the faults.`,
    )
    .action(async (raw: RawOptions) => {
      const options = readOptions(raw)
      const ran = options.ok ? await runDemo(options.value) : options
      if (!ran.ok) reportFault(ran.fault)
    })
}

function readOptions(raw: RawOptions): Result<DemoOptions> {
  const nodes = readInteger(raw.nodes, '--nodes', 1, 31)
  if (!nodes.ok) return nodes
  const epochs = raw.epochs === undefined ? ok(undefined) : readInteger(raw.epochs, '--epochs', 1, 1_000_000)
  if (!epochs.ok) return epochs
  const liar = raw.liar === undefined ? ok(undefined) : readInteger(raw.liar, '--liar', 0, nodes.value - 1)
  if (!liar.ok) return liar
  const rate = readInteger(raw.liarRate, '--liar-rate', -1_000, 1_000)
  if (!rate.ok) return rate
  const kills = readAppointments(raw.kill, '--kill', nodes.value, true)
  if (!kills.ok) return kills
  const leaderFalls = kills.value.some(({ who }) => who === 'leader')
  const restarts = readAppointments(raw.restart, '--restart', nodes.value, leaderFalls)
  if (!restarts.ok) return restarts
  const faults = readFaults(raw.fault, nodes.value)
  if (!faults.ok) return faults
  if (raw.attest !== undefined && raw.attest !== 'swtpm') {
    return fail('demo.option', `--attest: expected swtpm, got "${raw.attest}"`)
  }
  return ok({
    nodes: nodes.value,
    epochs: epochs.value,
    liar: liar.value,
    liarRatePpb: BigInt(rate.value) * 1_000n,
    kills: kills.value,
    restarts: restarts.value,
    faults: faults.value,
    folder: raw.folder,
    attest: raw.attest !== undefined,
    json: raw.json === true,
  })
}

function readInteger(text: string, option: string, min: number, max: number): Result<number> {
  const value = /^-?\d{1,7}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return ok(value)
  return fail('demo.option', `${option}: expected an integer from ${min} to ${max}, got "${text}"`)
}

function readAppointments(
  texts: readonly string[],
  option: string,
  nodes: number,
  allowLeader: boolean,
): Result<readonly Appointment[]> {
  const appointments: Appointment[] = []
  for (const text of texts) {
    const parsed = parseAppointment(text, option, nodes, allowLeader)
    if (!parsed.ok) return parsed
    appointments.push(parsed.value)
  }
  return ok(appointments)
}

function readFaults(texts: readonly string[], nodes: number): Result<readonly PlannedFault[]> {
  const faults: PlannedFault[] = []
  for (const text of texts) {
    const parsed = parsePlannedFault(text, '--fault', nodes, deskFaults())
    if (!parsed.ok) return parsed
    faults.push(parsed.value)
  }
  return ok(faults)
}
