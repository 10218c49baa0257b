import type { Observer } from '../consensus/frame-intervals.ts'
import type { Measurement } from '../consensus/replica/types.ts'
import type { MonoNs } from '../core/time.ts'
import type { ServedAtMark } from './agent-event.ts'

/** What this appliance read at the mark of an epoch: it turns a certified region about T − R back into time. */
export interface Mark {
  readonly epoch: number
  readonly monoNs: MonoNs
  /** Rate of the ranging clock against the oscillator in the segment of the mark, ppb. */
  readonly ratePpb: bigint
  readonly measurement: Measurement
  readonly served: ServedAtMark | undefined
}

const MARKS_KEPT = 32

/** The last marks, by epoch. */
export interface MarkBook {
  add(mark: Mark): void
  find(epoch: number): Mark | undefined
}

export function createMarkBook(): MarkBook {
  const marks = new Map<number, Mark>()
  return {
    add: (mark) => {
      marks.set(mark.epoch, mark)
      for (const epoch of marks.keys()) if (epoch <= mark.epoch - MARKS_KEPT) marks.delete(epoch)
    },
    find: (epoch) => marks.get(epoch),
  }
}

/** A mark as the agreement wants to see it. */
export function observerAt(member: number, { measurement }: Pick<Mark, 'measurement'>): Observer {
  return { member, reading: measurement, ranging: measurement.ranging }
}
