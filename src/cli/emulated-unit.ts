import type { DriverFamily, EmulatorContext, LineSettings } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import { createEmulatedLine } from '../../drivers/line/emulated-line.ts'
import type { Fault, Result } from '../core/fault.ts'
import { type EmulatedInstrument, hostEmulator } from '../device/emulated-instrument.ts'

/** An instrument of a family with its line, as it will stand on ptys. */
export interface EmulatedUnit {
  readonly family: DriverFamily<unknown>
  /** The family's options, checked. */
  readonly options: unknown
  readonly seed: number
  readonly sky: EmulatorContext
  /** The speed of its port; absent: the family's first. */
  readonly baudRate?: number | undefined
  /** Where its pulses are told. */
  readonly sockPath?: string | undefined
}

/** Gives it a pty; again for the same unit after it was unplugged, which it has outlived. */
export type PlugIn = (onFault: (fault: Fault) => void) => Result<EmulatedInstrument>

/** Another family is on hand for the fault `line-swapped`: the next in the list. */
export function emulateUnit({ family, options, seed, sky, baudRate, sockPath }: EmulatedUnit): PlugIn {
  const line = lineOf(family, baudRate)
  const other = families[(families.indexOf(family) + 1) % families.length]
  const otherOptions = other === undefined || other === family ? undefined : other.parseOptions({}, other.kind)
  const emulator = createEmulatedLine({
    create: (start) => family.emulate(options, seed + start, sky),
    ...(other !== undefined && otherOptions?.ok === true
      ? { createOther: () => other.emulate(otherOptions.value, seed, sky) }
      : {}),
    settings: line,
    seed,
  })
  return (onFault) => hostEmulator({ emulator, line, sockPath }, onFault)
}

function lineOf({ serial }: DriverFamily<unknown>, baudRate: number | undefined): LineSettings | undefined {
  if (serial === undefined) return undefined
  return { baudRate: baudRate ?? serial.baudRate, parity: serial.parity, dataBits: serial.dataBits }
}
