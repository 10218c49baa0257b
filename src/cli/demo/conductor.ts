import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { leaderOf, type Membership, membershipHash, quorumOf } from '../../consensus/membership.ts'
import { epochMarkTai } from '../../consensus/replica/epoch-schedule.ts'
import type { Result } from '../../core/fault.ts'
import { formatUtc, taiToUtc } from '../../core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../core/leap-table.ts'
import { monoNs, NS_PER_MILLISECOND, plus, taiNs } from '../../core/time.ts'
import { readMonoNs } from '../../linux/clock.ts'
import type { DemoOptions } from '../demo.ts'
import { type EpochLine, type NodeDecision, summarizeEpoch, summarizeRun } from './epoch-book.ts'
import { createFaultBook } from './fault-plan.ts'
import { type AgentProcess, createAgentProcess } from './processes.ts'
import { createRecordBook } from './record-book.ts'
import { createAppointmentBook } from './schedule.ts'
import type { Teller } from './teller.ts'
import type { World } from './world.ts'

/** Starts the appliances, keeps the appointments, and tells epoch by epoch what came of it. */
export interface Conductor {
  /** Resolves when the epochs asked for are over, or at Ctrl-C. */
  play(): Promise<void>
}

export interface ConductorOptions {
  readonly options: DemoOptions
  readonly folder: string
  readonly membership: Membership
  readonly world: World
  readonly teller: Teller
  /** Switches a fault of an instrument of an appliance. */
  setFault(node: number, instrument: string, name: string, on: boolean): Result<void>
}

/** How long after its mark an epoch is told, whoever has not reported by then. */
const PATIENCE_NS = 1_400n * NS_PER_MILLISECOND
const POLL_MS = 25
/** Without a first certificate for so long, the demo gives up. */
const FIRST_CERTIFICATE_MS_MAX = 120_000

export function createConductor({ options, folder, membership, world, teller, setFault }: ConductorOptions): Conductor {
  const quorum = quorumOf(membership.members.length)
  const hash = membershipHash(membership)
  const decisions = new Map<number, NodeDecision[]>()
  const lines: EpochLine[] = []
  const heardAtMs: number[] = []
  const records = options.attest ? createRecordBook(membership.members.length) : undefined
  const startedAtMs = performance.now()
  let firstEpoch: number | undefined
  let latestView = 0
  const appointments = createAppointmentBook(options.kills, options.restarts)
  const faults = createFaultBook(options.faults)
  let fallenLeader: number | undefined

  const hear = (node: number, event: Readonly<Record<string, unknown>>): void => {
    if (event['type'] === 'alarm') teller.note(node, `${String(event['code'])}: ${String(event['message'])}`)
    records?.hear(event)
    if (event['type'] !== 'decision') return
    const decision = readDecision(node, event)
    const known = decisions.get(decision.epoch)
    if (known === undefined) {
      decisions.set(decision.epoch, [decision])
      heardAtMs.push(decision.heardAtMs)
    } else known.push(decision)
    latestView = Math.max(latestView, decision.view)
    firstEpoch ??= decision.epoch
    keepAppointments(decision.epoch)
  }
  const processes: readonly AgentProcess[] = membership.members.map(({ id, name }) =>
    createAgentProcess(id, join(folder, name, 'config.toml'), {
      onEvent: hear,
      onTrouble: (node, text) => teller.note(node, text),
    }),
  )

  function keepAppointments(decidedEpoch: number): void {
    for (const { verb, who, epoch } of appointments.due(decidedEpoch)) {
      if (who === 'leader' && verb === 'kill') fallenLeader = leaderOf(latestView + 1, quorum, hash)
      const id = who === 'leader' ? fallenLeader : who
      if (id === undefined) continue
      teller.note(id, verb === 'kill' ? `killed at epoch ${epoch}` : `restarted at epoch ${epoch}`)
      if (verb === 'kill') processes[id]?.kill()
      else processes[id]?.start()
    }
    for (const { node, instrument, name, on, epoch } of faults.due(decidedEpoch)) {
      const done = setFault(node, instrument, name, on)
      teller.note(node, done.ok ? `${instrument} ${name} ${on ? 'on' : 'off'} at epoch ${epoch}` : done.fault.message)
    }
  }

  /** Tells every epoch whose time has come; true when all are told. */
  const tell = (): boolean => {
    if (firstEpoch === undefined) return performance.now() - startedAtMs > FIRST_CERTIFICATE_MS_MAX
    const last = options.epochs === undefined ? undefined : firstEpoch + options.epochs - 1
    for (;;) {
      const epoch = firstEpoch + lines.length
      if (last !== undefined && epoch > last) return true
      const heard = decisions.get(epoch) ?? []
      const mark = epochMarkTai(membership, epoch)
      const overdue = readMonoNs() > plus(world.mono(mark), PATIENCE_NS)
      const complete = heard.length > 0 && heard.length >= processes.filter((process) => process.alive()).length
      if (!complete && !overdue) return false
      const line = summarizeEpoch(epoch, quorum.q, heard, world.truth)
      lines.push(line)
      decisions.delete(epoch - 8)
      const utc = taiToUtc(EMBEDDED_LEAP_TABLE, mark)
      teller.epoch(line, utc.ok ? formatUtc(utc.value) : String(mark))
    }
  }

  return {
    play: async () => {
      // The appliances load what this process has loaded: they find it compiled.
      flushCompileCache()
      for (const process of processes) process.start()
      const interrupted = await untilTold(tell)
      await Promise.all(processes.map((process) => process.stop()))
      teller.summary(summarizeRun(lines, startedAtMs, heardAtMs, records?.summary(lines)), interrupted)
      if (lines.length === 0) process.exitCode = 1
    },
  }
}

/** Polls `tell` until it is done or the user presses Ctrl-C; true for the latter. */
function untilTold(tell: () => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (interrupted: boolean): void => {
      clearInterval(timer)
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
      resolve(interrupted)
    }
    const interrupt = (): void => finish(true)
    const timer = setInterval(() => {
      if (tell()) finish(false)
    }, POLL_MS)
    process.on('SIGINT', interrupt)
    process.on('SIGTERM', interrupt)
  })
}

/** An agent's `decision` event; its numbers are written by this program, so only their types are restored. */
function readDecision(node: number, event: Readonly<Record<string, unknown>>): NodeDecision {
  const served = event['served'] as Readonly<Record<string, string>> | undefined
  const precision = event['precisionNs'] as string | undefined
  return {
    node,
    epoch: Number(event['epoch']),
    view: Number(event['view']),
    signatures: Number(event['signatures']),
    quorum: Number(event['quorum']),
    markToCertificateMs: event['markToCertificateMs'] as number | undefined,
    precisionNs: precision === undefined ? undefined : BigInt(precision),
    suspected: event['suspected'] as readonly number[],
    grade: String(event['grade']),
    attestation: (event['attestation'] ?? []) as NodeDecision['attestation'],
    served:
      served === undefined
        ? undefined
        : {
            monoNs: monoNs(BigInt(served['monoNs'] ?? '0')),
            taiNs: taiNs(BigInt(served['taiNs'] ?? '0')),
            loNs: BigInt(served['loNs'] ?? '0'),
            hiNs: BigInt(served['hiNs'] ?? '0'),
            boundNs: BigInt(served['boundNs'] ?? '0'),
          },
    heardAtMs: performance.now(),
  }
}
