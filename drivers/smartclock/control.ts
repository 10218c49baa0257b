import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { ScpiRequest } from '../scpi/session.ts'

/**
 * All that the driver can ever tell a unit to do, and only where the configuration says so. Presets, the log's clearing,
 * self tests, line settings, satellites and everything of the firmware loader have no command here.
 */
export type ControlCommand =
  /** Let go of GPS. */
  | { readonly name: 'holdover-initiate' }
  /** Go back to GPS, from a holdover that was initiated so. */
  | { readonly name: 'recovery-initiate' }
  /** Put the pulse on GPS at once, with a step. The unit takes it in holdover or power-up alone. */
  | { readonly name: 'synchronize' }
  /** The delay of antenna, amplifier and cable, which the unit takes off: its pulse then comes so much earlier. */
  | { readonly name: 'antenna-delay'; readonly delayNs: number }

/** The widest that the driver writes: 200 km of cable. What the unit takes is not in the recordings. */
export const ANTENNA_DELAY_NS_MAX = 999_999

/** Writing to the unit's memory may take longer than an answer. */
const REPLY_WITHIN_NS = 5_000_000_000n

/** Fault: `smartclock.control` for what no unit may be told. */
export function controlRequest(command: ControlCommand): Result<ScpiRequest> {
  switch (command.name) {
    case 'holdover-initiate':
      return ok(order(':SYNC:HOLD:INIT'))
    case 'recovery-initiate':
      return ok(order(':SYNC:HOLD:REC:INIT'))
    case 'synchronize':
      return ok(order(':SYNC:IMM'))
    default: {
      const { delayNs } = command
      if (!Number.isInteger(delayNs) || Math.abs(delayNs) > ANTENNA_DELAY_NS_MAX) {
        const message = `expected an antenna delay of whole ns up to ${ANTENNA_DELAY_NS_MAX}, got ${delayNs}`
        return fail('smartclock.control', message)
      }
      return ok(order(`:GPS:REF:ADEL ${delayNs} NS`))
    }
  }
}

/** An order is answered by a prompt alone. */
function order(command: string): ScpiRequest {
  return { command, replyWithinNs: REPLY_WITHIN_NS, accepts: () => false }
}
