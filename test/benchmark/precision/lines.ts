import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Hears each whole line that a process writes to its standard output. */
export function onLine({ stdout }: ChildProcess, hear: (line: string) => void): void {
  if (stdout === null) throw new Error('expected a process whose output is piped')
  createInterface({ input: stdout }).on('line', hear)
}
