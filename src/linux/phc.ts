import { readSync } from 'node:fs'
import { fail, ok, type Result } from '../core/fault.ts'
import type { PhcNs } from '../core/time.ts'
import { attempt } from './attempt.ts'
import { CLOCK_MONOTONIC_RAW, type ClockPair, readClockPair, readMonoNs } from './clock.ts'
import type { ControlledDevice } from './ioctl.ts'
import {
  channelsOf,
  type ExternalStamp,
  extendedOffsetRequest,
  externalStampRequest,
  PTP_CAPS_BYTES,
  PTP_CLOCK_GETCAPS,
  PTP_ENABLE_FEATURE,
  PTP_EXTTS_EVENT_BYTES,
  PTP_EXTTS_REQUEST,
  PTP_FALLING_EDGE,
  PTP_RISING_EDGE,
  PTP_SYS_OFFSET,
  PTP_SYS_OFFSET_EXTENDED,
  PTP_SYS_OFFSET_PRECISE,
  PTP_SYS_OFFSET_PRECISE_BYTES,
  plainOffsetRequest,
  readCrossStamp,
  readExternalStamps,
  readPlainSandwiches,
  readSandwiches,
  type Sandwich,
} from './phc-abi.ts'
import { pairByCrossStamp, pairByRawSandwich, pairBySandwich } from './phc-pair.ts'

/** An input of a hardware clock that latches the instants of edges on its own scale: `/dev/ptpN`. */
export interface PhcInput {
  /** The edges that were latched since the last call, of every channel of the device; never waits. */
  stamps(): Result<readonly ExternalStamp[]>
  /** The hardware clock against the local oscillator. */
  readPair(): Result<ClockPair<PhcNs>>
}

const EVENTS_PER_READ = 16
const SANDWICHES = 5

/** Fault `linux.ioctl`: it is no such device; `phc.channel`: it has no such input. */
export function startPhc(device: ControlledDevice, channel: number, edge: 'rising' | 'falling'): Result<PhcInput> {
  const caps = new Uint8Array(PTP_CAPS_BYTES)
  const asked = device.control(PTP_CLOCK_GETCAPS, caps, 'say what it can do')
  if (!asked.ok) return asked
  const channels = channelsOf(caps)
  if (channel >= channels) {
    return fail('phc.channel', `${device.path}: expected an input ${channel} for edges, got ${channels} of them`)
  }
  const flags = PTP_ENABLE_FEATURE | (edge === 'rising' ? PTP_RISING_EDGE : PTP_FALLING_EDGE)
  const enabled = device.control(
    PTP_EXTTS_REQUEST,
    externalStampRequest(channel, flags),
    `stamp the ${edge} edges of input ${channel}`,
  )
  if (!enabled.ok) return enabled
  const into = new Uint8Array(EVENTS_PER_READ * PTP_EXTTS_EVENT_BYTES)
  return ok({
    stamps: () => {
      const read = attempt('phc.read', `${device.path}: expected to read edges`, () => readWaiting(device.fd, into))
      return read.ok ? ok(readExternalStamps(into.subarray(0, read.value))) : read
    },
    readPair: () => readPhcPair(device),
  })
}

function readWaiting(fd: number, into: Uint8Array): number {
  try {
    return readSync(fd, into)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0
    throw error
  }
}

/** The ways to compare the clock with this machine's, best first: all drivers have the last. */
export const PHC_READINGS = {
  /** The hardware latches both clocks at once. */
  precise: (device) => {
    const answer = new Uint8Array(PTP_SYS_OFFSET_PRECISE_BYTES)
    const read = device.control(PTP_SYS_OFFSET_PRECISE, answer, 'latch two clocks')
    return read.ok ? ok(pairByCrossStamp(readCrossStamp(answer))) : read
  },
  /** The driver reads the local oscillator right beside the one register that counts. Since Linux 6.12. */
  raw: (device) => {
    const answer = extendedOffsetRequest(SANDWICHES, CLOCK_MONOTONIC_RAW)
    const before = readMonoNs()
    const read = device.control(PTP_SYS_OFFSET_EXTENDED, answer, 'be read between two readings of the oscillator')
    const after = readMonoNs()
    return read.ok ? pairByRawSandwich(device.path, before, readSandwiches(answer), after) : read
  },
  /** The driver reads the system clock there instead, from which it is a step more. */
  extended: (device) => readBetween(device, PTP_SYS_OFFSET_EXTENDED, extendedOffsetRequest(SANDWICHES), readSandwiches),
  /** The kernel reads the system clock around the whole of the driver's reading. */
  plain: (device) => readBetween(device, PTP_SYS_OFFSET, plainOffsetRequest(SANDWICHES), readPlainSandwiches),
} as const satisfies Record<string, (device: ControlledDevice) => Result<ClockPair<PhcNs>>>

function readBetween(
  device: ControlledDevice,
  request: number,
  answer: Uint8Array,
  sandwiches: (answer: Uint8Array) => readonly Sandwich[],
): Result<ClockPair<PhcNs>> {
  const before = readClockPair()
  const read = device.control(request, answer, 'be read between two readings of the system clock')
  const after = readClockPair()
  return read.ok ? pairBySandwich(device.path, before, sandwiches(answer), after) : read
}

/** The clock against the local oscillator, in the best way that the driver of the card has. Faults `linux.ioctl`, `phc.sandwich`. */
export function readPhcPair(device: ControlledDevice): Result<ClockPair<PhcNs>> {
  const { precise, raw, extended, plain } = PHC_READINGS
  let read = precise(device)
  for (const next of [raw, extended, plain]) {
    if (read.ok) break
    read = next(device)
  }
  return read
}
