import { hostname, release } from 'node:os'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { DriverFamily, LineSettings } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import { readLeapTable } from '../config/leap-seconds.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import type { LeapTable } from '../core/leap.ts'
import { runDriver } from '../device/driver-shell.ts'
import { createRecording, type Recording } from '../device/recording.ts'
import { describeSettings, openSerialWire } from '../device/serial.ts'
import type { OpenWire, Wire, WireHandlers } from '../device/wire.ts'
import { readMonoNs } from '../linux/clock.ts'
import { findFamily } from './family-options.ts'
import { printJson, printLine, reportFault } from './terminal.ts'

interface Options {
  readonly device: string
  readonly out: string
  readonly driver?: string
  readonly instrument?: string
  readonly firmware?: string
  readonly by?: string
  readonly note: readonly string[]
  readonly baud?: number
  readonly parity?: LineSettings['parity']
  readonly dataBits?: number
  readonly seconds: number
  readonly bytes: number
  readonly json?: boolean
}

const SECONDS_MAX = 604_800
const BYTES_MAX = 1_073_741_824

const EXAMPLES = `
The bytes go into the file as they come, after lines beginning with "#" that say where they are from; when they came, and what
the host sent, goes into FILE.arrivals. Neither file may exist. It ends after --seconds or --bytes, or at a signal.
Instruments that say nothing unasked need --driver: the family's driver asks them, as the agent would.

Examples:
  quorumtime record --device /dev/ttyUSB0 --out gt88.log --instrument "Furuno GT-88" --firmware 4850545002 --seconds 600
  quorumtime record --device /dev/ttyS1 --driver smartclock --baud 19200 --parity odd --data-bits 7 --out z3801a.log
  quorumtime replay --driver nmea-receiver gt88.log`

/** `record`: what a unit says, for the tests of its driver. */
export function addRecordVerb(program: Command): void {
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]
  program
    .command('record')
    .description('Record what an instrument says, with where it is from, for replay')
    .requiredOption('--device <path>', 'its serial device')
    .requiredOption('--out <file>', 'where to; must not exist')
    .option('--driver <kind>', 'ask it by this driver, which also says how its line is set')
    .option('--instrument <text>', 'maker and model, as it stands on the unit')
    .option('--firmware <text>', 'what it says of its firmware')
    .option('--by <who>', 'who records')
    .option('--note <text>', 'anything else worth knowing; repeatable', collect, [])
    .option('--baud <rate>', "speed of the line (default: the driver's, else 9600)", wholeNumber(50, 4_000_000))
    .addOption(new Option('--parity <parity>', "(default: the driver's, else none)").choices(['none', 'odd', 'even']))
    .option('--data-bits <n>', "7 or 8 (default: the driver's, else 8)", wholeNumber(7, 8))
    .option('--seconds <n>', 'for so long at the most', wholeNumber(1, SECONDS_MAX), 300)
    .option('--bytes <n>', 'so much at the most', wholeNumber(1, BYTES_MAX), 16_777_216)
    .option('--json', 'one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      const recorded = await record(options)
      if (!recorded.ok) reportFault(recorded.fault)
    })
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`Expected an integer from ${min} to ${max}.`)
  }
}

async function record(options: Options): Promise<Result<void>> {
  const found = options.driver === undefined ? ok(undefined) : findFamily(families, '--driver', options.driver)
  if (!found.ok) return found
  const leapTable = readLeapTable(undefined)
  if (!leapTable.ok) return leapTable
  const line = lineOf(options, found.value)
  const created = createRecording(options.out, notesOf(options, line), readMonoNs())
  if (!created.ok) return created
  const recording = created.value
  const ended = await run({ options, line, recording, family: found.value, leapTable: leapTable.value })
  recording.close()
  if (!ended.ok && recording.bytes() === 0) recording.discard()
  if (!ended.ok) return ended
  const { reason, counts } = ended.value
  if (options.json === true)
    printJson({ type: 'recording', file: options.out, bytes: recording.bytes(), reason, ...counts })
  else {
    const heard = counts === undefined ? '' : `; its driver heard ${counts.samples} samples and ${counts.faults} faults`
    printLine(`${options.out}: ${recording.bytes()} bytes, ended by ${reason}${heard}`)
  }
  return ok(undefined)
}

