import { ok, type Result } from '../core/fault.ts'
import type { ControlledDevice } from './ioctl.ts'
import {
  modeOf,
  PPS_CAPTURE_ASSERT,
  PPS_CAPTURE_CLEAR,
  PPS_DATA_BYTES,
  PPS_FETCH,
  PPS_GETCAP,
  PPS_GETPARAMS,
  PPS_PARAMS_BYTES,
  PPS_SETPARAMS,
  PPS_TSFMT_TSPEC,
  type PpsEvent,
  readPpsEvent,
  withMode,
} from './pps-abi.ts'

/** A pulse input whose edges the kernel stamps on CLOCK_REALTIME: `/dev/ppsN`. */
export interface PpsInput {
  /** The newest event; never waits. */
  newest(): Result<PpsEvent>
}

/**
 * Sets the device up to capture `edge` and keeps what others capture. Fault `linux.ioctl`: it is no such device, or
 * has not this edge.
 */
export function startPps(device: ControlledDevice, edge: 'assert' | 'clear'): Result<PpsInput> {
  const wanted = edge === 'assert' ? PPS_CAPTURE_ASSERT : PPS_CAPTURE_CLEAR
  const capabilities = new Uint8Array(4)
  const asked = device.control(PPS_GETCAP, capabilities, 'say what edges it captures')
  if (!asked.ok) return asked
  const params = new Uint8Array(PPS_PARAMS_BYTES)
  const got = device.control(PPS_GETPARAMS, params, 'say its parameters')
  if (!got.ok) return got
  const mode = modeOf(params) | wanted | PPS_TSFMT_TSPEC
  if (mode !== modeOf(params)) {
    const set = device.control(PPS_SETPARAMS, withMode(params, mode), `capture the ${edge} edge`)
    if (!set.ok) return set
  }
  return ok({
    newest: () => {
      // A timeout of zero, which a struct of zeros holds: the last event is there at once.
      const data = new Uint8Array(PPS_DATA_BYTES)
      const fetched = device.control(PPS_FETCH, data, 'fetch the newest edge')
      return fetched.ok ? ok(readPpsEvent(data, edge)) : fetched
    },
  })
}
