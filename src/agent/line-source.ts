import type { DriverFamily } from '../../drivers/driver.ts'
import type { SourceConfiguration } from '../config/schema.ts'
import { type Fault, ok, type Result } from '../core/fault.ts'
import type { LeapTable } from '../core/leap.ts'
import type { LabelSample, PulseSample, TimeSample } from '../core/sample.ts'
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

/** Together with the latest label of a family (0.65 s after its pulse) still within its second. */
const LABEL_WAIT_NS_MAX = 250_000_000n

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
  const onSample = (sample: LabelSample | TimeSample): void => {
    const waitedNs = world.stallWatch.waitedNs(sample.kind === 'label' ? sample.lastByteAt : sample.monoNs)
    // A label names the pulse that it came after: one that waited unread may name any.
    if (waitedNs > LABEL_WAIT_NS_MAX) account.complain(stalled(waitedNs))
    else intake.sample(sample)
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
    onWire: account.wire,
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

function stalled(waitedNs: bigint): Fault {
  return {
    code: 'host.stalled',
    message: `expected to read labels as they come, got them up to ${waitedNs} ns late: this process did not run`,
  }
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
