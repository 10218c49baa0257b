import type { MonoNs } from '../../core/time.ts'
import { calendarOf } from './calendar.ts'
import { type Context, publish, signBody } from './context.ts'
import { takeProposal } from './take-proposal.ts'
import type { Measurement } from './types.ts'

/**
 * Rule 1, first half: at every epoch mark the hardware is to be read. An epoch that is noticed only past its middle is
 * left out: its block is being made without it. Returns the instant of the next mark.
 */
export function askForMeasurement(context: Context, now: MonoNs): MonoNs | undefined {
  const calendar = calendarOf(context)
  if (calendar === undefined) return undefined
  const epoch = calendar.epochAt(now)
  const done = Math.max(context.measuringEpoch, context.proposal?.epoch ?? 0)
  if (epoch > done && epoch >= 1 && !calendar.isPastMiddle(now)) {
    context.measuringEpoch = epoch
    context.outbox.measure = { epoch }
  }
  return calendar.markAt(Math.max(epoch, context.proposal?.epoch ?? 0) + 1)
}

/** Rule 1, second half: one proposal per epoch, journalled and sent to all. A late or repeated measurement is dropped. */
export function propose(context: Context, epoch: number, measurement: Measurement): void {
  if (epoch !== context.measuringEpoch || epoch <= (context.proposal?.epoch ?? 0)) return
  const { membership } = context.config
  const body = { era: membership.era, epoch, parent: context.tip.hash, ...measurement }
  const message = signBody(context, 'proposal', body)
  context.proposal = { epoch, bytes: publish(context, 'proposal', epoch, message) }
  takeProposal(context, message)
}
