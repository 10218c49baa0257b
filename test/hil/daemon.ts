import type { ChildProcess } from 'node:child_process'
import type { Scope } from '../support/scope.ts'
import { runCommand, startCommand } from './command.ts'

/** A program of the system's that runs while a test does. */
export interface Daemon {
  readonly child: ChildProcess
  /** The last of what it wrote, for the message of a test that failed. */
  output(): string
}

const OUTPUT_CHARACTERS_MAX = 20_000

/** It is killed at the end of the test, whatever that is, and when this process ends before. */
export function startDaemon(t: Scope, command: string, args: readonly string[]): Daemon {
  // setpriv asks the kernel to kill the daemon with its parent: no test can leave it behind.
  const child = startCommand('setpriv', ['--pdeathsig', 'KILL', command, ...args])
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-OUTPUT_CHARACTERS_MAX)
    })
  }
  const exited = new Promise((resolve) => child.once('exit', resolve))
  t.after(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return { child, output: () => output }
}

/** Why programs cannot run here, for `skip`; false when they can. */
export async function missingPrograms(...names: readonly string[]): Promise<string | false> {
  for (const name of names) {
    const found = await runCommand('which', [name], 60)
    if (found.exitCode !== 0) return `expected the command ${name}, got none; .ci/run installs it`
  }
  return false
}
