import { between, type MonoNs } from '../../core/time.ts'
import { type Context, publish, signBody } from './context.ts'
import { epochAt, epochMarkTai, markAt, taiAt } from './epoch-schedule.ts'
import { takeProposal } from './take-proposal.ts'
import type { Measurement } from './types.ts'

/**
 * Rule 1, first half: at every epoch mark the hardware is to be read. An epoch that is noticed only past its middle is
 * left out: its block is being made without it. Returns the instant of the next mark.
 */
export function askForMeasurement(context: Context, now: MonoNs): MonoNs | undefined {
  const { clock, config } = context
  if (clock === undefined) return undefined
  const epoch = epochAt(config.membership, clock, now)
  const done = Math.max(context.measuringEpoch, context.proposal?.epoch ?? 0)
  const age = between(epochMarkTai(config.membership, epoch), taiAt(clock, now))
  if (epoch > done && epoch >= 1 && age * 2n <= config.membership.epochPeriodNs) {
    context.measuringEpoch = epoch
    context.outbox.measure = { epoch }
  }
  return markAt(config.membership, clock, Math.max(epoch, context.proposal?.epoch ?? 0) + 1)
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
