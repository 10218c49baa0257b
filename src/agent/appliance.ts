import type { DriverFamily, DriverStatus, Steering } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import type { Configuration, SourceConfiguration } from '../config/schema.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import type { LeapTable } from '../core/leap.ts'
import type { LabelSample, PulseSample, TimeSample } from '../core/sample.ts'
import { type ClockBridge, createClockBridge } from '../device/clock-bridge.ts'
import { type DriverShell, runDriver } from '../device/driver-shell.ts'
import { probeLine } from '../device/line-probe.ts'
import { openPulseDevice, type PulseDevice } from '../device/pulse-device.ts'
import { openSerialWire } from '../device/serial.ts'
import { openSockReceiver } from '../device/sock.ts'
import { createStallWatch, type StallWatch } from '../device/stall-watch.ts'
import type { WireEvent } from '../device/wire.ts'
import { createNodeClock, type NodeClock } from '../fusion/node-clock.ts'
import { readClockPair, readMonoNs } from '../linux/clock.ts'
import type { Report } from './agent-event.ts'
import { createFaultLog } from './fault-log.ts'
import { lineSettings } from './line-settings.ts'
import { createSourceIntake } from './source-intake.ts'

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

/** One source for `quorumtime sources`. */
export interface SourceReport {
  readonly name: string
  readonly kind: string
  readonly device: string
  /** By how much its pulses are put earlier; undefined without a pulse. */
  readonly delayNs: bigint | undefined
  readonly link: 'up' | 'down'
  readonly status: DriverStatus | undefined
  readonly samples: number
  readonly pulses: number
  readonly faults: Readonly<Record<string, number>>
}

interface RunningSource {
  readonly name: string
  readonly report: () => SourceReport
  listen(onReading: (sample: TimeSample) => void): void
  steer(steering: Steering): Result<void>
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
  const running: RunningSource[] = []
  for (const source of configuration.sources) {
    const opened = openSource(source, { nodeClock, bridge, stallWatch, leapTable, report })
    if (!opened.ok) {
      await Promise.all(running.map((other) => other.close()))
      return opened
    }
    running.push(opened.value)
  }
  return ok({
    nodeClock,
    reports: () => running.map((source) => source.report()),
    listen: (name, onReading) => running.find((source) => source.name === name)?.listen(onReading),
    steer: (name, steering) =>
      running.find((source) => source.name === name)?.steer(steering) ??
      fail('source.unknown', `expected a configured source, got "${name}"`),
    close: async () => {
      stallWatch.close()
      await Promise.all(running.map((source) => source.close()))
    },
  })
}

/** Together with the latest label of a family (0.65 s after its pulse) still within its second. */
const LABEL_WAIT_NS_MAX = 250_000_000n

function stalled(waitedNs: bigint): Fault {
  return {
    code: 'host.stalled',
    message: `expected to read labels as they come, got them up to ${waitedNs} ns late: this process did not run`,
  }
}

interface SourceWorld {
  readonly stallWatch: StallWatch
  readonly nodeClock: NodeClock
  readonly bridge: ClockBridge
  readonly leapTable: LeapTable
  readonly report: Report
}

function openSource(source: SourceConfiguration, world: SourceWorld): Result<RunningSource> {
  const { nodeClock, report } = world
  const counts = { samples: 0, pulses: 0 }
  const faults = createFaultLog(report)
  let status: DriverStatus | undefined
  let link: 'up' | 'down' = 'down'
  let listener: ((sample: TimeSample) => void) | undefined
  const complain = (fault: Fault): void => faults.note(`source ${source.name}`, fault)
  const family = families.find(({ kind }) => kind === source.kind)
  if (family === undefined)
    return fail('source.kind', `source ${source.name}: expected a known kind, got "${source.kind}"`)
  const options = family.parseOptions(source.options, `source ${source.name}`)
  if (!options.ok) return options
  const intake = createSourceIntake({
    source,
    timeOfDay: family.timeOfDayWith?.(options.value) ?? family.timeOfDay,
    nodeClock,
    onFault: complain,
    onReading: (sample) => {
      counts.samples += 1
      listener?.(sample)
    },
  })
  const onSample = (sample: LabelSample | TimeSample): void => {
    const waitedNs = world.stallWatch.waitedNs(sample.kind === 'label' ? sample.lastByteAt : sample.monoNs)
    // A label names the pulse that it came after: one that waited unread may name any.
    if (waitedNs > LABEL_WAIT_NS_MAX) complain(stalled(waitedNs))
    else intake.sample(sample)
  }
  const pulses = openPulses(source, world.bridge, {
    onPulse: (pulse) => {
      counts.pulses += 1
      intake.pulse(pulse)
    },
    onFault: complain,
  })
  if (!pulses.ok) return pulses
  const shell = openShell(source, family, world.leapTable, {
    onSample,
    onStatus: (newer) => {
      status = newer
      intake.status(newer, readMonoNs())
    },
    onFault: complain,
    // The wire says that it goes down, and why.
    onReset: () => undefined,
    onWire: (event) => {
      link = event.type === 'up' ? 'up' : 'down'
      if (event.type !== 'up') faults.count(`source ${source.name}`, event.fault)
      report({ type: 'source', source: source.name, state: link, reason: reasonOf(event) })
    },
  })
  if (!shell.ok) {
    pulses.value?.close()
    return shell
  }
  return ok({
    name: source.name,
    listen: (onReading) => {
      listener = onReading
    },
    steer: (steering) => shell.value.steer(steering, readMonoNs()),
    report: () => {
      const { name, kind, device } = source
      const hasPulse = source.pulseSocket !== undefined || source.pulseDevice !== undefined
      const delayNs = hasPulse ? BigInt(source.delayNs ?? 0) : undefined
      return { name, kind, device, delayNs, link, status, ...counts, faults: faults.counts() }
    },
    close: async () => {
      pulses.value?.close()
      await shell.value.close()
    },
  })
}

function reasonOf(event: WireEvent): string {
  if (event.type === 'up') return event.reason
  return event.type === 'down' ? event.fault.message : `${event.fault.message}; it is tried again until it opens`
}

function openPulses(
  source: SourceConfiguration,
  bridge: ClockBridge,
  handlers: { onPulse(sample: PulseSample): void; onFault(fault: Fault): void },
): Result<PulseDevice | undefined> {
  const { name, pulseSocket, pulseDevice, pulseEdge: edge, pulseChannel: channel } = source
  if (pulseSocket !== undefined) {
    return openSockReceiver({ path: pulseSocket, mode: 0o660, source: name, bridge }, handlers)
  }
  if (pulseDevice === undefined) return ok(undefined)
  return ok(openPulseDevice({ path: pulseDevice, edge, channel, source: name, bridge }, handlers))
}

function openShell(
  source: SourceConfiguration,
  family: DriverFamily<unknown>,
  leapTable: LeapTable,
  handlers: Parameters<typeof runDriver>[1],
): Result<DriverShell> {
  const options = family.parseOptions(source.options, `source ${source.name}`)
  if (!options.ok) return options
  const path = source.device
  const probed = probeLine(lineSettings(source, family), (settings, wireHandlers) =>
    openSerialWire(() => ({ path, ...settings() }), wireHandlers),
  )
  const shell = runDriver(
    {
      createDriver: () => family.create(options.value, { source: source.name, leapTable }),
      openWire: probed.openWire,
      wakeBy: 'clock',
    },
    { ...handlers, onUnderstood: probed.onUnderstood },
  )
  return ok(shell)
}
