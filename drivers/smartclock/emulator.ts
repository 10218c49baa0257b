import { fail, ok } from '../../src/core/fault.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Emulator, EmulatorAction, EmulatorContext } from '../driver.ts'
import { pulseEdges } from '../oscillator/pulse-output.ts'
import type { ErrorCode } from '../scpi/error-queue.ts'
import { createSpoiledReplies, type SpoiledReplies } from '../scpi/spoiled-replies.ts'
import { createScpiTerminal, type ScpiTerminal } from '../scpi/terminal.ts'
import { FAULTS, type FaultName, isFaultName } from './emulator-faults.ts'
import { createInstrument, type Instrument } from './instrument.ts'
import type { SmartclockOptions } from './options.ts'
import { asksForScreen, asksForTimeCode, IDENTITIES, replyTo } from './replies.ts'

/** From the end of a command to the first byte of its reply: `*ESE?` on a 58503A, less what the line takes. */
const THINKS_NS = 1_500_000n
/** What a 58503A takes to put the status screen together. */
const COMPOSES_SCREEN_NS = 500_000_000n
const BITS_PER_CHARACTER = 10n
const BANNER_PERIOD_NS = 7n * NS_PER_SECOND
const COMMANDS_PER_LOST_ONE = 4
const FRAMING_ERROR: ErrorCode = -362

interface Unit {
  readonly options: SmartclockOptions['emulator']
  readonly context: EmulatorContext
  readonly prng: Prng
  readonly terminal: ScpiTerminal
  readonly faults: Set<FaultName>
  readonly replies: SpoiledReplies
  /** Undefined while the power is off. */
  instrument: Instrument | undefined
  hadPower: boolean
  /** A fault was switched: there is something to do at once. */
  poked: boolean
  /** The first command after power-on gets a bare prompt. */
  isDazed: boolean
  commandsSeen: number
  pulsesSeen: number
  timeCodeDue: { readonly at: MonoNs; readonly second: bigint } | undefined
  nextBannerAt: MonoNs | undefined
}

/**
 * A SmartClock as its serial line and its pulse output show it. Free-running pulses before the first lock, which FFOM 3
 * tells not to use, are left out.
 */
export function createEmulator(options: SmartclockOptions, seed: number, context: EmulatorContext): Emulator {
  const byteNs = (BITS_PER_CHARACTER * NS_PER_SECOND) / BigInt(options.emulator.baudRate)
  const faults = new Set<FaultName>()
  const prng = createPrng(seed)
  const unit: Unit = {
    options: options.emulator,
    context,
    prng,
    terminal: createScpiTerminal(byteNs),
    faults,
    replies: createSpoiledReplies(faults, prng),
    instrument: undefined,
    hadPower: false,
    poked: true,
    isDazed: false,
    commandsSeen: 0,
    pulsesSeen: 0,
    timeCodeDue: undefined,
    nextBannerAt: undefined,
  }
  return {
    receive(bytes, now) {
      applySwitches(unit, now)
      if (unit.instrument !== undefined && !unit.faults.has('silence')) unit.terminal.receive(bytes, now)
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
      if (name === 'error-queue-full' && on) unit.instrument?.fillErrorQueue()
      if (name === 'banner') unit.nextBannerAt = on ? monoNs(0n) : undefined
      unit.poked = true
      return ok(undefined)
    },
  }
}

function step(unit: Unit, now: MonoNs): readonly EmulatorAction[] {
  unit.poked = false
  applySwitches(unit, now)
  const { instrument, terminal, options, faults } = unit
  if (instrument === undefined) return []
  instrument.advance(now)
  const actions = pulses(unit, instrument, now)
  if (unit.nextBannerAt !== undefined && unit.nextBannerAt <= now) {
    unit.nextBannerAt = plus(now, BANNER_PERIOD_NS)
    send(unit, instrument, `${IDENTITIES[options.model]}\r\n`, now)
  }
  obey(unit, instrument, now)
  const bytes = terminal.take(now)
  if (bytes !== undefined && !faults.has('silence')) actions.push({ type: 'write', bytes })
  return actions
}

