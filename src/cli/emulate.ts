import { rmSync, symlinkSync } from 'node:fs'
import type { Command } from 'commander'
import type { DriverFamily, EmulatorContext } from '../../drivers/driver.ts'
import { families, packetFamilies } from '../../drivers/index.ts'
import { LINE_FAULTS } from '../../drivers/line/line-faults.ts'
import type { PacketFamily } from '../../drivers/packet-driver.ts'
import { createFaultLog } from '../agent/fault-log.ts'
import { readLeapTable } from '../config/leap-seconds.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import type { EmulatedInstrument } from '../device/emulated-instrument.ts'
import { attempt } from '../linux/attempt.ts'
import { readMonoNs } from '../linux/clock.ts'
import { createWorld } from './demo/world.ts'
import { emulateOnNetwork } from './emulate-packets.ts'
import { emulateUnit, type PlugIn } from './emulated-unit.ts'
import { runEmulation } from './emulation-run.ts'
import { findFamily, parseTable } from './family-options.ts'
import { printJson, printLine, reportFault } from './terminal.ts'

interface Options {
  readonly interface?: string
  readonly fault: readonly string[]
  readonly options: string
  readonly seed: string
  readonly baud?: string
  readonly pulseSock?: string
  readonly link?: string
  readonly listFaults?: boolean
  readonly json?: boolean
}

const EXAMPLES = `
The first line on standard output is the path of the pty, on which any program may open the instrument; it keeps the time of
this machine's clock. Like a serial port it garbles what a program with another speed sends and reads. It runs until a
signal ends it. Lines on standard input switch faults meanwhile: "fault NAME on", "fault NAME off". Instruments that are
reached by packets stand on a network interface instead, for which this needs the rights.

Examples:
  quorumtime emulate smartclock --list-faults
  quorumtime emulate nmea-receiver --link /tmp/gnss0 --pulse-sock /run/chrony.gnss0.sock
  gpsd -N -n -s 9600 /tmp/gnss0        (in another terminal; then: cgps, or gpspipe -w)
  quorumtime emulate smartclock --fault no-gps --link /tmp/gpsdo0
  picocom -b 9600 /tmp/gpsdo0          (then type :SYST:STAT?)
  quorumtime emulate ptp-grandmaster --interface eth1 --options '{"domain":3}'`

type AnyFamily = DriverFamily<unknown> | PacketFamily<unknown>

/** `emulate`: an instrument of any family on a pty. */
export function addEmulateVerb(program: Command): void {
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]
  program
    .command('emulate <kind>')
    .description('Put an emulated instrument on a pty or a network interface, for this or any other program to use')
    .option('--fault <name>', 'what is wrong with it from the start; repeatable', collect, [])
    .option('--list-faults', 'what can be wrong with it, and end')
    .option('--options <json>', "the family's options, as in the configuration", '{}')
    .option('--seed <n>', 'of its noise', '1')
    .option('--baud <rate>', "the speed of its port (default: the family's)")
    .option('--pulse-sock <path>', 'tell its pulses to the chrony-SOCK socket here, whoever has bound it')
    .option('--link <path>', 'make this a symbolic link to the pty, as udev does for a device')
    .option('--interface <name>', 'where an instrument stands that is reached by packets')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(async (kind: string, options: Options) => {
      const family = findFamily([...families, ...packetFamilies], '<kind>', kind)
      if (!family.ok) return reportFault(family.fault)
      if (options.listFaults === true) return listFaults(family.value, options.json === true)
      const ran =
        family.value.link === 'packets'
          ? await emulatePackets(family.value, options)
          : await emulate(family.value, options)
      if (!ran.ok) reportFault(ran.fault)
    })
}

function listFaults({ link, faults }: AnyFamily, json: boolean): void {
  const known = { ...faults, ...(link === 'packets' ? {} : LINE_FAULTS) }
  const width = Math.max(...Object.keys(known).map(({ length }) => length))
  for (const [name, text] of Object.entries(known)) {
    if (json) printJson({ type: 'fault', name, text })
    else printLine(`${name.padEnd(width)}  ${text}`)
  }
}

