import type { Steering } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import type { Configuration, SourceConfiguration } from '../config/schema.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import type { LeapTable } from '../core/leap.ts'
import type { TimeSample } from '../core/sample.ts'
import { startBeat } from '../device/beat.ts'
import { createClockBridge } from '../device/clock-bridge.ts'
import { createStallWatch } from '../device/stall-watch.ts'
import { createNodeClock, type NodeClock } from '../fusion/node-clock.ts'
import { readClockPair } from '../linux/clock.ts'
import type { Report } from './agent-event.ts'
import { clockFamilyOf, openClockSource } from './clock-source.ts'
import { openLineSource } from './line-source.ts'
import { isPacketSource, openPacketSources } from './packet-sources.ts'
import type { RunningSource, SourceWorld } from './running-source.ts'
import type { SourceReport } from './source-account.ts'
import { openThermometers } from './thermometers.ts'

/** The hardware half: instruments on their wires, fused into the node clock. */
export interface Appliance {
  readonly nodeClock: NodeClock
  reports(): readonly SourceReport[]
  /** Hears every reading of a configured source beside the node clock; one listener at a time. */
  listen(source: string, onReading: (sample: TimeSample) => void): void
  /** Has an instrument steer its oscillator. Faults: those of its driver, `source.unknown`. */
  steer(source: string, steering: Steering): Result<void>
  close(): Promise<void>
}

/** Opens every configured source. A device that is missing is no fault here: it is waited for. A pulse socket in use is. */
export async function openAppliance(
  configuration: Configuration,
  leapTable: LeapTable,
  report: Report,
): Promise<Result<Appliance>> {
  const nodeClock = createNodeClock({
    oscillator: configuration.oscillator.class,
    sources: configuration.sources.map((source) => ({
      name: source.name,
      class: source.class,
      role: source.role,
      domain: source.domain,
      holdoverDomain: source.holdoverDomain,
      authorityMilli: source.authority === undefined ? undefined : BigInt(Math.round(source.authority * 1_000)),
    })),
  })
  const bridge = createClockBridge(readClockPair)
  const stallWatch = createStallWatch()
  // Pulses are placed between pairs of readings: every source that has some wants one from shortly before.
  const beat = hasPulses(configuration) ? startBeat(bridge.refresh) : undefined
  const world = { nodeClock, bridge, stallWatch, leapTable, report }
  const thermometers = openThermometers(configuration, nodeClock, report)
  const running: RunningSource[] = []
  const onLines = configuration.sources.filter((source) => !isPacketSource(source))
  for (const open of [
    ...onLines.map((source) => () => openSource(source, world)),
    () => openPacketSources(configuration.sources.filter(isPacketSource), world),
  ]) {
    const opened = open()
    if (!opened.ok) {
      stallWatch.close()
      beat?.stop()
      thermometers.close()
      await Promise.all(running.map((other) => other.close()))
      return opened
    }
    running.push(...opened.value)
  }
  const find = (name: string): RunningSource | undefined => running.find((source) => source.name === name)
  return ok({
    nodeClock,
    reports: () => configuration.sources.flatMap(({ name }) => find(name)?.report() ?? []),
    listen: (name, onReading) => find(name)?.listen(onReading),
    steer: (name, steering) =>
      find(name)?.steer(steering) ?? fail('source.unknown', `expected a configured source, got "${name}"`),
    close: async () => {
      stallWatch.close()
      beat?.stop()
      thermometers.close()
      await Promise.all(running.map((source) => source.close()))
    },
  })
}

function hasPulses({ sources }: Configuration): boolean {
  return sources.some(({ pulseSocket, pulseDevice }) => (pulseSocket ?? pulseDevice) !== undefined)
}

function openSource(source: SourceConfiguration, world: SourceWorld): Result<readonly RunningSource[]> {
  const family = families.find(({ kind }) => kind === source.kind)
  if (family !== undefined) {
    const opened = openLineSource(source, family, world)
    return opened.ok ? ok([opened.value]) : opened
  }
  const clockFamily = clockFamilyOf(source)
  if (clockFamily !== undefined) {
    const opened = openClockSource(source, clockFamily, world)
    return opened.ok ? ok([opened.value]) : opened
  }
  return fail('source.kind', `source ${source.name}: expected a known kind, got "${source.kind}"`)
}
