import { join } from 'node:path'
import type { DriverFamily, EmulatorContext } from '../../../drivers/driver.ts'
import { families } from '../../../drivers/index.ts'
import { assert } from '../../core/assert.ts'
import { ok, type Result } from '../../core/fault.ts'
import type { EmulatedInstrument } from '../../device/emulated-instrument.ts'
import { emulateUnit } from '../emulated-unit.ts'

/** The instruments on one appliance's desk: emulated, on real ptys, their pulses as real datagrams. */
export interface Desk {
  /** The `[[sources]]` of the appliance's configuration. */
  readonly sources: readonly object[]
  close(): Promise<void>
}

/** One GNSS receiver and one SmartClock under one sky, each with its pulse. `folder` is the appliance's own. */
export function openDesk(folder: string, seed: number, sky: EmulatorContext): Result<Desk> {
  const gnss = host('nmea-receiver', folder, 'gnss0', seed, sky)
  if (!gnss.ok) return gnss
  const gpsdo = host('smartclock', folder, 'gpsdo0', seed + 1, sky)
  if (!gpsdo.ok) return gpsdo
  return ok({
    sources: [
      {
        name: 'gnss0',
        kind: 'nmea-receiver',
        class: 'gnss',
        domain: 'gnss',
        device: gnss.value.ptyPath,
        pulseSocket: 'state/gnss0.sock',
      },
      {
        name: 'gpsdo0',
        kind: 'smartclock',
        class: 'gpsdo',
        domain: 'gnss',
        holdoverDomain: 'gpsdo0',
        device: gpsdo.value.ptyPath,
        pulseSocket: 'state/gpsdo0.sock',
      },
    ],
    close: async () => {
      await Promise.all([gnss.value.close(), gpsdo.value.close()])
    },
  })
}

function host(
  kind: string,
  folder: string,
  name: string,
  seed: number,
  sky: EmulatorContext,
): Result<EmulatedInstrument> {
  const family = familyOf(kind)
  const options = family.parseOptions({}, kind)
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
