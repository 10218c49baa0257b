import type { DriverAction, DriverFamily, Emulator, EmulatorContext, LineSettings } from '../../drivers/driver.ts'
import { createEmulatedLine } from '../../drivers/line/emulated-line.ts'
import type { Fault } from '../../src/core/fault.ts'
import { min } from '../../src/core/integer.ts'
import { between, type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { createLineProbe } from '../../src/device/line-probe.ts'
import { unwrap } from '../support/results.ts'
import { createLineRecord, createVirtualLine, type LineRecord, type VirtualLine } from '../support/virtual-line.ts'
import { createVirtualSky, taiOf } from '../support/virtual-sky.ts'
import { createPulseDesk, type PulseDesk } from './pulse-desk.ts'

/**
 * One instrument on one virtual line before one virtual host: what stands between a driver and its device in the agent,
 * probing and the numbering of pulses included.
 */
export interface Bench {
  readonly family: DriverFamily<unknown>
  readonly emulator: Emulator
  readonly line: VirtualLine
  readonly record: LineRecord
  readonly sky: EmulatorContext
  readonly desk: PulseDesk
  /** What came out since `forget`, sorted by second: how many faults the driver gave in the worst. */
  faultsInASecondMax(): number
  host(): HostView
  run(seconds: number): void
  forget(): void
  reopen(): void
}

/** The host's side of the line. */
export interface HostView {
  readonly settings: LineSettings | undefined
  readonly opened: number
  /** How often a driver said that it understands. */
  readonly understood: number
}

export interface BenchOptions {
  readonly seed?: number
  readonly options?: object
  /** How the instrument's port is set; absent: as its family's first settings. */
  readonly settings?: LineSettings
  /** What the host may try; absent: the family's. */
  readonly candidates?: readonly LineSettings[]
  /** The family of the instrument that may be swapped in. */
  readonly other?: DriverFamily<unknown>
  readonly chunkBytesMax?: number
}

const START_AT = monoNs(1_000n * NS_PER_SECOND + 123_456_789n)
/** How finely pulses and labels are laid side by side: far finer than they come apart. */
const STRIDE_NS = 100n * NS_PER_MILLISECOND

export function openBench(family: DriverFamily<unknown>, setup: BenchOptions = {}): Bench {
  const { seed = 1, chunkBytesMax } = setup
  const options = unwrap(family.parseOptions(setup.options ?? {}, 'options'))
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf('2026-01-15T12:00:00') })
  const { other } = setup
  const emulator = createEmulatedLine({
    create: (start) => family.emulate(options, seed + start, sky),
    ...(other === undefined
      ? {}
      : { createOther: () => other.emulate(unwrap(other.parseOptions({}, 'options')), seed + 100, sky) }),
    settings: setup.settings ?? family.serial,
    seed,
  })
  const record = createLineRecord()
  const desk = createPulseDesk(sky)
  const counts = new Map<bigint, number>()
  const candidates = setup.candidates ?? candidatesOf(family)
  const probe = candidates.length === 0 ? undefined : createLineProbe(candidates)
  let opened = 0
  let understood = 0
  let openedAt = START_AT
  const hearDriver = (action: DriverAction, at: MonoNs): void => {
    if (action.type === 'sample') desk.sample(action.sample)
    if (action.type === 'status') desk.status(action.status)
    if (action.type === 'fault') {
      const second = at / NS_PER_SECOND
      counts.set(second, (counts.get(second) ?? 0) + 1)
    }
    if (action.type !== 'understood') return
    understood += 1
    probe?.understood()
  }
  const line = createVirtualLine({
    createDriver: () => {
      opened += 1
      probe?.opened(openedAt)
      if (probe !== undefined) emulator.lineChanged?.(probe.settings())
      return family.create(options, { source: 'source0', leapTable: sky.leapTable })
    },
    emulator,
    startAt: START_AT,
    hear: (event) => {
      openedAt = event.at
      record.hear(event)
      if (event.from === 'driver') hearDriver(event.action, event.at)
      else if (event.action.type === 'pulse') desk.pulse(event.action.at)
      else probe?.heard(event.at)
    },
    ...(chunkBytesMax === undefined ? {} : { chunkBytesMax }),
  })
  const reopen = (): void => {
    openedAt = line.now()
    line.reopen()
  }
  const stride = (untilAt: MonoNs): void => {
    const probeAt = probe?.nextAt()
    const strideAt = min(untilAt, plus(line.now(), STRIDE_NS))
    const to = probeAt !== undefined && probeAt > line.now() ? min(strideAt, probeAt) : strideAt
    line.advance(between(line.now(), to))
    desk.settle(line.now())
    if (probe?.wake(line.now()) === true) reopen()
  }
  return {
    family,
    emulator,
    line,
    record,
    sky,
    desk,
    faultsInASecondMax: () => Math.max(0, ...counts.values()),
    host: () => ({ settings: probe?.settings(), opened, understood }),
    run: (seconds) => {
      const until = plus(line.now(), BigInt(Math.round(seconds * 1000)) * NS_PER_MILLISECOND)
      while (line.now() < until) stride(until)
    },
    forget: () => {
      record.clear()
      desk.forget()
      counts.clear()
    },
    reopen,
  }
}

export function candidatesOf({ serial }: DriverFamily<unknown>): readonly LineSettings[] {
  if (serial === undefined) return []
  const { baudRate, parity, dataBits, probe = [] } = serial
  return [{ baudRate, parity, dataBits }, ...probe]
}

export function named(faults: readonly Fault[]): string {
  return [...new Set(faults.map(({ code }) => code))].join(', ')
}
