import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import type { PulseSample } from '../core/sample.ts'
import type { MonoNs, PhcNs } from '../core/time.ts'
import type { ClockPair } from '../linux/clock.ts'
import { type ControlledDevice, isOtherKind, openControlled } from '../linux/ioctl.ts'
import { type PhcInput, startPhc } from '../linux/phc.ts'
import { startPps } from '../linux/pps.ts'
import type { PpsEvent } from '../linux/pps-abi.ts'
import { BEAT_MS, startBeat } from './beat.ts'
import type { ClockBridge } from './clock-bridge.ts'
import { createFaultCounter } from './fault-counter.ts'
import { createSkippingPhcBridge } from './phc-bridge.ts'

export interface PulseDeviceOptions {
  /** `/dev/ppsN` or `/dev/ptpN`: which it is, the device says. */
  readonly path: string
  readonly edge: 'rising' | 'falling'
  /** The input of a hardware clock. */
  readonly channel: number
  /** The name of the source in the configuration. */
  readonly source: string
  /** Has pairs of every 100 ms or so: one is read with each pulse, and the one before it says how the clock ran. */
  readonly bridge: ClockBridge
}

export interface PulseDeviceHandlers {
  onPulse(sample: PulseSample): void
  /** `seen` is how many of this code there have been, this one included. */
  onFault(fault: Fault, seen: number): void
}

export interface PulseDevice {
  /** Hands out at once what has come since the device was last asked; by itself it is asked ten times a second. */
  poll(): void
  close(): void
}

/** What a device has to tell when it is asked. */
export interface PulseReader {
  /** The edges since it was last asked, and what went wrong. */
  poll(): readonly Result<PlacedEdge>[]
}

export interface PlacedEdge {
  readonly monoNs: MonoNs
  readonly uncertaintyNs: bigint
}

/**
 * From the edge on the wire to the kernel's stamp: the interrupt and, on a serial port, the UART. Late, never early, and
 * more than this on a machine that masks interrupts for longer; a hardware clock latches in its own ticks.
 */
const PPS_STAMP_NS = 10_000n
const PHC_STAMP_NS = 100n

const REOPEN_MS = 2_000

/**
 * Pulses of a kernel pulse input or of a hardware clock, on the local oscillator. A device that is missing is waited for,
 * one that fails is opened afresh. Faults: `pulse.open`, `pulse.read`, `pulse.missed`, those of the clock bridge.
 */
export function openPulseDevice(options: PulseDeviceOptions, handlers: PulseDeviceHandlers): PulseDevice {
  const faults = createFaultCounter()
  let device: ControlledDevice | undefined
  let reader: PulseReader | undefined
  let reported = ''
  let nextOpenMs = 0
  let waitedMs = 0

  const complain = (fault: Fault): void => handlers.onFault(fault, faults.count(fault.code))

  const open = (): void => {
    const opened = openReader(options)
    if (!opened.ok) {
      // Once a reason, not once an attempt.
      if (opened.fault.message !== reported) complain({ code: 'pulse.open', message: opened.fault.message })
      reported = opened.fault.message
      return
    }
    reported = ''
    device = opened.value.device
    reader = opened.value.reader
  }

  const release = (): void => {
    device?.close()
    device = undefined
    reader = undefined
  }

  const poll = (): void => {
    for (const heard of reader?.poll() ?? []) {
      if (heard.ok) handlers.onPulse({ kind: 'pulse', source: options.source, ...heard.value })
      else complain(heard.fault)
      if (!heard.ok && heard.fault.code === 'pulse.read') release()
    }
  }

  // The stamps are the kernel's, or the card's: asking late loses nothing.
  const beat = startBeat(() => {
    waitedMs += BEAT_MS
    if (reader === undefined && waitedMs >= nextOpenMs) {
      nextOpenMs = waitedMs + REOPEN_MS
      open()
    }
    poll()
  })
  return {
    poll,
    close: () => {
      beat.stop()
      release()
    },
  }
}

function openReader(
  options: PulseDeviceOptions,
): Result<{ readonly device: ControlledDevice; readonly reader: PulseReader }> {
  const opened = openControlled(options.path)
  if (!opened.ok) return opened
  const device = opened.value
  const pps = startPps(device, options.edge === 'rising' ? 'assert' : 'clear')
  if (pps.ok) return ok({ device, reader: createPpsReader(pps.value.newest, options) })
  const phc = isOtherKind(pps.fault) ? startPhc(device, options.channel, options.edge) : pps
  const first = phc.ok ? phc.value.readPair() : phc
  if (phc.ok && first.ok) {
    return ok({ device, reader: createPhcReader({ ...phc.value, first: first.value }, options) })
  }
  device.close()
  if (!first.ok && !isOtherKind(first.fault)) return first
  return fail(
    'pulse.kind',
    `${options.path}: expected a pulse input (/dev/ppsN) or a hardware clock (/dev/ptpN), got neither`,
  )
}

/** `newest`: asks the kernel. Exported for what can be tried without such a kernel. */
export function createPpsReader(
  newest: () => Result<PpsEvent>,
  { path, bridge }: Pick<PulseDeviceOptions, 'path' | 'bridge'>,
): PulseReader {
  let seen: number | undefined
  return {
    poll: () => {
      const event = newest()
      if (!event.ok) return [readFault(event.fault)]
      const { sequence, stampNs } = event.value
      const before = seen
      if (sequence === before) return []
      seen = sequence
      // What happened before this process looked may be of any age.
      if (before === undefined) return []
      const missed = ((sequence - before) >>> 0) - 1
      const gap = missed > 0 ? [fail('pulse.missed', `${path}: expected to see every edge, got ${missed} unseen`)] : []
      return [...gap, placed(path, bridge.toMono(stampNs), PPS_STAMP_NS)]
    },
  }
}

/** A hardware clock that answers. */
export interface PhcSource extends PhcInput {
  readonly first: ClockPair<PhcNs>
}

/** Stamps of other channels of the same device are not ours. Exported for what can be tried without such a card. */
export function createPhcReader(
  input: PhcSource,
  { path, channel }: Pick<PulseDeviceOptions, 'path' | 'channel'>,
): PulseReader {
  let failed: Fault | undefined
  const bridge = createSkippingPhcBridge(input.first, input.readPair, (fault) => {
    failed = fault
  })
  return {
    poll: () => {
      bridge.refresh()
      if (failed !== undefined) return [readFault(failed)]
      const stamps = input.stamps()
      if (!stamps.ok) return [readFault(stamps.fault)]
      return stamps.value
        .filter((stamp) => stamp.channel === channel)
        .map(({ stampNs }) => placed(path, bridge.toMono(stampNs), PHC_STAMP_NS))
    },
  }
}

function placed(path: string, stamp: Result<PlacedEdge>, stampingNs: bigint): Result<PlacedEdge> {
  if (!stamp.ok) return fail(stamp.fault.code, `${path}: ${stamp.fault.message}`)
  return ok({ monoNs: stamp.value.monoNs, uncertaintyNs: stamp.value.uncertaintyNs + stampingNs })
}

function readFault({ message }: Fault): Result<never> {
  return fail('pulse.read', message)
}
