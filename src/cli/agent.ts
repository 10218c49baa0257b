import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { AgentEvent } from '../agent/agent-event.ts'
import { assembleAgent } from '../agent/assemble.ts'
import { createNotifier } from '../agent/notify.ts'
import { readConfiguration } from '../config/parse.ts'
import { sha384 } from '../core/hash.ts'
import { trimAllocator } from '../linux/allocator.ts'
import { closeProcessMemory } from '../linux/process-memory.ts'
import { describeEvent } from './describe-event.ts'
import { printJson, printLine, reportFault } from './terminal.ts'

/** What was under way is free in pieces, which stay resident until they are given back: half a millisecond, for two MiB. */
const TRIM_EVERY_MS = 60_000

/** `agent`: the appliance itself, until SIGTERM or SIGINT. */
export function addAgentVerb(program: Command): void {
  program
    .command('agent')
    .description('Run one appliance: its instruments, its clock, and its part in the agreement')
    .requiredOption('--config <file>', 'configuration (TOML)')
    .option('--json', 'one JSON object a line instead of text')
    .addHelpText('after', '\nExample:\n  quorumtime agent --config /etc/quorumtime/config.toml')
    .action(async ({ config, json }: { config: string; json?: boolean }) => run(config, json === true))
}

async function run(file: string, json: boolean): Promise<void> {
  // Before any key is read.
  const closed = closeProcessMemory()
  if (!closed.ok) return reportFault(closed.fault)
  const configuration = readConfiguration(file)
  if (!configuration.ok) return reportFault(configuration.fault)
  // Only being told to stop is a good end: systemd restarts an agent that ends in any other way.
  process.exitCode = 1
  // From the beginning on: an end that is asked for during the start comes as soon as there is something to end in good order.
  const told = Promise.withResolvers<NodeJS.Signals>()
  process.once('SIGTERM', told.resolve)
  process.once('SIGINT', told.resolve)
  const notifier = createNotifier(process.env['NOTIFY_SOCKET'])
  const report = (event: AgentEvent): void => {
    if (json) printJson(event)
    else printLine(describeEvent(event))
  }
  let latest = 'waiting for the first certificate'
  let trimAtMs = performance.now() + TRIM_EVERY_MS
  /** Only once an epoch is decided: until the next one begins, nobody waits for this member. */
  const decided = (): void => {
    if (performance.now() < trimAtMs) return
    trimAtMs = performance.now() + TRIM_EVERY_MS
    setImmediate(trimAllocator)
  }
  const agent = await assembleAgent(configuration.value, {
    configurationDigest: digestOf(file),
    report: (event) => {
      if (event.type === 'decision') {
        latest = describeEvent(event)
        decided()
      }
      report(event)
    },
    alive: () => notifier.watchdog(latest),
    halted: (fault) => {
      reportFault(fault)
      notifier.stopping(fault.message)
      process.exit(1)
    },
  })
  if (!agent.ok) return reportFault(agent.fault)
  // Reading and compiling the program took memory that running it does not need.
  trimAllocator()
  notifier.ready(latest)
  told.promise
    .then(async (signal) => {
      notifier.stopping(signal)
      await agent.value.close(signal)
      process.exit(0)
    })
    .catch(rethrow)
}

/** The very bytes that were read, or those that took their place since. */
function digestOf(file: string): Uint8Array | undefined {
  try {
    return sha384(new Uint8Array(readFileSync(file)))
  } catch {
    return undefined
  }
}

function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
