import { type MonoNs, plus } from '../../src/core/time.ts'

/**
 * Which of a fixed set of questions is due on a line that carries one exchange at a time. Questions that are due together
 * are asked in the order in which they were given.
 */
export interface Polls<Name extends string> {
  /** The question to ask now; undefined while none is due. */
  next(now: MonoNs): Name | undefined
  /** When the next one is due. */
  nextAt(): MonoNs | undefined
  /** It is on its way: due again after its period, unless told otherwise. */
  asked(name: Name, now: MonoNs): void
  /** Asks it at `at`; undefined: not before it is told again. */
  ask(name: Name, at: MonoNs | undefined): void
}

/** `periodsNs`: by question; undefined for one that is asked on demand alone. All others are due at `now`. */
export function createPolls<Name extends string>(
  periodsNs: Readonly<Record<Name, bigint | undefined>>,
  now: MonoNs,
): Polls<Name> {
  const names = Object.keys(periodsNs) as Name[]
  const dueAt = new Map<Name, MonoNs>()
  for (const name of names) if (periodsNs[name] !== undefined) dueAt.set(name, now)
  return {
    next: (at) => names.find((name) => (dueAt.get(name) ?? plus(at, 1n)) <= at),
    nextAt() {
      let first: MonoNs | undefined
      for (const at of dueAt.values()) if (first === undefined || at < first) first = at
      return first
    },
    asked(name, at) {
      const periodNs = periodsNs[name]
      if (periodNs === undefined) dueAt.delete(name)
      else dueAt.set(name, plus(at, periodNs))
    },
    ask(name, at) {
      if (at === undefined) dueAt.delete(name)
      else dueAt.set(name, at)
    },
  }
}
