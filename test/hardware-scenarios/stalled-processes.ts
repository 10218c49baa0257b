import type {
  Driver,
  DriverAction,
  DriverFamily,
  Emulator,
  EmulatorAction,
  EmulatorContext,
} from '../../drivers/driver.ts'
import { createSourceIntake, type SourceIntake } from '../../src/agent/source-intake.ts'
import { concatBytes } from '../../src/core/bytes.ts'
import { max } from '../../src/core/integer.ts'
import type { Prng } from '../../src/core/prng.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, plus } from '../../src/core/time.ts'
import { BEAT_MS } from '../../src/device/beat.ts'
import { createHeartbeat } from '../../src/device/stall-watch.ts'
import { dueActions } from '../../src/device/wake-timer.ts'
import { createNodeClock, type NodeClock } from '../../src/fusion/node-clock.ts'

/** An agent and its instrument as two processes that the kernel stops at will; between them a tty and a socket that keep. */

/** What a tty keeps of a line that is not read. */
const TTY_BYTES_MAX = 4096
/** As `src/device/emulated-instrument.ts`: what would have been sent longer ago is lost. */
const LATE_NS_MAX = 250n * NS_PER_MILLISECOND
/** As `src/agent/line-source.ts`: what is read so soon after a line was opened is of any age. */
const OPENING_NS = 500n * NS_PER_MILLISECOND
const STAMP_NS = 200n

/** What lies between the two. */
export interface Wires {
  tty: Uint8Array
  readonly orders: Uint8Array[]
  readonly pulses: MonoNs[]
}

export interface InstrumentProcess {
  /** Everything that is due; not called while the process is stopped. */
  turn(now: MonoNs): void
}

/** `keptMs`: how long the line keeps at present what is sent over it. */
export function startInstrument(
  emulator: Emulator,
  wires: Wires,
  startAt: MonoNs,
  keptMs: () => number = () => 0,
): InstrumentProcess {
  let edges: readonly MonoNs[] = []
  let kept: readonly { readonly at: MonoNs; readonly bytes: Uint8Array }[] = []
  const perform = (action: EmulatorAction, dueAt: MonoNs, now: MonoNs): void => {
    if (action.type === 'pulse') edges = [...edges, action.at]
    else if (between(dueAt, now) <= LATE_NS_MAX) {
      const at = plus(now, BigInt(keptMs()) * NS_PER_MILLISECOND)
      kept = [...kept, { at: max(at, kept.at(-1)?.at ?? at), bytes: action.bytes }]
    }
  }
  const advance = (now: MonoNs): void => {
    const dueAt = max(emulator.nextWakeAt() ?? now, startAt)
    for (const action of dueActions(emulator, now)) perform(action, dueAt, now)
    wires.pulses.push(...edges.filter((edge) => edge <= now))
    edges = edges.filter((edge) => edge > now)
    const arrived = kept.filter(({ at }) => at <= now).map(({ bytes }) => bytes)
    kept = kept.filter(({ at }) => at > now)
    wires.tty = concatBytes(wires.tty, ...arrived).subarray(0, TTY_BYTES_MAX)
  }
  return {
    turn: (now) => {
      advance(now)
      for (const bytes of wires.orders.splice(0)) {
        for (const action of emulator.receive(bytes, now)) perform(action, now, now)
        advance(now)
      }
    },
  }
}

export interface AgentProcess {
  readonly clock: NodeClock
  /** One turn of its loop, in whatever order the kernel has it; not called while the process is stopped. */
  turn(now: MonoNs): void
}

export interface AgentOptions {
  readonly family: DriverFamily<unknown>
  readonly options: unknown
  readonly pulse: boolean
  readonly sky: EmulatorContext
  readonly prng: Prng
}

export function startAgent(
  { family, options, pulse, sky, prng }: AgentOptions,
  wires: Wires,
  startAt: MonoNs,
): AgentProcess {
  const config = { name: 'x0', class: pulse ? 'gnss' : 'serial', role: 'time', domain: 'gnss' } as const
  const clock = createNodeClock({ oscillator: 'crystal', sources: [config] })
  const intake = createSourceIntake({
    source: { ...config, accuracyNs: undefined, ...(pulse ? { pulseSocket: '/pulses' } : {}) },
    timeOfDay: family.timeOfDay,
    nodeClock: clock,
    onFault: () => undefined,
    onReading: () => undefined,
  })
  const heart = createHeartbeat(startAt)
  let beatAt = startAt
  let driver: Driver = family.create(options, { source: config.name, leapTable: sky.leapTable })
  const perform = (actions: Iterable<DriverAction>, now: MonoNs): void => {
    for (const action of actions) {
      if (action.type === 'write') wires.orders.push(action.bytes)
      if (action.type === 'status') intake.status(action.status, now)
      if (action.type === 'reset') driver = family.create(options, { source: config.name, leapTable: sky.leapTable })
      if (action.type !== 'sample' || between(startAt, now) < OPENING_NS) continue
      hearPulses(wires, intake)
      const { sample } = action
      intake.sample(sample, heart.waitedNs(sample.kind === 'label' ? sample.lastByteAt : sample.monoNs))
    }
  }
  const steps: readonly ((now: MonoNs) => void)[] = [
    (now) => {
      if (between(beatAt, now) < BigInt(BEAT_MS) * NS_PER_MILLISECOND) return
      beatAt = now
      heart.beat(now)
    },
    (now) => perform(dueActions(driver, now), now),
    (now) => {
      const bytes = wires.tty
      wires.tty = new Uint8Array(0)
      if (bytes.length > 0) perform(driver.receive(bytes, now), now)
    },
    // They come through a thread: now and then some turns late.
    () => prng.nextBelow(4) === 0 && hearPulses(wires, intake),
  ]
  return {
    clock,
    turn: (now) => {
      const first = prng.nextBelow(steps.length)
      for (let index = 0; index < steps.length; index++) steps[(first + index) % steps.length]?.(now)
    },
  }
}

function hearPulses(wires: Wires, intake: SourceIntake): void {
  for (const monoNs of wires.pulses.splice(0)) {
    intake.pulse({ kind: 'pulse', source: 'x0', monoNs, uncertaintyNs: STAMP_NS })
  }
}
