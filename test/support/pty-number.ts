import { closeSync, constants, openSync } from 'node:fs'
import type { Scope } from './scope.ts'

/**
 * Has the path of a pty name that one alone until the test ends, also after it was unplugged: the number of one that
 * nobody has open any more goes to the next that is made, by whomever on the machine.
 */
export function keepPtyNumber(t: Scope, path: string): void {
  const line = openSync(path, constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK)
  t.after(() => closeSync(line))
}

/** The same for all lines of a desk: an appliance that has lost them must not find those of another test behind their names. */
export function keepPtyNumbers(t: Scope, { sources }: { readonly sources: readonly object[] }): void {
  for (const source of sources) if ('device' in source) keepPtyNumber(t, String(source.device))
}
