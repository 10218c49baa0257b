import { assert } from '../../src/core/assert.ts'
import type { MonoNs } from '../../src/core/time.ts'

/** What happens at an instant of virtual time. What it returns has to be over before the next one happens. */
export interface Happening {
  readonly at: MonoNs
  run(): Promise<void> | void
}

/** Rings once, at the instant for which it was armed last; undefined: never. */
export interface Timer {
  arm(at: MonoNs | undefined): void
}

/**
 * Happenings in the order of their instants; those of one instant in the order in which they came, for which arming a timer
 * again counts. A binary heap.
 */
export interface EventQueue {
  add(happening: Happening): void
  timer(ring: () => void): Timer
  /** Takes out the earliest one, unless it is after `end`. */
  takeUntil(end: MonoNs): Happening | undefined
}

interface Entry {
  /** The instant as a number: below 2^53 ns, which is 104 days. */
  readonly atNs: number
  readonly order: number
  readonly happening: Happening
  /** Present: a timer's place. It holds only when the timer was not armed again since. */
  readonly alarm: Alarm | undefined
}

/** A timer in the queue: for when it is armed, and its earliest entry, which is not put in again when it is armed later. */
interface Alarm {
  atNs: number
  order: number
  happening: Happening | undefined
  queuedNs: number
}

const NEVER = Number.POSITIVE_INFINITY

export function createEventQueue(): EventQueue {
  const heap: Entry[] = []
  let order = 0
  const takeFirst = (first: Entry): void => {
    const last = heap.pop()
    if (last !== undefined && last !== first) sink(heap, last)
  }
  return {
    add: (happening) => {
      order += 1
      rise(heap, { atNs: exact(happening.at), order, happening, alarm: undefined })
    },
    timer: (ring) => {
      const alarm: Alarm = { atNs: NEVER, order: 0, happening: undefined, queuedNs: NEVER }
      return {
        arm: (at) => {
          order += 1
          alarm.order = order
          alarm.atNs = at === undefined ? NEVER : exact(at)
          if (at === undefined) return
          if (alarm.happening?.at !== at) alarm.happening = { at, run: ring }
          if (alarm.queuedNs > alarm.atNs) enqueue(heap, alarm, alarm.happening)
        },
      }
    },
    takeUntil: (end) => {
      for (let first = heap[0]; first !== undefined && first.happening.at <= end; first = heap[0]) {
        const { alarm } = first
        takeFirst(first)
        if (alarm === undefined) return first.happening
        if (alarm.queuedNs === first.atNs) alarm.queuedNs = NEVER
        if (alarm.order === first.order) {
          alarm.order = 0
          alarm.atNs = NEVER
          return first.happening
        }
        const { happening } = alarm
        if (happening !== undefined && alarm.atNs < alarm.queuedNs) enqueue(heap, alarm, happening)
      }
      return undefined
    },
  }
}

function enqueue(heap: Entry[], alarm: Alarm, happening: Happening): void {
  alarm.queuedNs = alarm.atNs
  rise(heap, { atNs: alarm.atNs, order: alarm.order, happening, alarm })
}

function exact(at: MonoNs): number {
  const ns = Number(at)
  assert(Number.isSafeInteger(ns), `virtual time ends at 2^53 ns, got ${at}`)
  return ns
}

function rise(heap: Entry[], entry: Entry): void {
  let at = heap.length
  while (at > 0) {
    const above = (at - 1) >> 1
    const parent = heap[above]
    if (parent === undefined || isBefore(parent, entry)) break
    heap[at] = parent
    at = above
  }
  heap[at] = entry
}

/** Puts `entry` in the place of the first one. */
function sink(heap: Entry[], entry: Entry): void {
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    const a = heap[left]
    const b = heap[left + 1]
    if (a === undefined) break
    const isRight = b !== undefined && isBefore(b, a)
    const child = isRight ? b : a
    if (isBefore(entry, child)) break
    heap[at] = child
    at = isRight ? left + 1 : left
  }
  heap[at] = entry
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atNs < b.atNs || (a.atNs === b.atNs && a.order < b.order)
}
