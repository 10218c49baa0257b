import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { askAgent } from '../agent/control-socket.ts'
import { applyCalibrations } from '../config/apply-calibrations.ts'
import {
  CALIBRATION_METHODS,
  type CalibrationRecord,
  checkRecord,
  latestRecord,
  readRecordsIfAny,
  withRecord,
} from '../config/calibration-record.ts'
import { readUncalibrated } from '../config/parse.ts'
import type { Configuration } from '../config/schema.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { DIFFERENCES_MIN } from '../fusion/delay-estimate.ts'
import { attempt } from '../linux/attempt.ts'
import { type CommonViewResult, compare } from './calibrate/common-view.ts'
import { type MeasuredDelay, measuredDelay, type Told } from './calibrate/measured-delay.ts'
import { printJson, printLine, reportFault } from './terminal.ts'

interface Options extends Told {
  readonly config: string
  readonly by: string
  readonly at?: string
  readonly note?: string
  readonly against?: string
  readonly seconds: number
  readonly referenceUncertainty?: number
  readonly dryRun?: boolean
  readonly json?: boolean
}

const EXAMPLES = `
The delay is that of antenna, cables and converters together, from the reference point to the input here: readings of the
source are put earlier by it. Its uncertainty, a half-width, is added to the source's accuracy. Records go to the file that
"calibrations" in [node] names, or beside the configuration; the latest of a source counts from the agent's next start.

Examples:
  An antenna cable by its echo, 154 ns there and back:
    quorumtime calibrate gnss0 --config config.toml --method tdr --delay 77 --uncertainty 2 --by "A. Meier"
  30 m of cable with a velocity factor of 0.85 and nothing better known:
    quorumtime calibrate gnss0 --config config.toml --method datasheet --length 30 --velocity 0.85 --by "A. Meier"
  Against a calibrated receiver of the same running agent, for an hour:
    quorumtime calibrate gnss1 --config config.toml --method common-view --against gnss0 --seconds 3600 --by "A. Meier"`

/** `calibrate`: how the delay of a source was measured, recorded beside the configuration. */
export function addCalibrateVerb(program: Command): void {
  program
    .command('calibrate')
    .description("Record a source's antenna and cable delay: measured how, by whom, when, how well")
    .argument('<source>', 'its name in the configuration')
    .requiredOption('--config <file>', 'configuration (TOML)')
    .addOption(new Option('--method <method>', 'how').choices(CALIBRATION_METHODS).makeOptionMandatory())
    .requiredOption('--by <who>', 'who measured')
    .option('--at <instant>', 'when, like 2026-11-28T04:30:00Z (default: now)')
    .option('--delay <ns>', 'the delay', number)
    .option('--uncertainty <ns>', 'half-width that holds the truth', number)
    .option('--length <m>', 'length of the cable', number)
    .option('--velocity <share>', 'its velocity factor', number)
    .option('--against <source>', 'measure now: compare with this source of the running agent')
    .option('--seconds <n>', 'for so long', number, 600)
    .option('--reference-uncertainty <ns>', "of the other source's delay (default: as recorded)", number)
    .option('--note <text>', 'cable, instrument, readings')
    .option('--dry-run', 'show the record, write nothing')
    .option('--json', 'one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, options: Options) => {
      const calibrated = await calibrate(source, options)
      if (!calibrated.ok) return reportFault(calibrated.fault)
      if (options.json === true) printJson({ type: 'calibration', ...calibrated.value })
      else tell(calibrated.value)
    })
}

function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`expected a number, got "${text}"`)
  return value
}

interface Calibrated {
  readonly record: CalibrationRecord
  readonly file: string
  readonly written: boolean
  /** Whether the configuration names the file. */
  readonly named: boolean
  readonly pulses: boolean
  readonly replaces: CalibrationRecord | undefined
  readonly comparison: CommonViewResult['estimate'] | undefined
}

async function calibrate(source: string, options: Options): Promise<Result<Calibrated>> {
  const configuration = readUncalibrated(options.config)
  if (!configuration.ok) return configuration
  const { node, sources } = configuration.value
  const names = sources.map(({ name }) => name)
  if (!names.includes(source)) {
    return fail('calibration.source', `${options.config}: expected one of ${names.join(', ')}, got "${source}"`)
  }
  const file = node.calibrations ?? join(dirname(options.config), 'calibrations.toml')
  const before = readRecordsIfAny(file)
  if (!before.ok) return before
  const found = await findDelay(source, options, configuration.value, before.value)
  if (!found.ok) return found
  const { comparison, ...delay } = found.value
  const at = options.at ?? new Date().toISOString()
  const { method, by, note } = options
  const record = checkRecord({ source, method, by, at, ...delay, ...(note === undefined ? {} : { note }) })
  if (!record.ok) return record
  const text = withRecord(before.value, record.value)
  if (!text.ok) return text
  const { mistakes } = applyCalibrations(sources, [...before.value, record.value])
  if (mistakes.length > 0 && options.dryRun !== true)
    return fail('config.value', mistakes.map((line) => `${options.config}: ${line}`).join('\n'))
  const written = options.dryRun === true ? ok(undefined) : write(file, text.value)
  if (!written.ok) return written
  return ok({
    record: record.value,
    file,
    written: options.dryRun !== true,
    named: node.calibrations !== undefined,
    pulses: sources.some(
      ({ name, pulseSocket, pulseDevice }) =>
        name === source && (pulseSocket !== undefined || pulseDevice !== undefined),
    ),
    replaces: latestRecord(before.value, source),
    comparison,
  })
}

