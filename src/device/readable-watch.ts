import type { Readiness } from '../linux/poll.ts'

/** A descriptor of which somebody else reads, when he is told that there is something. */
export interface ReadableDescriptor {
  readonly id: number
  readonly fd: number
  /** How often he has read so far, modulo 2^32. */
  taken(): number
}

/** Descriptors that Node cannot wait for, in the wait of a thread that waits for others anyway. */
export interface ReadableWatch {
  add(descriptor: ReadableDescriptor): void
  remove(id: number): void
  /** Those that nobody has been told of. */
  descriptors(): readonly number[]
  /** What became of those, in the same order: whose owners are to be told. */
  hear(ready: readonly Readiness[]): readonly number[]
  /** How long may be waited before more have to be. */
  waitMsMax(): number
}

/** Whoever floods a descriptor fills its queue: its owner is told so often and no more, and not before he has read. */
const REST_MS = 20

interface Watched extends ReadableDescriptor {
  /** How often its owner was told, modulo 2^32, and until when that is enough. */
  told: number
  restsUntilMs: number
}

export function createReadableWatch(nowMs: () => number): ReadableWatch {
  const all: Watched[] = []
  let waitedFor: readonly Watched[] = []
  const rests = ({ told, taken, restsUntilMs }: Watched, now: number): boolean => told !== taken() || now < restsUntilMs
  return {
    add: (descriptor) => {
      all.push({ ...descriptor, told: descriptor.taken(), restsUntilMs: 0 })
    },
    remove: (id) => {
      const index = all.findIndex((each) => each.id === id)
      if (index >= 0) all.splice(index, 1)
    },
    descriptors: () => {
      const now = nowMs()
      waitedFor = all.filter((each) => !rests(each, now))
      return waitedFor.map(({ fd }) => fd)
    },
    hear: (ready) => {
      const heard = waitedFor.filter((_, index) => isAnything(ready[index]))
      for (const each of heard) {
        each.told = (each.told + 1) | 0
        each.restsUntilMs = nowMs() + REST_MS
      }
      return heard.map(({ id }) => id)
    },
    waitMsMax: () => {
      const now = nowMs()
      return all.some((each) => rests(each, now)) ? REST_MS : Number.POSITIVE_INFINITY
    },
  }
}

/** Of what is wrong with a descriptor its owner learns when he reads. */
function isAnything(ready: Readiness | undefined): boolean {
  return ready !== undefined && (ready.readable || ready.errors || ready.invalid)
}
