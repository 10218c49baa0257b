import type { Command } from 'commander'
import type { DriverFault } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import { readLeapTable } from '../config/leap-seconds.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { formatUtc, type LeapTable, taiToUtc } from '../core/leap.ts'
import type { LabelSample, TimeSample } from '../core/sample.ts'
import { runDriver } from '../device/driver-shell.ts'
import { openReplay } from '../device/replay.ts'
import { printJson, printLine, reportFault } from './terminal.ts'

interface ReplayOptions {
  readonly driver: string
  readonly json?: boolean
  readonly ownSpeed?: boolean
  readonly floorDate?: string
}

/** `replay`: a recorded file through a driver, to see what the agent would make of it. */
export function addReplayVerb(program: Command): void {
  program
    .command('replay <file>')
    .description('Play a recorded file through a driver: one line per time sample, one per fault, a summary')
    .requiredOption('--driver <kind>', `which family: ${families.map(({ kind }) => kind).join(', ')}`)
    .option('--own-speed', 'as slowly as it was recorded, instead of at once')
    .option('--floor-date <date>', 'no true date lies before it (a week rollover); absent: every date is accepted')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExample:\n  quorumtime replay --driver nmea-receiver receiver.log --json')
    .action(async (file: string, options: ReplayOptions) => {
      const played = await replay(file, options)
      if (!played.ok) reportFault(played.fault)
    })
}

async function replay(file: string, options: ReplayOptions): Promise<Result<void>> {
  const family = families.find(({ kind }) => kind === options.driver)
  if (family === undefined) {
    return fail(
      'replay.driver',
      `--driver: expected one of ${families.map(({ kind }) => kind).join(', ')}, got "${options.driver}"`,
    )
  }
  const leapTable = readLeapTable(undefined)
  if (!leapTable.ok) return leapTable
  const checked = family.parseOptions({ floorDate: options.floorDate ?? null }, '--floor-date')
  if (!checked.ok) return checked
  const baudRate = family.serial?.baudRate ?? 9_600
  const counts = { samples: 0, valid: 0, faults: 0 }
  const print = (value: object, text: string): void => (options.json === true ? printJson(value) : printLine(text))
  const onSample = (sample: LabelSample | TimeSample): void => {
    counts.samples += 1
    const described = describeSample(sample, leapTable.value)
    if (described.valid) counts.valid += 1
    print(described, `${described.utc}  ${described.valid ? 'valid' : 'invalid'}`)
  }
  const onFault = ({ code, message, line }: DriverFault): void => {
    counts.faults += 1
    print({ type: 'fault', code, line, message }, `line ${line ?? '?'}: ${code}: ${message}`)
  }
  let details: Readonly<Record<string, unknown>> = {}
  const ended = await new Promise<Result<void>>((resolve) => {
    const shell = runDriver(
      {
        createDriver: () => family.create(checked.value, { source: 'replay', leapTable: leapTable.value }),
        openWire: (handlers) =>
          openReplay(
            { path: file, bytesPerSecond: baudRate / 10, pace: options.ownSpeed === true ? 'own' : 'full' },
            handlers,
          ),
        wakeBy: options.ownSpeed === true ? 'clock' : 'arrivals',
      },
      {
        onSample,
        onFault,
        onStatus: (status) => {
          details = status.details
        },
        onReset: () => undefined,
        onWire: (event) => {
          if (event.type === 'up') return
          const result = event.fault.code === 'replay.end' ? ok(undefined) : { ok: false as const, fault: event.fault }
          shell.close().then(() => resolve(result), resolve)
        },
      },
    )
  })
  if (!ended.ok) return ended
  print(
    { type: 'summary', file, driver: family.kind, ...counts, details },
    `${file}: ${counts.samples} samples, ${counts.valid} of them valid, ${counts.faults} faults`,
  )
  return ok(undefined)
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
