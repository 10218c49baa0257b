import type { DriverFamily, LineSettings } from '../../drivers/driver.ts'
import type { SourceConfiguration } from '../config/schema.ts'

/** What the configuration says, with the family's for the rest; what it leaves open altogether is found by trying. */
export function lineSettings(
  source: Pick<SourceConfiguration, 'baudRate' | 'parity' | 'dataBits'>,
  family: Pick<DriverFamily<unknown>, 'serial'>,
): readonly LineSettings[] {
  const { baudRate = 9_600, parity = 'none', dataBits = 8, probe = [] } = family.serial ?? {}
  if (source.baudRate === undefined && source.parity === undefined && source.dataBits === undefined) {
    return [{ baudRate, parity, dataBits }, ...probe]
  }
  return [
    {
      baudRate: source.baudRate ?? baudRate,
      parity: source.parity ?? parity,
      dataBits: source.dataBits ?? dataBits,
    },
  ]
}
