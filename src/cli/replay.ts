import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { DriverFamily, DriverFault, DriverStatus } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import { readLeapTable } from '../config/leap-seconds.ts'
import { readNamedFile } from '../config/read-file.ts'
import { ok, type Result } from '../core/fault.ts'
import { formatUtc, type LeapTable, taiToUtc } from '../core/leap.ts'
import type { LabelSample, TimeSample } from '../core/sample.ts'
import { runDriver } from '../device/driver-shell.ts'
import { type Arrival, arrivalsPath, parseArrivals } from '../device/recording.ts'
import { openReplay, type Replay } from '../device/replay.ts'
import { findFamily, parseTable } from './family-options.ts'
import { printJson, printLine, reportFault } from './terminal.ts'

interface ReplayOptions {
  readonly driver: string
  readonly options?: string
  readonly json?: boolean
  readonly ownSpeed?: boolean
}

/** A day of them at one a second per sentence. */
const ARRIVALS_BYTES_MAX = 67_108_864

const KINDS = families.map(({ kind }) => kind).join(', ')

/** `replay`: a recorded file through a driver, to see what the agent would make of it. */
export function addReplayVerb(program: Command): void {
  program
    .command('replay <file>')
    .description('Play a recorded file through a driver: one line per time sample, one per fault, a summary')
    .requiredOption('--driver <kind>', `which family: ${KINDS}`)
    .option('--options <json>', "the driver's options; absent: those for a recording of any year")
    .option('--own-speed', 'as slowly as it was recorded, instead of at once')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExample:\n  quorumtime replay --driver nmea-receiver receiver.log --json')
    .action(async (file: string, options: ReplayOptions) => {
      const played = await replay(file, options)
      if (!played.ok) reportFault(played.fault)
    })
}

async function replay(file: string, { driver, options, json, ownSpeed }: ReplayOptions): Promise<Result<void>> {
  const found = findFamily(families, '--driver', driver)
  if (!found.ok) return found
  const family = found.value
  const given = parseTable('--options', options ?? '{}')
  if (!given.ok) return given
  const checked = family.parseOptions({ ...family.recordingOptions, ...given.value }, '--options')
  if (!checked.ok) return checked
  const leapTable = readLeapTable(undefined)
  if (!leapTable.ok) return leapTable
  const arrivals = readArrivals(file)
  if (!arrivals.ok) return arrivals
  const recording = {
    family,
    options: checked.value,
    file,
    ownSpeed: ownSpeed === true,
    leapTable: leapTable.value,
    arrivals: arrivals.value,
  }
  return play(recording, (value, text) => (json === true ? printJson(value) : printLine(text)))
}

interface Recording {
  readonly family: DriverFamily<unknown>
  readonly options: unknown
  readonly file: string
  readonly ownSpeed: boolean
  readonly leapTable: LeapTable
  readonly arrivals: readonly Arrival[]
}

/** When the bytes came, if `record` has written that beside them. */
function readArrivals(file: string): Result<readonly Arrival[]> {
  const path = arrivalsPath(file)
  if (!existsSync(path)) return ok([])
  const bytes = readNamedFile(path, { what: 'the arrivals of a recording', bytesMax: ARRIVALS_BYTES_MAX })
  return bytes.ok ? parseArrivals(Buffer.from(bytes.value).toString('latin1'), path) : bytes
}

/** Says what comes out of the driver, line by line; ends with the file. */
async function play(
  { family, options, file, ownSpeed, leapTable, arrivals }: Recording,
  print: (value: object, text: string) => void,
): Promise<Result<void>> {
  const counts = { samples: 0, valid: 0, faults: 0 }
  let details: DriverStatus['details'] = {}
  let tape: Replay | undefined
  const onSample = (sample: LabelSample | TimeSample): void => {
    const described = describeSample(sample, leapTable)
    counts.samples += 1
    counts.valid += described.valid ? 1 : 0
    print(described, `${described.utc}  ${described.valid ? 'valid' : 'invalid'}`)
  }
  const onFault = ({ code, message, line: lineOfDevice }: DriverFault): void => {
    counts.faults += 1
    // The driver counts from what the instrument said first; people count from the top of the file.
    const line = lineOfDevice === undefined ? undefined : lineOfDevice + (tape?.noteLines() ?? 0)
    print({ type: 'fault', code, line, message }, `line ${line ?? '?'}: ${code}: ${message}`)
  }
  const ended = Promise.withResolvers<Result<void>>()
  const bytesPerSecond = (family.serial?.baudRate ?? 9_600) / 10
  const shell = runDriver(
    {
      createDriver: () => family.create(options, { source: 'replay', leapTable }),
      openWire: (handlers) => {
        tape = openReplay({ path: file, bytesPerSecond, arrivals, pace: ownSpeed ? 'own' : 'full' }, handlers)
        return tape
      },
      wakeBy: ownSpeed ? 'clock' : 'arrivals',
    },
    {
      onSample,
      onFault,
      onStatus: (status) => {
        details = status.details
      },
      onReset: () => undefined,
      onWire: (event) => {
        if (event.type !== 'up')
          ended.resolve(event.fault.code === 'replay.end' ? ok(undefined) : { ok: false, fault: event.fault })
      },
    },
  )
  const result = await ended.promise
  await shell.close()
  if (result.ok) {
    print(
      { type: 'summary', file, driver: family.kind, ...counts, details },
      `${file}: ${counts.samples} samples, ${counts.valid} of them valid, ${counts.faults} faults`,
    )
  }
  return result
}

interface DescribedSample {
  readonly type: 'sample'
  readonly utc: string
  readonly tai: bigint
  readonly valid: boolean
  readonly quality: string
  readonly arrivedNs: bigint
}

function describeSample(sample: LabelSample | TimeSample, table: LeapTable): DescribedSample {
  const utc = taiToUtc(table, sample.taiNs)
  return {
    type: 'sample',
    utc: utc.ok ? formatUtc(utc.value) : 'before 1972',
    tai: sample.taiNs,
    valid: sample.kind === 'label' ? sample.valid : sample.quality !== 'unlocked',
    quality: sample.quality,
    arrivedNs: sample.kind === 'label' ? sample.firstByteAt : sample.monoNs,
  }
}
