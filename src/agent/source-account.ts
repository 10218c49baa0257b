import type { DriverStatus } from '../../drivers/driver.ts'
import type { SourceConfiguration } from '../config/schema.ts'
import type { Fault } from '../core/fault.ts'
import type { TimeSample } from '../core/sample.ts'
import type { StampKind } from '../core/stamp.ts'
import type { WireEvent } from '../device/wire.ts'
import type { Report } from './agent-event.ts'
import { createFaultLog } from './fault-log.ts'

/** One source for `quorumtime sources`. */
export interface SourceReport {
  readonly name: string
  readonly kind: string
  /** What it hangs on: a device, or a network interface. */
  readonly device: string
  /** By how much its pulses are put earlier; undefined without a pulse. */
  readonly delayNs: bigint | undefined
  readonly link: 'up' | 'down'
  readonly status: DriverStatus | undefined
  readonly samples: number
  readonly pulses: number
  readonly faults: Readonly<Record<string, number>>
  /** Of sources reached by packets: who stamps these, and why nobody better. */
  readonly stamps?: { readonly kind: StampKind; readonly reason: string | undefined }
}

/** What is known of one running source beside its readings, whatever it hangs on. */
export interface SourceAccount {
  reading(sample: TimeSample): void
  pulse(): void
  status(newer: DriverStatus): void
  complain(fault: Fault): void
  /** Counts what is left out as a matter of course, and nobody has to act on. */
  leftOut(code: string): void
  wire(event: WireEvent): void
  /** The link was opened, with these stamps. */
  stamping(kind: StampKind, reason: Fault | undefined): void
  report(): SourceReport
  /** Hears every reading from now on; one listener at a time. */
  listen(onReading: (sample: TimeSample) => void): void
}

export function openAccount(source: SourceConfiguration, report: Report): SourceAccount {
  const { name, kind, device, interface: network, pulseSocket, pulseDevice } = source
  const faults = createFaultLog(report)
  const counts = { samples: 0, pulses: 0 }
  let link: 'up' | 'down' = 'down'
  let status: DriverStatus | undefined
  let stamps: SourceReport['stamps']
  let listener: ((sample: TimeSample) => void) | undefined
  const delayNs = (pulseSocket ?? pulseDevice) === undefined ? undefined : BigInt(source.delayNs ?? 0)
  return {
    reading: (sample) => {
      counts.samples += 1
      listener?.(sample)
    },
    pulse: () => {
      counts.pulses += 1
    },
    status: (newer) => {
      status = newer
    },
    complain: (fault) => faults.note(`source ${name}`, fault),
    leftOut: (code) => faults.count(`source ${name}`, code),
    wire: (event) => {
      link = event.type === 'up' ? 'up' : 'down'
      if (event.type !== 'up') faults.count(`source ${name}`, event.fault.code)
      report({ type: 'source', source: name, state: link, reason: reasonOf(event) })
    },
    stamping: (by, reason) => {
      stamps = { kind: by, reason: reason?.message }
    },
    report: () => ({
      name,
      kind,
      device: device ?? network ?? '',
      delayNs,
      link,
      status,
      ...counts,
      faults: faults.counts(),
      ...(stamps === undefined ? {} : { stamps }),
    }),
    listen: (onReading) => {
      listener = onReading
    },
  }
}

function reasonOf(event: WireEvent): string {
  if (event.type === 'up') return event.reason
  return event.type === 'down' ? event.fault.message : `${event.fault.message}; it is tried again until it opens`
}
