import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { attempt } from '../../src/linux/attempt.ts'
import type { Task } from '../run-tasks.ts'

/**
 * Overwrites a key file, then removes it. On flash, and on file systems that copy, the old blocks may stay until they are used
 * again: what counts is that the membership does not name the key any more. Fault: `provisioning.write`.
 */
export function destroyStep(path: string, what: string): Task {
  return {
    action: 'update',
    path,
    what: `destroy the ${what}`,
    perform: () =>
      attempt('provisioning.write', `${path}: expected to overwrite and remove it`, () => {
        const { size } = statSync(path)
        const file = openSync(path, 'r+')
        try {
          writeSync(file, new Uint8Array(size), 0, size, 0)
          fsyncSync(file)
        } finally {
          closeSync(file)
        }
        rmSync(path)
      }),
  }
}
