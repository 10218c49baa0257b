import { type ChildProcess, type ExecException, execFile, spawn } from 'node:child_process'

/** How a command ended, whatever that was. */
export interface Ended {
  /** Undefined when a signal ended it, or when it could not be started. */
  readonly exitCode: number | undefined
  /** What it wrote to standard output. */
  readonly output: string
  /** What it wrote to standard error, or why it could not be started. */
  readonly complaint: string
}

/** Of the environment of the tests only the proxy reaches a command; Debian's tools lie in these folders. */
const ENVIRONMENT = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(?:https?|no)_proxy$/i.test(name))),
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
}

const OUTPUT_BYTES_MAX = 16_777_216

/** Runs a command to its end, or for `secondsMax` at most. */
export function runCommand(command: string, args: readonly string[], secondsMax: number): Promise<Ended> {
  const options = {
    env: ENVIRONMENT,
    timeout: secondsMax * 1000,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MAX,
  } as const
  return new Promise((resolve) => {
    const child = execFile(command, args, options, (error, output, complaint) => {
      const exitCode = error === null ? 0 : exitCodeOf(error)
      resolve({ exitCode, output, complaint: complaint === '' && error !== null ? error.message : complaint })
    })
    child.stdin?.end()
  })
}

/** Starts a command that goes on; what it writes can be read. */
export function startCommand(command: string, args: readonly string[]): ChildProcess {
  return spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: ENVIRONMENT })
}

function exitCodeOf({ code }: ExecException): number | undefined {
  return typeof code === 'number' ? code : undefined
}
