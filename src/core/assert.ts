/**
 * Invariants. A broken one is a bug in this program, never bad input: bad input gets a `Fault`.
 * The process is meant to die of it and to be restarted by systemd, so nothing catches `InvariantError`.
 */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** Dies with `message` unless `condition` holds. One that takes work to put together is a function, called only then. */
export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantError(typeof message === 'string' ? message : message())
}

/** Marks the branch of an exhaustive switch that types prove unreachable. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable case: ${String(value)}`)
}
