import type { OutputsConfiguration } from '../config/outputs.ts'
import { ok, type Result } from '../core/fault.ts'
import type { LeapTable } from '../core/leap.ts'
import { readClockPair, readCoarseNs } from '../linux/clock.ts'
import { readKernelClock } from '../linux/timex.ts'
import { openChronySock } from '../output/chrony-sock.ts'
import { openClockBound } from '../output/clockbound.ts'
import { openNtpShm } from '../output/ntp-shm.ts'
import type { Output } from '../output/output.ts'
import { type SystemTime, systemTimeOf } from '../output/system-time.ts'
import type { Report } from './agent-event.ts'
import { createFaultLog } from './fault-log.ts'
import type { MemberClock } from './member-clock.ts'

/** The programs of this appliance that are told the served time: those that the configuration names. */
export interface Outputs {
  describe(): readonly OutputReport[]
  close(): void
}

/** One output for `quorumtime status`. */
export interface OutputReport {
  readonly name: string
  /** How often it was told something, and why it was not the last time, or not right the time before. */
  readonly told: number
  readonly fault: string | null
}

export interface OutputsWorld {
  readonly clock: Pick<MemberClock, 'served'>
  readonly leapTable: LeapTable
  readonly report: Report
}

/** Faults: those of the outputs when they are opened. What happens to one later is an alarm, and it goes on. */
export function openOutputs(configuration: OutputsConfiguration, world: OutputsWorld): Result<Outputs> {
  const running: ReturnType<typeof runOutput>[] = []
  const close = (): void => {
    for (const output of running) output.close()
  }
  for (const open of openersOf(configuration)) {
    const opened = open()
    if (!opened.ok) {
      close()
      return opened
    }
    running.push(runOutput(opened.value, world))
  }
  return ok({ describe: () => running.map((output) => output.report()), close })
}

function openersOf({ clockbound, chronySock, ntpShm }: OutputsConfiguration): readonly (() => Result<Output>)[] {
  return [
    ...(clockbound === undefined ? [] : [() => openClockBound({ ...clockbound, isSteered })]),
    ...(chronySock === undefined ? [] : [() => openChronySock(chronySock)]),
    ...(ntpShm === undefined ? [] : [() => openNtpShm(ntpShm)]),
  ]
}

function isSteered(): boolean | undefined {
  const kernel = readKernelClock()
  return kernel.ok ? kernel.value.synchronized : undefined
}

function runOutput(output: Output, world: OutputsWorld) {
  const faults = createFaultLog(world.report)
  let told = 0
  let fault: string | null = null
  const timer = setInterval(() => {
    const result = output.tell(readSystemTime(world))
    fault = result.ok ? null : result.fault.message
    if (result.ok) told += 1
    // Before the first certificate there is nothing to tell anybody, and nothing wrong.
    else if (result.fault.code !== 'output.no-time') faults.note(`output ${output.name}`, result.fault)
  }, output.everyMs)
  return {
    report: (): OutputReport => ({ name: output.name, told, fault }),
    close: () => {
      clearInterval(timer)
      output.close()
    },
  }
}

/** How CLOCK_REALTIME stands to the served time now. Faults: those of `systemTimeOf`. */
export function readSystemTime({ clock, leapTable }: Omit<OutputsWorld, 'report'>): Result<SystemTime> {
  const coarseNs = readCoarseNs()
  const pair = readClockPair()
  return systemTimeOf({ coarseNs, pair }, clock.served(pair.monoNs), leapTable)
}
