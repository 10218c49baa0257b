import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { randomBytes } from '../../crypto/random.ts'
import { AGENT_ENVIRONMENT, AGENT_NODE_FLAGS } from '../agent-flags.ts'

/** One appliance as a process of its own, speaking JSON lines. */
export interface AgentProcess {
  readonly id: number
  alive(): boolean
  /** One that still runs stays as it is; one that is being killed starts again when it is gone. */
  start(): void
  /** SIGKILL: as if the power had gone. */
  kill(): void
  /** SIGTERM, and SIGKILL when that is not heard. */
  stop(): Promise<void>
}

export interface AgentProcessHandlers {
  /** One line of its output, parsed. */
  onEvent(id: number, event: Readonly<Record<string, unknown>>): void
  /** A line of its standard error, or how it ended when nobody asked it to. */
  onTrouble(id: number, text: string): void
}

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const PATIENCE_MS = 5_000

export function createAgentProcess(id: number, configFile: string, handlers: AgentProcessHandlers): AgentProcess {
  // It stands for a machine that was switched on now, as its software TPM was: this machine's own boot is an older one.
  const bootId = randomBytes(16).toHex()
  let child: ChildProcess | undefined
  /** Whether it is to run, and whether its end was asked for. */
  let wanted = false
  let expected = false
  const launch = (): void => {
    expected = false
    const started = spawn(process.execPath, [...AGENT_NODE_FLAGS, MAIN, 'agent', '--config', configFile, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...AGENT_ENVIRONMENT, QUORUMTIME_BOOT_ID: bootId },
    })
    child = started
    createInterface({ input: started.stdout }).on('line', (line) => {
      const event = parseObject(line)
      if (event === undefined) handlers.onTrouble(id, line)
      else handlers.onEvent(id, event)
    })
    createInterface({ input: started.stderr }).on('line', (line) => handlers.onTrouble(id, line))
    let endedByItself = false
    started.once('exit', () => {
      child = undefined
      endedByItself = !expected
      if (expected && wanted) launch()
    })
    // After its last words, which say why.
    started.once('close', (code, signal) => {
      if (endedByItself) handlers.onTrouble(id, `ended by itself: ${signal ?? `exit code ${code}`}`)
    })
  }
  return {
    id,
    alive: () => child !== undefined,
    start: () => {
      wanted = true
      if (child === undefined) launch()
    },
    kill: () => {
      wanted = false
      expected = true
      child?.kill('SIGKILL')
    },
    stop: async () => {
      wanted = false
      const running = child
      if (running === undefined) return
      expected = true
      const ended = new Promise<void>((resolve) => {
        running.once('exit', () => resolve())
      })
      running.kill('SIGTERM')
      const impatience = setTimeout(() => running.kill('SIGKILL'), PATIENCE_MS)
      await ended
      clearTimeout(impatience)
    },
  }
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
