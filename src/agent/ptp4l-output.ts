import { isOutranked, wordsOfPortState } from '../../drivers/ptp/port-state.ts'
import type { Fault } from '../core/fault.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { Ptp4l } from '../output/ptp4l.ts'
import { createPtp4lKeeper, type Kept } from '../output/ptp4l-keeper.ts'
import { type AgentEvent, alarm, type Report } from './agent-event.ts'
import { createFaultLog } from './fault-log.ts'
import { type Announcement, createPtp4lView, type Ptp4lViewed } from './ptp4l-view.ts'

/** A local ptp4l that announces what this appliance serves, as well as the clock that it takes its time from keeps it. */
export interface Ptp4lOutput {
  /** What becomes of the clock is announced at once. */
  hear(event: AgentEvent): void
  /** For `quorumtime status`. */
  describe(): Ptp4lReport
  /** Leaves a ptp4l behind that claims nothing any more. */
  close(): Promise<void>
}

export interface Ptp4lReport {
  /** What it was last seen to announce; null before it answered. */
  readonly announced: Kept['settings'] | null
  /** What its first port does; null before it answered. */
  readonly port: string | null
  /** Served − the clock that it serves, and how far that may be from the true time; null while it cannot be said. */
  readonly offsetNs: bigint | null
  readonly promisedNs: bigint | null
  /** What that clock counts, by measurement. */
  readonly scale: 'tai' | 'utc' | null
  readonly faults: Readonly<Record<string, number>>
}

export interface Ptp4lWorld extends Ptp4lViewed {
  readonly ptp4l: Ptp4l
  readonly report: Report
}

const TICK_MS = 1_000

export function runPtp4lOutput(world: Ptp4lWorld): Ptp4lOutput {
  const { ptp4l, report } = world
  const faults = createFaultLog(report)
  const complain = (fault: Fault): void => faults.note('output ptp4l', fault)
  const view = createPtp4lView(world, complain)
  let keeper = createPtp4lKeeper(ptp4l)
  let last: Kept | undefined
  /** The newest, until it is the turn of ptp4l. */
  let waiting: Announcement | undefined
  let keeping: Promise<void> | undefined
  let soon: NodeJS.Immediate | undefined
  let isClosed = false

  const keepAll = async (): Promise<void> => {
    for (let next = waiting; next !== undefined; next = waiting) {
      waiting = undefined
      const kept = await keeper.keep(next.settings, readMonoNs())
      if (kept?.ok === false) complain(kept.fault)
      if (kept?.ok !== true) continue
      tell(report, kept.value, next.reason, last)
      last = kept.value
    }
  }
  const announce = (announcement: Announcement | undefined): void => {
    waiting = announcement ?? waiting
    keeping ??= keepAll().finally(() => {
      keeping = undefined
    })
  }
  const timer = setInterval(() => announce(view.look(true)), TICK_MS)
  return {
    hear: ({ type }) => {
      if (isClosed || (type !== 'mode' && type !== 'cluster')) return
      soon ??= setImmediate(() => {
        soon = undefined
        announce(view.look(false))
      })
    },
    describe: () => ({
      announced: last?.settings ?? null,
      port: last === undefined ? null : wordsOfPortState(last.portState),
      offsetNs: view.last()?.offsetNs ?? null,
      promisedNs: view.promisedNs() ?? null,
      scale: view.last()?.scale ?? null,
      faults: faults.counts(),
    }),
    close: async () => {
      if (isClosed) return
      isClosed = true
      clearInterval(timer)
      clearImmediate(soon)
      await keeping
      // After failures it would wait before it tries again; this is tried at once, or never.
      keeper = createPtp4lKeeper(ptp4l)
      announce({ settings: view.nothing(), reason: 'the agent ends' })
      await keeping
      ptp4l.close()
    },
  }
}

function tell(report: Report, { settings, change, portState }: Kept, reason: string, last: Kept | undefined): void {
  if (isOutranked(portState) && !(last !== undefined && isOutranked(last.portState))) {
    const message = `expected the port of ptp4l to be a time transmitter, got one that is ${wordsOfPortState(portState)}: a better clock is in the domain`
    alarm(report, { code: 'ptp4l.outranked', message })
  }
  if (change === 'none') return
  const { clockQuality, currentUtcOffset, flags, timeSource } = settings
  const { clockClass, clockAccuracy } = clockQuality
  report({ type: 'grandmaster', clockClass, clockAccuracy, currentUtcOffset, flags, timeSource, reason })
  if (change !== 'set-again') return
  const expected = 'expected ptp4l to have what it was told, got other settings'
  alarm(report, { code: 'ptp4l.lost-settings', message: `${expected}: it was restarted, or somebody else sets them` })
}
