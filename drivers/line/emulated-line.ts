import { concatBytes } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import { between, type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Emulator, EmulatorAction, LineSettings } from '../driver.ts'
import { isLineFault, LINE_FAULTS, type LineFault } from './line-faults.ts'
import { BANNER, createSpoiledBytes, randomBytes, type SpoiledBytes } from './spoiled-bytes.ts'
import { readAcross } from './uart.ts'

export interface EmulatedLineOptions {
  /** Makes the instrument; `start` counts from 0 how often it had none before: after a power cycle it is another one. */
  create(start: number): Emulator
  /** Makes the instrument that `line-swapped` puts in its place; absent: there is no such fault. */
  readonly createOther?: () => Emulator
  /** How the instrument's port is set. Undefined: its bytes do not go over a serial line. */
  readonly settings: LineSettings | undefined
  readonly seed: number
}

const BANNER_PERIOD_NS = 7n * NS_PER_SECOND
const RESET_PERIOD_NS = 11n * NS_PER_SECOND
const FLOOD_PERIOD_NS = 50n * NS_PER_MILLISECOND
/** Of a link that has no baud rate. */
const FLOOD_BAUD_RATE = 9600
/** Bytes that come so soon after a question are taken for its reply. */
const REPLY_WITHIN_NS = NS_PER_SECOND
const HELD_BYTES_MAX = 65_536
const SECOND_EDGE_AFTER_NS = 50_000n
const PULSES_PER_MISSING_ONE = 3
const WRONG_RATES = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200]
/** A host that slept catches up with what repeats itself, and no further. */
const LATE_NS_MAX = 2n * NS_PER_SECOND

interface Line {
  readonly options: EmulatedLineOptions
  readonly prng: Prng
  readonly faults: Set<LineFault>
  /** Those of the instrument itself, which it keeps through a power cycle. */
  readonly ownFaults: Set<string>
  readonly spoiled: SpoiledBytes
  instrument: Emulator
  other: Emulator | undefined
  starts: number
  host: LineSettings | undefined
  askedAt: MonoNs | undefined
  held: Uint8Array
  pulses: number
  /** When the faults that act by themselves do so next. */
  readonly dueAt: Map<LineFault, MonoNs>
}

/**
 * An emulated instrument with its line: whatever its family, the line shows the faults of `LINE_FAULTS` beside the
 * instrument's own, and garbles what two ports of different settings say to each other. Unknown names go to the instrument.
 */
export function createEmulatedLine(options: EmulatedLineOptions): Emulator {
  const prng = createPrng(options.seed)
  const faults = new Set<LineFault>()
  const line: Line = {
    options,
    prng,
    faults,
    ownFaults: new Set(),
    spoiled: createSpoiledBytes(faults, prng),
    instrument: options.create(0),
    other: undefined,
    starts: 1,
    host: options.settings,
    askedAt: undefined,
    held: new Uint8Array(0),
    pulses: 0,
    dueAt: new Map(),
  }
  return {
    receive: (bytes, now) => receive(line, bytes, now),
    wake: (now) => wake(line, now),
    nextWakeAt: () => earliest([...line.dueAt.values(), ...talkers(line).map((each) => each.nextWakeAt())]),
    setFault: (name, on) => setFault(line, name, on),
    lineChanged(host) {
      line.host = host
    },
  }
}

/** Those that have power: a swapped instrument goes on where nobody hears it. */
function talkers({ instrument, other, faults }: Line): readonly Emulator[] {
  const own = faults.has('line-power-cycle') ? [] : [instrument]
  return other === undefined ? own : [...own, other]
}

function earliest(instants: readonly (MonoNs | undefined)[]): MonoNs | undefined {
  return instants.reduce<MonoNs | undefined>(
    (first, at) => (first === undefined || (at !== undefined && at < first) ? at : first),
    undefined,
  )
}

function setFault(line: Line, name: string, on: boolean): Result<void> {
  if (!isLineFault(name)) return setOwnFault(line, name, on)
  if (name === 'line-swapped' && line.options.createOther === undefined) {
    return fail('emulator.fault', `${name}: expected another instrument to put in the place of this one, got none`)
  }
  if ((name === 'line-wrong-baud' || name === 'line-wrong-parity') && line.options.settings === undefined) {
    return fail('emulator.fault', `${name}: expected a serial line, got a link without settings`)
  }
  const wasOn = line.faults.has(name)
  if (on === wasOn) return ok(undefined)
  if (on) line.faults.add(name)
  else line.faults.delete(name)
  line.spoiled.begin()
  line.dueAt.delete(name)
  // The instant is not known here: at once, which is when the line is woken next.
  if (on && (name === 'line-flood' || name === 'line-banner')) line.dueAt.set(name, monoNs(0n))
  if (on && name === 'line-resets') line.dueAt.set(name, monoNs(0n))
  if (name === 'line-swapped') line.other = on ? line.options.createOther?.() : undefined
  if (name === 'line-power-cycle' && !on) restart(line)
  if (name === 'line-late-reply') line.held = new Uint8Array(0)
  return ok(undefined)
}

