import { openSync, writeSync } from 'node:fs'
import { tryCards } from './cards.ts'
import { tryClockSources } from './clock-sources.ts'
import { tryClocks } from './clocks.ts'
import { tryPulses } from './pulses.ts'
import { loadModules, mountAll, powerOff } from './system-calls.ts'

/** The only process of the guest: tries what is in src/ on its devices, tells what came of it, and switches off. */

mountAll()
const line = openSync('/dev/ttyS1', 'w')
const say = (trial: string, outcome: object): void => {
  const text = JSON.stringify({ trial, ...outcome }, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
  writeSync(line, `${text}\n`)
}
try {
  const refused = loadModules({ parport_pc: 'io=0x378 irq=7' })
  say('modules', { refused })
  await tryPulses(say)
  await tryClocks(say)
  await tryCards(say)
  await tryClockSources(say)
} catch (error) {
  say('failed', { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}
powerOff()
