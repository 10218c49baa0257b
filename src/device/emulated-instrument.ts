import type { Emulator, EmulatorAction, LineSettings } from '../../drivers/driver.ts'
import { assert, unreachable } from '../core/assert.ts'
import { type Fault, ok, type Result } from '../core/fault.ts'
import { max } from '../core/integer.ts'
import { between, type MonoNs } from '../core/time.ts'
import { readMonoNs } from '../linux/clock.ts'
import { openPty, type Pty } from '../linux/pty.ts'
import { openSockSender } from './sock-sender.ts'
import { createWakeTimer, dueActions } from './wake-timer.ts'

export interface EmulatedInstrumentOptions {
  readonly emulator: Emulator
  /** How its serial port is set. Undefined: it has none, or takes no notice of the host's speed. */
  readonly line?: LineSettings | undefined
  /** The chrony-SOCK socket that its pulses are told to; undefined leaves the pulse output unconnected. */
  readonly sockPath?: string | undefined
}

/** An emulator that stands on the desk: a pty for its serial port, datagrams for its pulse output. */
export interface EmulatedInstrument {
  readonly ptyPath: string
  /** Switches a fault of the emulator on or off, also while it is unplugged. */
  setFault(name: string, on: boolean): Result<void>
  /** Unplugs it: the pty vanishes. */
  close(): Promise<void>
}

/** Pulses announced before their edge; an instrument announces one at a time. */
const PULSES_MAX = 16

/** A host that is later than this loses what the instrument would have sent long ago: bytes in the wrong second mislead. */
const LATE_NS_MAX = 250_000_000n

/**
 * `onFault` hears of what a real instrument would not notice either: bytes that the line lost because nobody reads it
 * (`pty.full`), pulses that nobody received (`unix.send`), and bytes that this host was too late to send (`emulator.late`).
 */
export function hostEmulator(
  { emulator, line, sockPath }: EmulatedInstrumentOptions,
  onFault: (fault: Fault) => void,
): Result<EmulatedInstrument> {
  const sender = sockPath === undefined ? ok(undefined) : openSockSender(sockPath)
  if (!sender.ok) return sender
  const opened = openPty({ onBytes: (bytes) => hear(bytes), onFault }, line?.baudRate)
  if (!opened.ok) {
    sender.value?.close()
    return opened
  }
  const pty = opened.value
  const report = (done: Result<void> | undefined): void => {
    if (done?.ok === false) onFault(done.fault)
  }

  /** `dueAt`: when it was to be done; undefined of what nobody waited for. */
  const perform = (action: EmulatorAction, dueAt: MonoNs | undefined): void => {
    // Looked at afresh: a busy machine may have done something else since the last action.
    const lateNs = dueAt === undefined ? 0n : between(dueAt, readMonoNs())
    switch (action.type) {
      case 'write':
        if (lateNs <= LATE_NS_MAX) report(pty.write(action.bytes))
        else
          onFault({
            code: 'emulator.late',
            message: `emulated instrument: expected to be woken in time, got it ${lateNs} ns late`,
          })
        break
      case 'pulse':
        edges.announce(action.at)
        break
      default:
        unreachable(action)
    }
  }

  const edges = createEdges((edge) => report(sender.value?.send(edge)))
  let closed = false
  const lookAtSpeed = watchSpeed(pty, emulator, line)

  const startedAt = readMonoNs()
  const turn = (now: MonoNs): void => {
    lookAtSpeed()
    const dueAt = emulator.nextWakeAt()
    // Before the start nothing was due: a machine that wants to be woken at once asks for the instant 0.
    const since = dueAt === undefined ? undefined : max(dueAt, startedAt)
    for (const action of dueActions(emulator, now)) {
      perform(action, since)
      // At once, for a host that was late finds many that have been, and they are none ahead.
      edges.tell(now)
    }
    edges.tell(now)
    timer.arm(earliest([...edges.ahead(), emulator.nextWakeAt()]))
  }

  const hear = (bytes: Uint8Array): void => {
    const now = readMonoNs()
    // What was due before is late, and no answer.
    turn(now)
    for (const action of emulator.receive(bytes, now)) perform(action, undefined)
    turn(now)
  }

  const timer = createWakeTimer(turn)
  turn(readMonoNs())
  return ok({
    ptyPath: pty.path,
    setFault: (name, on) => {
      const done = emulator.setFault(name, on)
      if (!closed) turn(readMonoNs())
      return done
    },
    close: () => {
      closed = true
      timer.arm(undefined)
      sender.value?.close()
      return pty.close()
    },
  })
}

/** Edges to come. An edge is told when it has been, as it would be of a real one. */
function createEdges(tell: (edge: MonoNs) => void) {
  let ahead: readonly MonoNs[] = []
  return {
    ahead: () => ahead,
    announce: (edge: MonoNs) => {
      assert(ahead.length < PULSES_MAX, `an emulator announced more than ${PULSES_MAX} pulses ahead`)
      ahead = [...ahead, edge]
    },
    tell: (now: MonoNs) => {
      for (const edge of ahead) if (edge <= now) tell(edge)
      ahead = ahead.filter((edge) => edge > now)
    },
  }
}

/** A pty hands over bytes at any speed; what a line would have made of them is for the emulator to say. */
function watchSpeed(pty: Pty, emulator: Emulator, line: LineSettings | undefined): () => void {
  let known = line?.baudRate
  return () => {
    if (line === undefined || emulator.lineChanged === undefined) return
    const baudRate = pty.baudRate()
    // 0 is the speed of a line that was hung up.
    if (baudRate === known || baudRate === 0) return
    known = baudRate
    // Of parity and word length a pty knows nothing: it has eight bits.
    emulator.lineChanged({ ...line, baudRate })
  }
}

function earliest(instants: readonly (MonoNs | undefined)[]): MonoNs | undefined {
  return instants.reduce((first, at) => (first === undefined || (at !== undefined && at < first) ? at : first))
}