function setOwnFault(line: Line, name: string, on: boolean): Result<void> {
  const done = line.instrument.setFault(name, on)
  if (!done.ok) {
    const message = `${done.fault.message}; of the line: one of ${Object.keys(LINE_FAULTS).join(', ')}`
    return fail(done.fault.code, message)
  }
  if (on) line.ownFaults.add(name)
  else line.ownFaults.delete(name)
  return done
}

function restart(line: Line): void {
  line.instrument = line.options.create(line.starts)
  line.starts += 1
  for (const name of line.ownFaults) line.instrument.setFault(name, true)
}

/** How the instrument's port is set now. */
function settingsOf({ options, faults }: Line): LineSettings | undefined {
  const { settings } = options
  if (settings === undefined) return undefined
  const baudRate = faults.has('line-wrong-baud') ? wrongRate(settings.baudRate) : settings.baudRate
  if (!faults.has('line-wrong-parity')) return { ...settings, baudRate }
  const isPlain = settings.parity === 'none' && settings.dataBits === 8
  return isPlain ? { baudRate, parity: 'even', dataBits: 7 } : { baudRate, parity: 'none', dataBits: 8 }
}

/** The standard rate below it, or above the lowest. */
function wrongRate(baudRate: number): number {
  return WRONG_RATES.findLast((rate) => rate < baudRate) ?? WRONG_RATES.find((rate) => rate > baudRate) ?? 9600
}

function receive(line: Line, bytes: Uint8Array, now: MonoNs): readonly EmulatorAction[] {
  const { faults, host } = line
  if (bytes.length === 0 || faults.has('line-silence') || faults.has('line-unplugged')) return []
  const actions: EmulatorAction[] = []
  if (line.held.length > 0) actions.push(written(line.held))
  line.held = new Uint8Array(0)
  line.askedAt = now
  if (faults.has('line-echo')) actions.push(written(bytes))
  const settings = settingsOf(line)
  const heard = host === undefined || settings === undefined ? bytes : readAcross(bytes, host, settings)
  const listener = line.other ?? (faults.has('line-power-cycle') ? undefined : line.instrument)
  if (heard.length > 0 && listener !== undefined) actions.push(...told(line, listener.receive(heard, now), true, now))
  return actions
}

function wake(line: Line, now: MonoNs): readonly EmulatorAction[] {
  const actions = [...actBySelf(line, now)]
  for (const each of talkers(line)) {
    const at = each.nextWakeAt()
    if (at === undefined || at > now) continue
    const isHeard = line.other === undefined || each === line.other
    actions.push(...told(line, each.wake(now), isHeard, now))
  }
  return actions
}

function actBySelf(line: Line, now: MonoNs): readonly EmulatorAction[] {
  const actions: EmulatorAction[] = []
  for (const [name, at] of line.dueAt) {
    if (at > now) continue
    const periodNs =
      name === 'line-flood' ? FLOOD_PERIOD_NS : name === 'line-banner' ? BANNER_PERIOD_NS : RESET_PERIOD_NS
    line.dueAt.set(name, plus(between(at, now) > LATE_NS_MAX ? now : at, periodNs))
    if (name === 'line-banner') actions.push(...said(line, BANNER, now))
    else if (name === 'line-flood') actions.push(...said(line, randomBytes(line.prng, floodBytes(line)), now))
    else restart(line)
  }
  return actions
}

function floodBytes({ options }: Line): number {
  const bytesPerSecond = (options.settings?.baudRate ?? FLOOD_BAUD_RATE) / 10
  return Math.max(1, Math.floor((bytesPerSecond * Number(FLOOD_PERIOD_NS)) / Number(NS_PER_SECOND)))
}

/** What comes of what an instrument did. One that is not heard still has its own pulse output, which nobody looks at. */
function told(
  line: Line,
  actions: readonly EmulatorAction[],
  isHeard: boolean,
  now: MonoNs,
): readonly EmulatorAction[] {
  if (!isHeard) return []
  return actions.flatMap((action) => (action.type === 'pulse' ? edges(line, action.at) : said(line, action.bytes, now)))
}

function said(line: Line, bytes: Uint8Array, now: MonoNs): readonly EmulatorAction[] {
  const { faults, host, spoiled, askedAt } = line
  const settings = settingsOf(line)
  const sent = spoiled.pass(bytes)
  const read = host === undefined || settings === undefined ? sent : readAcross(sent, settings, host)
  if (read.length === 0) return []
  const isReply = askedAt !== undefined && between(askedAt, now) <= REPLY_WITHIN_NS
  if (!faults.has('line-late-reply') || !isReply) return [written(read)]
  line.held = concatBytes(line.held, read).subarray(-HELD_BYTES_MAX)
  return []
}

function edges(line: Line, at: MonoNs): readonly EmulatorAction[] {
  const { faults } = line
  if (faults.has('line-unplugged')) return []
  line.pulses += 1
  if (faults.has('line-missing-pulse') && line.pulses % PULSES_PER_MISSING_ONE === 0) return []
  const edge: EmulatorAction = { type: 'pulse', at }
  if (!faults.has('line-doubled-pulse')) return [edge]
  return [edge, { type: 'pulse', at: plus(at, SECOND_EDGE_AFTER_NS) }]
}

function written(bytes: Uint8Array): EmulatorAction {
  return { type: 'write', bytes }
}