type FoundDelay = MeasuredDelay & { readonly comparison?: CommonViewResult['estimate'] }

async function findDelay(
  source: string,
  options: Options,
  { node, sources }: Configuration,
  records: readonly CalibrationRecord[],
): Promise<Result<FoundDelay>> {
  const { against, seconds, method, delay, uncertainty } = options
  if (against === undefined) return measuredDelay(options)
  if (method !== 'common-view' || delay !== undefined || uncertainty !== undefined || against === source) {
    const expected = '--method common-view, another source, and neither --delay nor --uncertainty'
    return fail('calibration.told', `--against: expected ${expected}, got others`)
  }
  if (!(Number.isInteger(seconds) && seconds >= DIFFERENCES_MIN && seconds <= SECONDS_MAX)) {
    const expected = `an integer from ${DIFFERENCES_MIN} to ${SECONDS_MAX}`
    return fail('calibration.told', `--seconds: expected ${expected}, got ${seconds}`)
  }
  const stated = sources.find(({ name }) => name === against)?.delayUncertaintyNs
  const known = options.referenceUncertainty ?? latestRecord(records, against)?.uncertaintyNs ?? stated
  if (known === undefined || known < 0) {
    const expected = `${against}: expected a recorded calibration, or --reference-uncertainty of 0 or more`
    return fail('calibration.reference', `${expected}, got ${known ?? 'neither'}`)
  }
  const stating = sources.find(({ name, delayNs }) => name === source && delayNs !== undefined)
  if (stating !== undefined && options.dryRun !== true) {
    // Said now, and not after the hour that the measurement may take.
    const expected = `${options.config}: source ${source}: expected no delayNs of its own, or --dry-run`
    return fail('config.value', `${expected}, got ${stating.delayNs}: what is recorded would contradict it`)
  }
  const compared = await compare(
    { source, against, seconds },
    { sources: () => askAgent(node.controlSocket, 'sources'), pause: () => sleep(1_000) },
  )
  if (!compared.ok) return compared
  const { estimate, delayNs } = compared.value
  // Two standard uncertainties hold the truth in 95 of 100; what is unsure of the reference is a half-width already.
  return ok({
    delayNs,
    uncertaintyNs: Math.ceil(2 * estimate.standardUncertaintyNs + known),
    comparison: estimate,
  })
}

/** A week. */
const SECONDS_MAX = 604_800

/** Whole or not at all: a running agent may be started any time. */
function write(file: string, text: string): Result<void> {
  const draft = `${file}.new`
  return attempt('calibration.write', `${file}: expected to write the calibrations`, () => {
    try {
      writeFileSync(draft, text, { mode: 0o644, flush: true })
      renameSync(draft, file)
    } finally {
      rmSync(draft, { force: true })
    }
  })
}

function tell({ record, file, written, named, pulses, replaces, comparison }: Calibrated): void {
  const { source, method, by, at, delayNs, uncertaintyNs } = record
  printLine(`${source}: ${delayNs} ns ± ${uncertaintyNs} ns, ${method}, by ${by} at ${at}`)
  if (comparison !== undefined) {
    const { medianNs, spreadNs, standardUncertaintyNs, count } = comparison
    const figures = `median ${medianNs.toFixed(1)} ns, spread ${spreadNs.toFixed(1)} ns`
    printLine(`  ${count} differences: ${figures}, standard uncertainty ${standardUncertaintyNs.toFixed(2)} ns`)
  }
  if (replaces !== undefined) {
    printLine(`  takes the place of ${replaces.delayNs} ns ± ${replaces.uncertaintyNs} ns of ${replaces.at}`)
  }
  printLine(written ? `  recorded in ${file}` : '  nothing was written')
  if (!named) printLine('  note: the agent reads it once [node] has the line calibrations = "calibrations.toml"')
  if (!pulses) printLine(`  note: ${source} has no pulse input, and without pulses no delay is taken off`)
}
