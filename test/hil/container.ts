import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { type Ended, runCommand, startCommand } from './command.ts'
import { type OwnCgroup, ownCgroup } from './own-cgroup.ts'

/** A Debian that has booted: its own systemd as process 1, its own network, its own /dev. */
export interface Container {
  /** Runs a script of bash in it, as root, from its root folder. */
  tryRun(script: string): Promise<Ended>
  /** The same, and what it wrote to standard output. A script that fails is an assertion that fails. */
  run(script: string): Promise<string>
  /** Runs the script again and again until what it writes matches. */
  until(script: string, wanted: RegExp, secondsMax: number): Promise<string>
  /** Ends everything in it. */
  stop(): Promise<void>
}

export interface ContainerOptions {
  /** The folder that holds the Debian. It is only read: what the container writes is gone with it. */
  readonly root: string
  /** Folders of this machine that it sees, read-only: from here to there. */
  readonly binds: Readonly<Record<string, string>>
  /** After this it is ended, whoever still needs it. */
  readonly secondsMax: number
}

const BOOT_SECONDS_MAX = 120
/** `degraded` is a container too: some part that has nothing to do with this one did not start. */
const WAIT_UNTIL_BOOTED =
  'until [ -S /run/systemd/private ]; do sleep 0.1; done; systemctl is-system-running --wait || true'
const SCRIPT_SECONDS_MAX = 180
const POLL_MS = 250

/** Boots a container under systemd-nspawn. The fault says why that is impossible here. It does not outlive this process. */
export async function bootContainer(options: ContainerOptions): Promise<Result<Container>> {
  const name = `quorumtime-hil-${process.pid}`
  const cgroup = ownCgroup(name)
  const nspawn = spawnContainer(name, cgroup, options)
  let console = ''
  for (const stream of [nspawn.stdout, nspawn.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      console = (console + text).slice(-4_096)
    })
  }
  const leader = await waitForInit(nspawn)
  const booted = leader === undefined ? undefined : await runIn(leader, WAIT_UNTIL_BOOTED, BOOT_SECONDS_MAX)
  if (leader !== undefined && /^(?:running|degraded)$/m.test(booted?.output ?? ''))
    return ok(containerOf(nspawn, leader, cgroup))
  await stop(nspawn, cgroup)
  const lastWords = `${booted?.output ?? 'no systemd'} ${booted?.complaint ?? ''} ${console.slice(-400)}`
  return fail(
    'container.boot',
    `systemd-nspawn: expected a container that boots, got ${lastWords.replace(/\s+/g, ' ').trim()}`,
  )
}

function spawnContainer(
  name: string,
  { enter }: OwnCgroup,
  { root, binds, secondsMax }: ContainerOptions,
): ChildProcess {
  const bound = Object.entries(binds).map(([from, to]) => `--bind-ro=${from.replaceAll(':', '\\:')}:${to}`)
  const nspawn = [
    'systemd-nspawn',
    '--boot',
    // No systemd and no machined of this machine is asked for anything: there may be none.
    '--register=no',
    '--keep-unit',
    '--private-network',
    '--volatile=overlay',
    // Reading how the clock is steered; a container has no capability to steer it.
    '--system-call-filter=adjtimex',
    // Several containers may stand on one root.
    '--read-only',
    `--machine=${name}`,
    `--directory=${root}`,
    ...bound,
  ]
  // Should this process be killed, `timeout` is told, ends the container in order, and after ten seconds without.
  const args = ['--pdeathsig', 'TERM', 'timeout', '--kill-after=10', String(secondsMax), ...enter, ...nspawn]
  return startCommand('setpriv', args)
}

/** The process of this machine that is process 1 of the container, once it is systemd; undefined when there is none. */
async function waitForInit(nspawn: ChildProcess): Promise<number | undefined> {
  for (let waitedMs = 0; waitedMs < BOOT_SECONDS_MAX * 1000 && isRunning(nspawn); waitedMs += POLL_MS) {
    await sleep(POLL_MS)
    const found = nspawn.pid === undefined ? undefined : findDescendant(nspawn.pid, 'systemd')
    if (found !== undefined) return found
  }
  return undefined
}

function findDescendant(pid: number, name: string): number | undefined {
  for (const child of readProc(`${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)) {
    const found = readProc(`${child}/comm`) === name ? child : findDescendant(child, name)
    if (found !== undefined) return found
  }
  return undefined
}

/** Empty for a process that has just ended. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8').trim()
  } catch {
    return ''
  }
}

function containerOf(nspawn: ChildProcess, leader: number, cgroup: OwnCgroup): Container {
  const tryRun = (script: string): Promise<Ended> => runIn(leader, script, SCRIPT_SECONDS_MAX)
  return {
    tryRun,
    run: async (script) => {
      const { exitCode, output, complaint } = await tryRun(script)
      assert(
        exitCode === 0,
        `in the container: expected exit code 0, got ${exitCode}\n${script}\n${output}${complaint}`,
      )
      return output
    },
    until: async (script, wanted, secondsMax) => {
      const givenUpAt = performance.now() + secondsMax * 1000
      for (;;) {
        const { output, complaint } = await tryRun(script)
        if (wanted.test(output)) return output
        if (performance.now() > givenUpAt || !isRunning(nspawn)) {
          const log = await tryRun('journalctl --no-pager --lines=25 --output=short-monotonic')
          assert.fail(
            `in the container: expected ${wanted} within ${secondsMax} s\n${script}\n${output}${complaint}\n${log.output}`,
          )
        }
        await sleep(POLL_MS)
      }
    },
    stop: () => stop(nspawn, cgroup),
  }
}

function runIn(leader: number, script: string, secondsMax: number): Promise<Ended> {
  const enter = ['--target', String(leader), '--all', '--', '/bin/bash', '--norc', '-euo', 'pipefail', '-c', script]
  return runCommand('nsenter', enter, secondsMax)
}

function isRunning(process: ChildProcess): boolean {
  return process.pid !== undefined && process.exitCode === null && process.signalCode === null
}

async function stop(nspawn: ChildProcess, cgroup: OwnCgroup): Promise<void> {
  if (isRunning(nspawn)) {
    await new Promise((resolve) => {
      nspawn.once('close', resolve)
      nspawn.kill('SIGTERM')
    })
  }
  await cgroup.remove()
}
