import { createInterface } from 'node:readline'
import { fail, ok, type Result } from '../core/fault.ts'
import { printJson, printLine } from './terminal.ts'

/** What is wrong with the instrument from the start, and how what is switched is told. */
export interface RunOptions {
  readonly fault: readonly string[]
  readonly json?: boolean
}

/**
 * Lets an emulated instrument run until a signal ends it. Lines on standard input switch its faults meanwhile: "fault NAME
 * on", "fault NAME off"; what is not understood is told on standard error.
 */
export async function runEmulation(
  setFault: (name: string, on: boolean) => Result<void>,
  close: () => Promise<void>,
  { fault, json }: RunOptions,
): Promise<Result<void>> {
  for (const name of fault) {
    const done = setFault(name, true)
    if (done.ok) continue
    await close()
    return done
  }
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    const order = /^fault (\S+) (on|off)$/.exec(line.trim())
    const [, name = '', state = ''] = order ?? []
    const done = order === null ? unknownOrder(line) : setFault(name, state === 'on')
    if (!done.ok) process.stderr.write(`quorumtime: ${done.fault.message}\n`)
    else if (json === true) printJson({ type: 'switched', name, on: state === 'on' })
    else printLine(`${name} ${state}`)
  })
  await untilSignal()
  lines.close()
  await close()
  return ok(undefined)
}

function unknownOrder(line: string): Result<never> {
  return fail(
    'emulate.order',
    `standard input: expected "fault NAME on" or "fault NAME off", got "${line.slice(0, 80)}"`,
  )
}

function untilSignal(): Promise<unknown> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve)
  })
}
