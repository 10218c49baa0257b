import type { Fault } from '../core/fault.ts'

/** What a verb writes, and how it ends. Standard output carries results, standard error everything else. */

// A reader that went away (`| head`) is no error, unless the verb says so beforehand.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
  throw error
})

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** One JSON object a line; nanoseconds as bigint become decimal strings, bytes become hexadecimal. */
export function printJson(value: unknown): void {
  printLine(toJson(value))
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return item.toString()
    return item instanceof Uint8Array ? Buffer.from(item).toString('hex') : item
  })
}

/** Something that is worth knowing and no mistake. */
export function printNote(sentence: string): void {
  process.stderr.write(`quorumtime: ${sentence}\n`)
}

/** Says what went wrong in one sentence per mistake and sets the exit code; the process ends when its work has. */
export function reportFault(fault: Fault): void {
  for (const line of fault.message.split('\n')) process.stderr.write(`quorumtime: ${line}\n`)
  process.exitCode = 1
}
