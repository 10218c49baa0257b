import type { DriverFamily } from '../../drivers/driver.ts'
import type { SourceConfiguration } from '../config/schema.ts'
import { type Fault, ok, type Result } from '../core/fault.ts'
import type { LeapTable } from '../core/leap.ts'
import type { LabelSample, PulseSample, TimeSample } from '../core/sample.ts'
import { between, NS_PER_MILLISECOND } from '../core/time.ts'
import type { ClockBridge } from '../device/clock-bridge.ts'
import { type DriverShell, runDriver } from '../device/driver-shell.ts'
import { probeLine } from '../device/line-probe.ts'
import { openPulseDevice, type PulseDevice } from '../device/pulse-device.ts'
import { openSerialWire } from '../device/serial.ts'
import { openSockReceiver, type SockReceiver } from '../device/sock.ts'
import { readMonoNs } from '../linux/clock.ts'
import { lineSettings } from './line-settings.ts'
import type { RunningSource, SourceWorld } from './running-source.ts'
import { openEntry } from './source-entry.ts'

/** So long after a line was opened, what the kernel kept of it from before, which is of any age, is still being read. */
const OPENING_NS = 500n * NS_PER_MILLISECOND

/** An instrument on a serial line, with or without a pulse beside it. Faults: its options', those of its pulse. */
export function openLineSource(
  source: SourceConfiguration,
  family: DriverFamily<unknown>,
  world: SourceWorld,
): Result<RunningSource> {
  const options = family.parseOptions(source.options, `source ${source.name}`)
  if (!options.ok) return options
  const { account, intake, onStatus } = openEntry(
    source,
    family.timeOfDayWith?.(options.value) ?? family.timeOfDay,
    world,
  )
  let openedAt = readMonoNs()
  const onSample = (sample: LabelSample | TimeSample): void => {
    const readAt = sample.kind === 'label' ? sample.lastByteAt : sample.monoNs
    if (between(openedAt, readAt) < OPENING_NS) {
      account.leftOut('line.opening')
      return
    }
    // What a label is paired with is known only when no pulse waits unread that came before it.
    if (pulses.ok) pulses.value?.poll()
    intake.sample(sample, world.stallWatch.waitedNs(readAt))
  }
  const pulses = openPulses(source, world.bridge, {
    onPulse: (pulse) => {
      account.pulse()
      intake.pulse(pulse)
    },
    onFault: account.complain,
  })
  if (!pulses.ok) return pulses
  const shell = openShell(source, family, options.value, world.leapTable, {
    onSample,
    onStatus,
    onFault: account.complain,
    // The wire says that it goes down, and why.
    onReset: () => undefined,
    onWire: (event) => {
      if (event.type === 'up') openedAt = event.at
      account.wire(event)
    },
  })
  return ok({
    name: source.name,
    listen: account.listen,
    report: account.report,
    steer: (steering) => shell.steer(steering, readMonoNs()),
    close: async () => {
      await pulses.value?.close()
      await shell.close()
    },
  })
}

function openPulses(
  source: SourceConfiguration,
  bridge: ClockBridge,
  handlers: { onPulse(sample: PulseSample): void; onFault(fault: Fault): void },
): Result<PulseDevice | SockReceiver | undefined> {
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
  options: unknown,
  leapTable: LeapTable,
  handlers: Parameters<typeof runDriver>[1],
): DriverShell {
  const path = source.device ?? ''
  const probed = probeLine(lineSettings(source, family), (settings, wireHandlers) =>
    openSerialWire(() => ({ path, ...settings() }), wireHandlers),
  )
  return runDriver(
    {
      createDriver: () => family.create(options, { source: source.name, leapTable }),
      openWire: probed.openWire,
      wakeBy: 'clock',
    },
    { ...handlers, onUnderstood: probed.onUnderstood },
  )
}
