import { ok, type Result } from '../src/core/fault.ts'
import type { Step } from './step.ts'
import type { StepLog } from './step-log.ts'

/** A step that may take its time: what a TPM is asked for does. */
export interface Task extends Omit<Step, 'perform'> {
  perform(): Result<void> | Promise<Result<void>>
}

export interface TaskRun {
  readonly dryRun: boolean
  /** Told of every step, in a dry run of what would be done. */
  readonly say: (line: string) => void
  /** Undefined where nothing is to be written down. */
  readonly log: StepLog | undefined
}

/** Does what was drawn up, in its order, and stops at the first that fails. A dry run does and logs nothing. */
export async function runTasks(tasks: readonly Task[], { dryRun, say, log }: TaskRun): Promise<Result<void>> {
  for (const task of tasks) {
    const { action, path, what } = task
    if (dryRun) {
      say(`${action === 'keep' ? '' : 'would '}${action} ${path} (${what})`)
      continue
    }
    const done = await task.perform()
    const noted = log?.note({ action, path, what, result: done.ok ? 'done' : done.fault.code })
    if (!done.ok) return done
    if (noted?.ok === false) return noted
    say(`${action} ${path} (${what})`)
  }
  return ok(undefined)
}
