import { utf8 } from '../../src/core/bytes.ts'
import { fail, ok } from '../../src/core/fault.ts'
import type { Prng } from '../../src/core/prng.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Emulator, EmulatorAction } from '../driver.ts'
import { pulseEdges } from '../oscillator/pulse-output.ts'
import { createLineTerminal, type LineTerminal } from './line-terminal.ts'
import { createSpoiledReplies, type SpoiledReplies } from './spoiled-replies.ts'

/** What stands behind the port of an emulated instrument that answers in lines, from power on to power off. */
export interface EmulatedUnit {
  /** Lets what goes on inside come to `now`; called before anything else. */
  advance(now: MonoNs): void
  /** What it answers, line end included; undefined: nothing. */
  answer(command: string, at: MonoNs): string | undefined
  takePulse(now: MonoNs): MonoNs | undefined
  nextPulseAt(): MonoNs
  /** What it says unasked by `now`, and when; one at a time. */
  takeUnasked?(now: MonoNs): { readonly bytes: Uint8Array; readonly at: MonoNs } | undefined
  /** When something inside changes by itself, or it has something to say. */
  nextAt(): MonoNs | undefined
}

export interface EmulatedPort {
  readonly byteNs: bigint
  /** See `createLineTerminal`. */
  ends(character: string, typed: string): 'no' | 'ends' | 'keeps'
  /** From the end of a command to the first byte of its answer. */
  readonly thinksNs: bigint
  /** What it says unasked once it has power, and how long after. */
  readonly greeting: string
  readonly greetsAfterNs: bigint
  readonly prng: Prng
  /** All that can be switched: `LINE_FAULTS` and the family's own. */
  readonly faults: Readonly<Record<string, string>>
  /** Power comes on; `first` is how the emulator begins. */
  powerOn(now: MonoNs, faults: ReadonlySet<string>, first: boolean): EmulatedUnit
}

/** What every port of this kind can be told to do wrong. */
export const LINE_FAULTS = {
  garbage: 'One byte in eight of every answer is replaced by a random one.',
  silence: 'The serial line is dead both ways; the pulses go on.',
  'half-reply': 'Every answer breaks off half way, without its end.',
  'late-reply': 'Every answer comes when the next command is sent.',
  echo: 'Every character that the host sends comes back.',
  banner: 'Every seven seconds the unit greets unasked, as after power on.',
  reset: 'Every fiftieth answer breaks off half way because the unit restarts, and it begins anew.',
  'power-cycle': 'No power as long as it is on, then everything from the beginning.',
  'missing-pulse': 'Every third pulse is missing.',
  'doubled-pulse': 'Every pulse has a second edge 50 µs later.',
} as const

const BANNER_PERIOD_NS = 7n * NS_PER_SECOND
const ANSWERS_PER_RESET = 50

interface State {
  readonly port: EmulatedPort
  readonly terminal: LineTerminal
  readonly on: Set<string>
  /** Undefined while the power is off. */
  unit: EmulatedUnit | undefined
  hadPower: boolean
  /** A fault was switched: there is something to do at once. */
  poked: boolean
  answersSent: number
  pulsesSeen: number
  readonly replies: SpoiledReplies
  greetsAt: MonoNs | undefined
}

export function createPollEmulator(port: EmulatedPort): Emulator {
  const on = new Set<string>()
  const state: State = {
    port,
    terminal: createLineTerminal(port.byteNs, port.ends),
    on,
    replies: createSpoiledReplies(on, port.prng),
    unit: undefined,
    hadPower: false,
    poked: true,
    answersSent: 0,
    pulsesSeen: 0,
    greetsAt: undefined,
  }
  return {
    receive(bytes, now) {
      switchPower(state, now)
      if (state.unit !== undefined && !state.on.has('silence')) {
        state.terminal.receive(bytes, now)
        if (state.on.has('echo')) state.terminal.send(bytes, now)
      }
      return step(state, now)
    },
    wake: (now) => step(state, now),
    nextWakeAt: () => nextWakeAt(state),
    setFault(name, on) {
      if (!Object.hasOwn(port.faults, name)) {
        return fail('emulator.fault', `expected one of ${Object.keys(port.faults).join(', ')}, got ${name}`)
      }
      if (on) state.on.add(name)
      else state.on.delete(name)
      if (name === 'banner' && on) state.greetsAt = monoNs(0n)
      state.poked = true
      return ok(undefined)
    },
  }
}

