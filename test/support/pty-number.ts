import { closeSync, constants, openSync } from 'node:fs'
import type { TestContext } from 'node:test'

/**
 * Has the path of a pty name that one alone until the test ends, also after it was unplugged: the number of one that
 * nobody has open any more goes to the next that is made, by whomever on the machine.
 */
export function keepPtyNumber(t: TestContext, path: string): void {
  const line = openSync(path, constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK)
  t.after(() => closeSync(line))
}
