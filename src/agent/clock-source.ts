import type { ClockFamily } from '../../drivers/clock-driver.ts'
import { clockFamilies } from '../../drivers/index.ts'
import type { SourceConfiguration } from '../config/schema.ts'
import { unreachable } from '../core/assert.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { openClockDevice } from '../device/clock-device.ts'
import { CLASS_DEFAULTS } from '../fusion/source-class.ts'
import type { RunningSource, SourceWorld } from './running-source.ts'
import { openEntry } from './source-entry.ts'

export function clockFamilyOf({ kind }: SourceConfiguration): ClockFamily<unknown> | undefined {
  return clockFamilies.find((family) => family.kind === kind)
}

/** A clock of this machine that is read once a second. Faults: its options'. */
export function openClockSource(
  source: SourceConfiguration,
  family: ClockFamily<unknown>,
  world: SourceWorld,
): Result<RunningSource> {
  const { name, device = '' } = source
  const options = family.parseOptions(source.options, `source ${name}`)
  if (!options.ok) return options
  const { account, intake, onStatus } = openEntry(source, 'label', world)
  const accuracyNs = BigInt(source.accuracyNs ?? CLASS_DEFAULTS[source.class].accuracyNs)
  const create = () => family.create(options.value, { source: name, leapTable: world.leapTable, accuracyNs })
  let driver = create()
  const clock = openClockDevice(device, {
    onReading: (reading) => {
      for (const action of driver.read(reading)) {
        switch (action.type) {
          case 'sample':
            intake.sample(action.sample)
            break
          case 'status':
            onStatus(action.status)
            break
          case 'fault':
            account.complain(action.fault)
            break
          default:
            unreachable(action)
        }
      }
    },
    onFault: account.complain,
    onState: (event) => {
      // Another clock may be behind the name now.
      if (event.type === 'up') driver = create()
      account.wire(event)
    },
  })
  return ok({
    name,
    listen: account.listen,
    report: account.report,
    steer: () => fail('driver.cannot-steer', `source ${name}: expected an instrument that can be steered`),
    close: () => Promise.resolve(clock.close()),
  })
}
