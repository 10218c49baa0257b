import type { MonoNs } from '../../src/core/time.ts'

/** What happens at an instant of virtual time. The next event waits until it is over. */
export interface Happening {
  readonly at: MonoNs
  run(): Promise<void> | void
}

/** Happenings in the order of their instants; those of one instant in the order in which they came. A binary heap. */
export interface EventQueue {
  add(happening: Happening): void
  /** Takes out the earliest one, unless it is after `end`. */
  takeUntil(end: MonoNs): Happening | undefined
}

interface Entry {
  readonly happening: Happening
  readonly order: number
}

export function createEventQueue(): EventQueue {
  const heap: Entry[] = []
  let order = 0
  return {
    add: (happening) => {
      order += 1
      rise(heap, { happening, order })
    },
    takeUntil: (end) => {
      const [first] = heap
      if (first === undefined || first.happening.at > end) return undefined
      const last = heap.pop()
      if (last !== undefined && last !== first) sink(heap, last)
      return first.happening
    },
  }
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
    const [a, b] = [heap[left], heap[left + 1]]
    if (a === undefined) break
    const [child, below] = b !== undefined && isBefore(b, a) ? [b, left + 1] : [a, left]
    if (isBefore(entry, child)) break
    heap[at] = child
    at = below
  }
  heap[at] = entry
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.happening.at < b.happening.at || (a.happening.at === b.happening.at && a.order < b.order)
}
