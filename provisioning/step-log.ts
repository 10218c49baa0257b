import { appendFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Result } from '../src/core/fault.ts'
import { attempt } from '../src/linux/attempt.ts'

/** What was done where and when: one line of JSON a step, only ever appended, and never anything of a key. */
export interface StepLog {
  /** Fault: `provisioning.log`. */
  note(entry: {
    readonly action: string
    readonly path: string
    readonly what: string
    readonly result: string
  }): Result<void>
}

/** `command` says who writes: `enroll-appliance request`. */
export function openStepLog(path: string, command: string): StepLog {
  return {
    note: (entry) => {
      const line = JSON.stringify({ time: new Date().toISOString(), host: hostname(), command, ...entry })
      return attempt('provisioning.log', `${path}: expected to append to this log`, () =>
        appendFileSync(path, `${line}\n`, { mode: 0o640 }),
      )
    },
  }
}