async function emulate(family: DriverFamily<unknown>, options: Options): Promise<Result<void>> {
  const json = options.json === true
  const plugIn = prepare(family, options)
  if (!plugIn.ok) return plugIn
  const troubles = createFaultLog((event) => {
    if (event.type === 'alarm') process.stderr.write(`quorumtime: ${event.message}\n`)
  })
  const stand = openStand(
    plugIn.value,
    options.link,
    (fault) => troubles.note(family.kind, fault),
    (path) => {
      if (json) printJson({ type: 'pty', kind: family.kind, path })
      else printLine(path)
    },
  )
  if (!stand.ok) return stand
  const { setFault, close } = stand.value
  return runEmulation(setFault, close, options)
}

async function emulatePackets(family: PacketFamily<unknown>, options: Options): Promise<Result<void>> {
  const common = prepareCommon(family, options)
  if (!common.ok) return common
  return emulateOnNetwork({ family, ...common.value, interfaceName: options.interface }, options)
}

interface Common {
  /** The family's options, checked. */
  readonly options: unknown
  readonly seed: number
  readonly sky: EmulatorContext
}

function prepareCommon(family: AnyFamily, options: Options): Result<Common> {
  const given = parseTable('--options', options.options)
  if (!given.ok) return given
  const checked = family.parseOptions(given.value, '--options')
  if (!checked.ok) return checked
  const seed = wholeNumber('--seed', options.seed, 0, 2 ** 32 - 1)
  if (!seed.ok) return seed
  const leapTable = readLeapTable(undefined)
  if (!leapTable.ok) return leapTable
  const world = createWorld(leapTable.value)
  if (!world.ok) return world
  return ok({ options: checked.value, seed: seed.value, sky: world.value.sky(readMonoNs(), 0n) })
}

function prepare(family: DriverFamily<unknown>, options: Options): Result<PlugIn> {
  const common = prepareCommon(family, options)
  if (!common.ok) return common
  const baudRate = options.baud === undefined ? ok(undefined) : wholeNumber('--baud', options.baud, 50, 4_000_000)
  if (!baudRate.ok) return baudRate
  return ok(emulateUnit({ family, ...common.value, baudRate: baudRate.value, sockPath: options.pulseSock }))
}

function wholeNumber(option: string, text: string, min: number, max: number): Result<number> {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return ok(value)
  return fail('emulate.option', `${option}: expected an integer from ${min} to ${max}, got "${text}"`)
}

/** The instrument in its place, which may be unplugged from it. */
interface Stand {
  setFault(name: string, on: boolean): Result<void>
  close(): Promise<void>
}

function openStand(
  plugIn: PlugIn,
  link: string | undefined,
  onTrouble: (fault: Fault) => void,
  onPath: (path: string) => void,
): Result<Stand> {
  let leaving = Promise.resolve()

  const enter = (): Result<EmulatedInstrument> => {
    const instrument = plugIn(onTrouble)
    if (!instrument.ok) return instrument
    const { ptyPath } = instrument.value
    const linked = link === undefined ? ok(undefined) : replaceLink(link, ptyPath)
    if (linked.ok) onPath(ptyPath)
    else leaving = instrument.value.close()
    return linked.ok ? instrument : linked
  }
  const leave = (): void => {
    leaving = instrument.close()
    if (link !== undefined) rmSync(link, { force: true })
  }

  const first = enter()
  if (!first.ok) return first
  let instrument = first.value
  let isPlugged = true
  return ok({
    setFault(name, on) {
      const done = instrument.setFault(name, on)
      if (!done.ok || name !== 'line-unplugged' || isPlugged !== on) return done
      isPlugged = !on
      if (on) leave()
      else {
        const again = enter()
        if (!again.ok) return again
        instrument = again.value
      }
      return done
    },
    close: () => {
      if (isPlugged) leave()
      return leaving
    },
  })
}

function replaceLink(link: string, target: string): Result<void> {
  return attempt('emulate.link', `--link ${link}: expected to make it a link to ${target}`, () => {
    rmSync(link, { force: true })
    symlinkSync(target, link)
  })
}