function step(state: State, now: MonoNs): readonly EmulatorAction[] {
  state.poked = false
  switchPower(state, now)
  const { unit, terminal, on } = state
  if (unit === undefined) return []
  unit.advance(now)
  const actions = pulses(state, unit, now)
  if (state.greetsAt !== undefined && state.greetsAt <= now) {
    terminal.send(utf8(state.port.greeting), now)
    state.greetsAt = on.has('banner') ? plus(now, BANNER_PERIOD_NS) : undefined
  }
  for (let said = unit.takeUnasked?.(now); said !== undefined; said = unit.takeUnasked?.(now)) {
    terminal.send(said.bytes, said.at)
  }
  obey(state, now)
  const bytes = terminal.take(now)
  if (bytes !== undefined && !on.has('silence')) actions.push({ type: 'write', bytes })
  return actions
}

function switchPower(state: State, now: MonoNs): void {
  const hasPower = !state.on.has('power-cycle')
  if (hasPower === (state.unit !== undefined)) return
  state.terminal.clear()
  state.replies.clear()
  state.greetsAt = undefined
  state.unit = undefined
  if (hasPower) restart(state, now)
}

function restart(state: State, now: MonoNs): void {
  const { port, on, hadPower } = state
  state.unit = port.powerOn(now, on, !hadPower)
  // Whoever opens the port of a unit that has run for long finds it silent.
  if (hadPower) state.greetsAt = plus(now, port.greetsAfterNs)
  state.hadPower = true
}

function pulses(state: State, unit: EmulatedUnit, now: MonoNs): EmulatorAction[] {
  const actions: EmulatorAction[] = []
  for (let at = unit.takePulse(now); at !== undefined; at = unit.takePulse(now)) {
    state.pulsesSeen += 1
    actions.push(...pulseEdges(at, state.pulsesSeen, state.on))
  }
  return actions
}

/** Works off the commands whose time has come, one after the other. */
function obey(state: State, now: MonoNs): void {
  const { terminal, port } = state
  for (let next = terminal.waiting(); next !== undefined; next = terminal.waiting()) {
    const dueAt = plus(next.at, port.thinksNs)
    if (dueAt > now) return
    terminal.shift()
    const answer = state.unit?.answer(next.command, dueAt)
    if (answer !== undefined) send(state, answer, dueAt)
  }
}

/** Sends an answer, or what the faults make of it. */
function send(state: State, answer: string, at: MonoNs): void {
  const { terminal, on, replies } = state
  state.answersSent += 1
  const restarts = on.has('reset') && state.answersSent % ANSWERS_PER_RESET === 0
  const said = replies.say(answer, at, { whole: terminal.send, half: terminal.send, isCut: restarts })
  if (said && restarts) restart(state, at)
}

function nextWakeAt(state: State): MonoNs | undefined {
  const { unit, terminal, port, greetsAt } = state
  if (state.poked) return monoNs(0n)
  if (unit === undefined) return undefined
  const waiting = terminal.waiting()
  const commandAt = waiting === undefined ? undefined : plus(waiting.at, port.thinksNs)
  const instants = [terminal.nextAt(), commandAt, unit.nextAt(), unit.nextPulseAt(), greetsAt]
  return instants.reduce((first, at) => (first === undefined || (at !== undefined && at < first) ? at : first))
}
