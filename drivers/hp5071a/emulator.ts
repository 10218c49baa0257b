import { fail, ok } from '../../src/core/fault.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Emulator, EmulatorAction, EmulatorContext } from '../driver.ts'
import { pulseEdges } from '../oscillator/pulse-output.ts'
import { createSpoiledReplies, type SpoiledReplies } from '../scpi/spoiled-replies.ts'
import { createScpiTerminal, type ScpiTerminal } from '../scpi/terminal.ts'
import { FAULTS, type FaultName, isFaultName } from './emulator-faults.ts'
import { createInstrument, type Instrument } from './instrument.ts'
import type { Hp5071aOptions } from './options.ts'
import { isDiagnostic, replyTo } from './replies.ts'

/** Ten bits at 9600 baud. */
const BYTE_NS = NS_PER_SECOND / 960n
const THINKS_NS = 5_000_000n
const THINKS_LONG_NS = 3n * NS_PER_SECOND
const ERRORS_TOO_MANY = 31

interface Unit {
  readonly options: Hp5071aOptions['emulator']
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
  pulsesSeen: number
}

/** A 5071A as its serial line and its pulse output show it. */
export function createEmulator(options: Hp5071aOptions, seed: number, context: EmulatorContext): Emulator {
  const faults = new Set<FaultName>()
  const prng = createPrng(seed)
  const unit: Unit = {
    options: options.emulator,
    context,
    prng,
    terminal: createScpiTerminal(BYTE_NS),
    faults,
    replies: createSpoiledReplies(faults, prng),
    instrument: undefined,
    hadPower: false,
    poked: true,
    pulsesSeen: 0,
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
      if (name === 'error-queue-full' && on) fillErrorQueue(unit.instrument)
      unit.poked = true
      return ok(undefined)
    },
  }
}

function fillErrorQueue(instrument: Instrument | undefined): void {
  for (let entry = 0; entry < ERRORS_TOO_MANY; entry++) instrument?.errors.push(-113)
}

function step(unit: Unit, now: MonoNs): readonly EmulatorAction[] {
  unit.poked = false
  applySwitches(unit, now)
  const { instrument, terminal, faults } = unit
  if (instrument === undefined) return []
  instrument.advance(now)
  const actions = pulses(unit, instrument, now)
  obey(unit, instrument, now)
  const bytes = terminal.take(now)
  if (bytes !== undefined && !faults.has('silence')) actions.push({ type: 'write', bytes })
  return actions
}

function applySwitches(unit: Unit, now: MonoNs): void {
  const { options, faults, prng, context, terminal } = unit
  terminal.setEcho(options.echo !== faults.has('echo-toggled'))
  const hasPower = !faults.has('power-cycle')
  if (hasPower === (unit.instrument !== undefined)) return
  terminal.clear()
  unit.replies.clear()
  const start = { at: now, cold: unit.hadPower }
  unit.hadPower = true
  unit.instrument = hasPower ? createInstrument(options, faults, prng, context, start) : undefined
}

function nextWakeAt(unit: Unit): MonoNs | undefined {
  const { instrument, terminal } = unit
  if (unit.poked) return monoNs(0n)
  if (instrument === undefined) return undefined
  const waiting = terminal.waiting()
  const commandAt = waiting === undefined ? undefined : plus(waiting.at, thinksNs(unit, waiting.command))
  const instants = [terminal.nextAt(), commandAt, instrument.oscillator.nextAt(), instrument.nextAt()]
  return instants.reduce((first, at) => (first === undefined || (at !== undefined && at < first) ? at : first))
}

function thinksNs({ faults }: Unit, command: string): bigint {
  return faults.has('slow-diagnostics') && isDiagnostic(command) ? THINKS_LONG_NS : THINKS_NS
}

function pulses(unit: Unit, { oscillator }: Instrument, now: MonoNs): EmulatorAction[] {
  const actions: EmulatorAction[] = []
  for (let pulse = oscillator.takePulse(now); pulse !== undefined; pulse = oscillator.takePulse(now)) {
    unit.pulsesSeen += 1
    actions.push(...pulseEdges(pulse.at, unit.pulsesSeen, unit.faults))
  }
  return actions
}

function obey(unit: Unit, instrument: Instrument, now: MonoNs): void {
  const { terminal } = unit
  for (let next = terminal.waiting(); next !== undefined; next = terminal.waiting()) {
    const dueAt = plus(next.at, thinksNs(unit, next.command))
    if (dueAt > now) return
    terminal.shift()
    const reply = replyTo(instrument, next.command, dueAt)
    if (typeof reply === 'number') instrument.errors.push(reply)
    send(unit, instrument, typeof reply === 'string' ? `${reply}\r\n` : '', dueAt)
  }
}

/** Sends a reply and its prompt, or what the faults make of them. */
function send({ terminal, replies }: Unit, instrument: Instrument, reply: string, at: MonoNs): void {
  const errorCode = instrument.errors.newestCode()
  replies.say(reply, at, {
    whole: (body, later) => terminal.reply(body, errorCode, later),
    half: terminal.send,
  })
}
