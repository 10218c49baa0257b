import { utf8 } from '../../src/core/bytes.ts'
import { fail, ok } from '../../src/core/fault.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Emulator, EmulatorAction, EmulatorContext } from '../driver.ts'
import { pulseEdges } from '../oscillator/pulse-output.ts'
import { createLineTerminal, endsLine, type LineTerminal } from '../scpi/line-terminal.ts'
import { createSpoiledReplies, type SpoiledReplies } from '../scpi/spoiled-replies.ts'
import { FAULTS, type FaultName, isFaultName } from './emulator-faults.ts'
import { createInstrument, type Instrument } from './instrument.ts'
import type { Prs10Options } from './options.ts'
import { type Manner, replyTo } from './replies.ts'

/** Ten bits at 9600 baud. */
const BYTE_NS = NS_PER_SECOND / 960n
const THINKS_NS = 2_000_000n
const BANNER_PERIOD_NS = 7n * NS_PER_SECOND
const XON = 0x11
const XOFF = 0x13

interface Unit {
  readonly options: Prs10Options['emulator']
  readonly context: EmulatorContext
  readonly prng: Prng
  readonly terminal: LineTerminal
  readonly faults: Set<FaultName>
  readonly replies: SpoiledReplies
  readonly identity: string
  /** Undefined while the power is off. */
  instrument: Instrument | undefined
  manner: Manner
  hadPower: boolean
  poked: boolean
  stopped: boolean
  pulsesSeen: number
  nextBannerAt: MonoNs | undefined
}

/** A PRS10 as its serial line and its pulse output show it: no echo, no prompt, replies that end in CR. */
export function createEmulator(options: Prs10Options, seed: number, context: EmulatorContext): Emulator {
  const identity = `PRS10_3.56_SN_${options.emulator.serial}`
  const faults = new Set<FaultName>()
  const prng = createPrng(seed)
  const unit: Unit = {
    options: options.emulator,
    context,
    prng,
    terminal: createLineTerminal(BYTE_NS, endsLine),
    faults,
    replies: createSpoiledReplies(faults, prng),
    identity,
    instrument: undefined,
    manner: { identity, verbose: false, knowsFew: false },
    hadPower: false,
    poked: true,
    stopped: false,
    pulsesSeen: 0,
    nextBannerAt: undefined,
  }
  return {
    receive(bytes, now) {
      applySwitches(unit, now)
      if (unit.instrument !== undefined && !unit.faults.has('silence')) hear(unit, bytes, now)
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
      if (name === 'banner') unit.nextBannerAt = on ? monoNs(0n) : undefined
      if (name === 'xoff' && on) unit.stopped = true
      if (name === 'verbose' && on) unit.manner.verbose = true
      if (name === 'watchdog-reset' && on) unit.instrument?.latch([41])
      unit.manner = { ...unit.manner, knowsFew: unit.faults.has('few-queries') }
      unit.poked = true
      return ok(undefined)
    },
  }
}

/** Flow control is the line's, and no part of a command. */
function hear(unit: Unit, bytes: Uint8Array, now: MonoNs): void {
  for (const byte of bytes) {
    if (byte === XON) unit.stopped = false
    if (byte === XOFF) unit.stopped = true
  }
  unit.terminal.receive(
    bytes.filter((byte) => byte !== XON && byte !== XOFF),
    now,
  )
}

function step(unit: Unit, now: MonoNs): readonly EmulatorAction[] {
  unit.poked = false
  applySwitches(unit, now)
  const { instrument, terminal, faults } = unit
  if (instrument === undefined) return []
  instrument.advance(now)
  const actions = pulses(unit, instrument, now)
  if (unit.nextBannerAt !== undefined && unit.nextBannerAt <= now) {
    unit.nextBannerAt = plus(now, BANNER_PERIOD_NS)
    terminal.send(utf8(`${unit.identity}\r`), now)
  }
  obey(unit, instrument, now)
  const bytes = unit.stopped ? undefined : terminal.take(now)
  if (bytes !== undefined && !faults.has('silence')) actions.push({ type: 'write', bytes })
  return actions
}

function applySwitches(unit: Unit, now: MonoNs): void {
  const hasPower = !unit.faults.has('power-cycle')
  if (hasPower === (unit.instrument !== undefined)) return
  const { options, faults, prng, context, terminal, identity } = unit
  terminal.clear()
  unit.replies.clear()
  unit.stopped = false
  unit.manner.verbose = false
  const start = { at: now, cold: unit.hadPower }
  unit.instrument = hasPower ? createInstrument(options, faults, prng, context, start) : undefined
  if (hasPower && unit.hadPower) terminal.send(utf8(`${identity}\r`), now)
  unit.hadPower = true
}

function nextWakeAt(unit: Unit): MonoNs | undefined {
  const { instrument, terminal, nextBannerAt } = unit
  if (unit.poked) return monoNs(0n)
  if (instrument === undefined) return undefined
  const waiting = terminal.waiting()
  const instants = [
    unit.stopped ? undefined : terminal.nextAt(),
    waiting === undefined ? undefined : plus(waiting.at, THINKS_NS),
    instrument.oscillator.nextAt(),
    instrument.nextAt(),
    nextBannerAt,
  ]
  return instants.reduce((first, at) => (first === undefined || (at !== undefined && at < first) ? at : first))
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
    const dueAt = plus(next.at, THINKS_NS)
    if (dueAt > now) return
    terminal.shift()
    const reply = replyTo(instrument, unit.manner, next.command, dueAt)
    if (reply !== undefined) send(unit, reply, dueAt)
  }
}

/** Sends a reply, or what the faults make of it. */
function send({ terminal, replies }: Unit, reply: string, at: MonoNs): void {
  replies.say(`${reply}\r`, at, { whole: terminal.send, half: terminal.send })
}