function applySwitches(unit: Unit, now: MonoNs): void {
  unit.terminal.setEcho(unit.options.echo !== unit.faults.has('echo-toggled'))
  const hasPower = !unit.faults.has('power-cycle')
  if (hasPower === (unit.instrument !== undefined)) return
  unit.terminal.clear()
  unit.timeCodeDue = undefined
  unit.replies.clear()
  unit.isDazed = unit.hadPower
  unit.hadPower = true
  unit.instrument = hasPower ? createInstrument(unit.options, unit.faults, unit.prng, unit.context, now) : undefined
  if (unit.faults.has('error-queue-full')) unit.instrument?.fillErrorQueue()
}

function nextWakeAt(unit: Unit): MonoNs | undefined {
  const { instrument, terminal, timeCodeDue, nextBannerAt } = unit
  if (unit.poked) return monoNs(0n)
  if (instrument === undefined) return undefined
  const waiting = terminal.waiting()
  const commandAt = timeCodeDue?.at ?? (waiting === undefined ? undefined : plus(waiting.at, THINKS_NS))
  const instants = [terminal.nextAt(), commandAt, instrument.nextAt(), nextBannerAt]
  return instants.reduce((first, at) => (first === undefined || (at !== undefined && at < first) ? at : first))
}

function pulses(unit: Unit, instrument: Instrument, now: MonoNs): EmulatorAction[] {
  const actions: EmulatorAction[] = []
  for (let at = instrument.takePulse(now); at !== undefined; at = instrument.takePulse(now)) {
    unit.pulsesSeen += 1
    actions.push(...pulseEdges(at, unit.pulsesSeen, unit.faults))
  }
  return actions
}

/** Works off the commands whose time has come, one after the other. */
function obey(unit: Unit, instrument: Instrument, now: MonoNs): void {
  const { terminal } = unit
  for (let next = terminal.waiting(); next !== undefined; next = terminal.waiting()) {
    const dueAt = plus(next.at, THINKS_NS)
    if (unit.timeCodeDue === undefined) {
      if (dueAt > now) return
      begin(unit, instrument, next.command, dueAt)
    }
    if (unit.timeCodeDue !== undefined) {
      const { at, second } = unit.timeCodeDue
      if (at > now) return
      unit.timeCodeDue = undefined
      send(unit, instrument, `${instrument.timeCode(second, at)}\r\n`, at)
    }
    terminal.shift()
  }
}

/** Answers a command, or puts the answer off until the tick. */
function begin(unit: Unit, instrument: Instrument, command: string, at: MonoNs): void {
  unit.commandsSeen += 1
  const isLost = unit.faults.has('framing-error') && unit.commandsSeen % COMMANDS_PER_LOST_ONE === 0
  const { isDazed } = unit
  unit.isDazed = false
  if (!isLost && !isDazed && asksForTimeCode(command)) {
    unit.timeCodeDue = instrument.nextTick(at)
    return
  }
  const reply = isLost ? FRAMING_ERROR : isDazed ? undefined : replyTo(instrument, command, at)
  if (typeof reply === 'number') instrument.errors.push(reply)
  const sendsAt = typeof reply === 'string' && asksForScreen(command) ? plus(at, COMPOSES_SCREEN_NS) : at
  send(unit, instrument, typeof reply === 'string' ? `${reply}\r\n` : '', sendsAt)
}

/** Sends a reply and its prompt, or what the faults make of them. */
function send({ terminal, replies }: Unit, instrument: Instrument, reply: string, at: MonoNs): void {
  const errorCode = instrument.errors.newestCode()
  replies.say(reply, at, {
    whole: (body, later) => terminal.reply(body, errorCode, later),
    half: terminal.send,
  })
}
