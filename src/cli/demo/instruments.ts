import { join } from 'node:path'
import type { DriverFamily, EmulatorContext } from '../../../drivers/driver.ts'
import { families } from '../../../drivers/index.ts'
import { LINE_FAULTS } from '../../../drivers/line/line-faults.ts'
import { assert } from '../../core/assert.ts'
import { ok, type Result } from '../../core/fault.ts'
import type { EmulatedInstrument } from '../../device/emulated-instrument.ts'
import { emulateUnit } from '../emulated-unit.ts'

/** The instruments on one appliance's desk: emulated, on real ptys, their pulses as real datagrams. */
export interface Desk {
  /** The `[[sources]]` of the appliance's configuration. */
  readonly sources: readonly object[]
  /** Switches a fault of one of its instruments, by the name of its source. */
  setFault(instrument: string, name: string, on: boolean): Result<void>
  close(): Promise<void>
}

/** Which family stands on each desk under which name. */
const KINDS = { gnss0: 'nmea-receiver', gpsdo0: 'smartclock' } as const

/** What each instrument of a desk can be told to do wrong. */
export function deskFaults(): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(KINDS).map(([name, kind]) => [name, Object.keys({ ...familyOf(kind).faults, ...LINE_FAULTS })]),
  )
}

/** One GNSS receiver and one SmartClock under one sky, each with its pulse. `folder` is the appliance's own. */
export function openDesk(folder: string, seed: number, sky: EmulatorContext): Result<Desk> {
  const gnss = host(folder, 'gnss0', seed, sky)
  if (!gnss.ok) return gnss
  const gpsdo = host(folder, 'gpsdo0', seed + 1, sky)
  if (!gpsdo.ok) return gpsdo
  return ok({
    sources: [
      {
        name: 'gnss0',
        kind: KINDS.gnss0,
        class: 'gnss',
        domain: 'gnss',
        device: gnss.value.ptyPath,
        pulseSocket: 'state/gnss0.sock',
      },
      {
        name: 'gpsdo0',
        kind: KINDS.gpsdo0,
        class: 'gpsdo',
        domain: 'gnss',
        holdoverDomain: 'gpsdo0',
        device: gpsdo.value.ptyPath,
        pulseSocket: 'state/gpsdo0.sock',
      },
    ],
    setFault: (instrument, name, on) => (instrument === 'gnss0' ? gnss.value : gpsdo.value).setFault(name, on),
    close: async () => {
      await Promise.all([gnss.value.close(), gpsdo.value.close()])
    },
  })
}

function host(
  folder: string,
  name: keyof typeof KINDS,
  seed: number,
  sky: EmulatorContext,
): Result<EmulatedInstrument> {
  const family = familyOf(KINDS[name])
  const options = family.parseOptions({}, name)
  if (!options.ok) return options
  const unit = { family, options: options.value, seed, sky, sockPath: join(folder, 'state', `${name}.sock`) }
  // While its appliance is down nobody hears the instrument; that is no fault of the demo.
  return emulateUnit(unit)(() => undefined)
}

function familyOf(kind: string): DriverFamily<unknown> {
  const family = families.find((known) => known.kind === kind)
  assert(family !== undefined, `the demo needs the driver family ${kind}`)
  return family
}
