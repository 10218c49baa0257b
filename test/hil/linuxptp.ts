import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openPtp4l, type Ptp4l } from '../../src/output/ptp4l.ts'
import { unwrap } from '../support/results.ts'
import type { Scope } from '../support/scope.ts'
import { runCommand } from './command.ts'
import { type Daemon, startDaemon } from './daemon.ts'

export interface Ptp4lPlace {
  /** Its configuration, its sockets and those of who asks it lie here. */
  readonly folder: string
  readonly name: string
  /** Words that its command line begins with, to run in a network namespace. */
  readonly within: readonly string[]
  /** The interface; `uplink` by default. */
  readonly device?: string
  readonly network?: 'udp4' | 'udp6'
  /** Lines of its configuration beside those that every test needs. */
  readonly settings: readonly string[]
}

/** A real ptp4l on an interface, with software stamps; it leaves the clock of the machine alone. */
export function startPtp4l(
  t: Scope,
  { folder, name, within, settings, device = 'uplink', network = 'udp4' }: Ptp4lPlace,
): Daemon & { readonly socket: string } {
  const socket = join(folder, name)
  const configuration = ['[global]', 'time_stamping software', 'free_running 1', `uds_address ${socket}`, ...settings]
  writeFileSync(`${socket}.conf`, `${configuration.join('\n')}\n`)
  const words = ['ptp4l', '-f', `${socket}.conf`, '-i', device, network === 'udp4' ? '-4' : '-6', '-E', '-m', '-q']
  const [command, ...rest] = [...within, ...words] as [string, ...string[]]
  return { ...startDaemon(t, command, rest), socket }
}

/** Resolves when it answers. */
export async function untilAnswers(socket: string): Promise<void> {
  for (let tries = 0; (await askByPmc(socket, 'DEFAULT_DATA_SET'))['clockIdentity'] === undefined; tries++) {
    assert.ok(tries < 60, `${socket}: expected ptp4l to answer pmc`)
    await sleep(200)
  }
}

/** What pmc, linuxptp's own client, reads at a ptp4l's socket: name → value, as it prints them. */
export async function askByPmc(socket: string, dataSet: string): Promise<Readonly<Record<string, string>>> {
  const words = ['-u', '-b', '0', '-s', socket, '-i', `${socket}.pmc`, `GET ${dataSet}`]
  const { output } = await runCommand('pmc', words, 10)
  const lines = output.split('\n').flatMap((line) => {
    const [, key, value] = /^\s+([A-Za-z.]\S*)\s+(\S+)\s*$/.exec(line) ?? []
    return key === undefined || value === undefined ? [] : [[key, value] as const]
  })
  return Object.fromEntries(lines)
}

/** Our own client at a ptp4l's socket, which whoever gets it closes. */
export function openClient(socket: string, domain = 0): Ptp4l {
  const replySocket = `${socket}.client-${clients++}`
  return unwrap(openPtp4l({ socket, replySocket, domain, transportSpecific: 0 }))
}

let clients = 0
