import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import { fail, ok } from '../../src/core/fault.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Emulator, EmulatorAction, EmulatorContext } from '../driver.ts'
import { pulseEdges } from '../oscillator/pulse-output.ts'
import { createSpoiledReplies, type SpoiledReplies } from '../scpi/spoiled-replies.ts'
import { createScpiTerminal, type ScpiTerminal } from '../scpi/terminal.ts'
import { createEmulatedLoop } from './emulated-loop.ts'
import { FAULTS, type FaultName, isFaultName } from './emulator-faults.ts'
import { type Panel, replyTo } from './emulator-replies.ts'
import { sentencesOf, traceOf } from './emulator-reports.ts'
import type { JacksonLabsOptions } from './options.ts'

/** From the end of a command to the first byte of its answer: not in any recording. */
const THINKS_NS = 2n * NS_PER_MILLISECOND
/** From its pulse to the sentences of its second. */
const REPORTS_AFTER_NS = 120n * NS_PER_MILLISECOND
const COMMANDS_PER_REFUSAL = 4

interface Unit {
  readonly options: JacksonLabsOptions['emulator']
  readonly context: EmulatorContext
  readonly prng: Prng
  readonly terminal: ScpiTerminal
  readonly faults: Set<FaultName>
  readonly replies: SpoiledReplies
  /** Undefined while the power is off. */
  panel: Panel | undefined
  hadPower: boolean
  /** A fault was switched: there is something to do at once. */
  poked: boolean
  commandsSeen: number
  pulsesSeen: number
  reportAt: MonoNs | undefined
}

/** A GPSDO as its serial line and its pulse output show it. */
export function createEmulator(options: JacksonLabsOptions, seed: number, context: EmulatorContext): Emulator {
  const faults = new Set<FaultName>()
  const prng = createPrng(seed)
  const unit: Unit = {
    options: options.emulator,
    context,
    prng,
    terminal: createScpiTerminal((10n * NS_PER_SECOND) / BigInt(options.emulator.baudRate)),
    faults,
    replies: createSpoiledReplies(faults, prng),
    panel: undefined,
    hadPower: false,
    poked: true,
    commandsSeen: 0,
    pulsesSeen: 0,
    reportAt: undefined,
  }
  return {
    receive(bytes, now) {
      switchPower(unit, now)
      if (unit.panel !== undefined && !unit.faults.has('silence')) unit.terminal.receive(bytes, now)
      return step(unit, now)
    },
    wake: (now) => step(unit, now),
    nextWakeAt: () => nextWakeAt(unit),
    setFault(name, on) {
      if (!isFaultName(name)) {
        return fail('emulator.fault', `expected one of ${Object.keys(FAULTS).join(', ')}, got ${name}`)
      }
      if (on) unit.faults.add(name)
      else unit.faults.delete(name)
      if (on && unit.panel !== undefined) turn(unit.panel, name)
      unit.poked = true
      return ok(undefined)
    },
  }
}

/** What somebody has turned stays so until somebody turns it back. */
function turn(panel: Panel, name: FaultName): void {
  if (name === 'echo-on') panel.echo = true
  if (name === 'prompt-off') panel.prompt = false
}

function switchPower(unit: Unit, now: MonoNs): void {
  const { options, context, prng, faults, hadPower } = unit
  const hasPower = !faults.has('power-cycle')
  if (hasPower !== (unit.panel !== undefined)) {
    unit.terminal.clear()
    unit.replies.clear()
    unit.reportAt = undefined
    unit.hadPower = true
    unit.panel = hasPower
      ? {
          loop: createEmulatedLoop(options, context, prng, faults, now, !hadPower),
          faults,
          leapTable: context.leapTable,
          prompt: options.prompt,
          echo: options.echo,
          trace: 0,
          nmea: options.nmea ? 1 : 0,
          thresholdNs: options.thresholdNs,
          antennaDelayNs: 25,
          dateLagNs: BigInt(options.dateLagMs) * NS_PER_MILLISECOND,
          stuckSecond: undefined,
        }
      : undefined
  }
  unit.terminal.setEcho(unit.panel?.echo === true)
}

function step(unit: Unit, now: MonoNs): readonly EmulatorAction[] {
  unit.poked = false
  switchPower(unit, now)
  const { panel, terminal, faults } = unit
  if (panel === undefined) return []
  const actions = pulses(unit, panel, now)
  if (unit.reportAt !== undefined && unit.reportAt <= now) {
    report(unit, panel, unit.reportAt)
    unit.reportAt = undefined
  }
  obey(unit, panel, now)
  const bytes = terminal.take(now)
  if (bytes !== undefined && !faults.has('silence')) actions.push({ type: 'write', bytes })
  return actions
}

function nextWakeAt(unit: Unit): MonoNs | undefined {
  const { panel, terminal, reportAt } = unit
  if (unit.poked) return monoNs(0n)
  if (panel === undefined) return undefined
  const waiting = terminal.waiting()
  const commandAt = waiting === undefined ? undefined : plus(waiting.at, THINKS_NS)
  const instants = [terminal.nextAt(), commandAt, panel.loop.nextAt(), reportAt]
  return instants.reduce((first, at) => (first === undefined || (at !== undefined && at < first) ? at : first))
}

function pulses(unit: Unit, panel: Panel, now: MonoNs): EmulatorAction[] {
  const actions: EmulatorAction[] = []
  for (let at = panel.loop.takePulse(now); at !== undefined; at = panel.loop.takePulse(now)) {
    unit.pulsesSeen += 1
    unit.reportAt = plus(at, REPORTS_AFTER_NS)
    actions.push(...pulseEdges(at, unit.pulsesSeen, unit.faults))
  }
  return actions
}

/** What comes unasked, every so many seconds. */
function report(unit: Unit, panel: Panel, at: MonoNs): void {
  const { faults, pulsesSeen, terminal } = unit
  const isDue = (period: number): boolean => period > 0 && pulsesSeen % period === 0
  const hasNmea = faults.has('nmea-on') || faults.has('nmea-ahead')
  if (isDue(hasNmea ? 1 : panel.nmea)) terminal.send(sentencesOf(panel, at), at)
  if (isDue(faults.has('trace-on') ? 1 : panel.trace)) terminal.send(traceOf(panel, at), at)
}

/** Works off the commands whose time has come, one after the other. */
function obey(unit: Unit, panel: Panel, now: MonoNs): void {
  const { terminal, faults } = unit
  for (let next = terminal.waiting(); next !== undefined; next = terminal.waiting()) {
    const dueAt = plus(next.at, THINKS_NS)
    if (dueAt > now) return
    terminal.shift()
    unit.commandsSeen += 1
    const isRefused = faults.has('command-errors') && unit.commandsSeen % COMMANDS_PER_REFUSAL === 0
    const lines = isRefused ? ['Command Error'] : replyTo(panel, next.command, dueAt)
    terminal.setEcho(panel.echo)
    send(unit, panel, lines.map((line) => `${line}\r\n`).join(''), dueAt)
  }
}

/** Sends an answer and the prompt, or what the faults make of them. */
function send({ terminal, replies }: Unit, panel: Panel, reply: string, at: MonoNs): void {
  const prompt = utf8(panel.prompt ? 'scpi > ' : '')
  replies.say(reply, at, {
    whole: (body, later) => terminal.send(concatBytes(body, prompt), later),
    half: terminal.send,
  })
}