function lineOf({ baud, parity, dataBits }: Options, family: DriverFamily<unknown> | undefined): LineSettings {
  return {
    baudRate: baud ?? family?.serial?.baudRate ?? 9600,
    parity: parity ?? family?.serial?.parity ?? 'none',
    dataBits: (dataBits ?? family?.serial?.dataBits) === 7 ? 7 : 8,
  }
}

function notesOf(options: Options, line: LineSettings): Readonly<Record<string, string>> {
  const { instrument = 'not told', firmware, by, driver, device, note } = options
  return {
    recorded: new Date().toISOString(),
    instrument,
    ...(firmware === undefined ? {} : { firmware }),
    ...(by === undefined ? {} : { by }),
    device,
    line: describeSettings(line),
    ...(driver === undefined ? {} : { 'asked by': `driver ${driver}` }),
    host: `${hostname()}, Linux ${release()}, quorumtime`,
    ...Object.fromEntries(note.map((text, index) => [index === 0 ? 'note' : `note ${index + 1}`, text])),
  }
}

interface Run {
  readonly options: Options
  readonly line: LineSettings
  readonly recording: Recording
  readonly family: DriverFamily<unknown> | undefined
  readonly leapTable: LeapTable
}

interface Ending {
  readonly reason: string
  readonly counts: { readonly samples: number; readonly faults: number } | undefined
}

/** Until time, bytes or the operator's patience are over; a fault when the device or the disk is. */
async function run({ options, line, recording, family, leapTable }: Run): Promise<Result<Ending>> {
  const over = Promise.withResolvers<Result<string>>()
  const end = (result: Result<string>): void => over.resolve(result)
  const openWire: OpenWire = (handlers) => tap(options, line, recording, end, handlers)
  const counts = { samples: 0, faults: 0 }
  const closing =
    family === undefined
      ? openWire({ onBytes: () => undefined, onState: () => undefined })
      : runDriver(
          { createDriver: () => driverOf(family, leapTable), openWire, wakeBy: 'clock' },
          {
            onSample: () => {
              counts.samples += 1
            },
            onFault: () => {
              counts.faults += 1
            },
            onStatus: () => undefined,
            onReset: () => undefined,
            onWire: () => undefined,
          },
        )
  const timer = setTimeout(() => end(ok(`${options.seconds} s`)), options.seconds * 1000)
  const interrupt = (signal: NodeJS.Signals): void => end(ok(signal))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt)
  const reason = await over.promise
  clearTimeout(timer)
  await closing.close()
  return reason.ok ? ok({ reason: reason.value, counts: family === undefined ? undefined : counts }) : reason
}

function driverOf(family: DriverFamily<unknown>, leapTable: LeapTable) {
  const options = family.parseOptions({}, 'options')
  if (!options.ok) throw new Error(options.fault.message)
  return family.create(options.value, { source: 'record', leapTable })
}

/** The serial line, with all that passes written down. A link that is opened afresh goes on in the same recording. */
function tap(
  { device, bytes: bytesMax }: Options,
  line: LineSettings,
  recording: Recording,
  end: (result: Result<string>) => void,
  handlers: WireHandlers,
): Wire {
  const note = (done: Result<void>): void => {
    if (!done.ok) end(done)
  }
  const wire = openSerialWire(
    { path: device, ...line },
    {
      onBytes: (bytes, receivedAt) => {
        const room = bytesMax - recording.bytes()
        if (room > 0) note(recording.heard(bytes.subarray(0, room), receivedAt))
        if (recording.bytes() >= bytesMax) end(ok(`${bytesMax} bytes`))
        handlers.onBytes(bytes, receivedAt)
      },
      onState: (event) => {
        if (event.type !== 'up' && event.fault.code !== 'wire.restarted') end(lost(event.fault, recording.bytes()))
        handlers.onState(event)
      },
    },
  )
  return {
    ...wire,
    write: (bytes) => {
      const written = wire.write(bytes)
      if (written.ok) note(recording.sent(bytes, readMonoNs()))
      return written
    },
  }
}

function lost({ code, message }: Fault, bytes: number): Result<never> {
  return fail(code, bytes === 0 ? message : `${message}; the ${bytes} bytes before that are kept`)
}
