import type { DriverFamily } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'

const CHOSEN = 'QUORUMTIME_FAMILIES'

/**
 * Every family, or those of which the environment variable QUORUMTIME_FAMILIES has the kinds, separated by commas, for whoever works
 * on one and does not want to wait for the others. A kind that does not exist is thrown.
 */
export function familiesUnderTest(): readonly DriverFamily<unknown>[] {
  const chosen = process.env[CHOSEN]?.split(',').filter((kind) => kind !== '') ?? []
  if (chosen.length === 0) return families
  return chosen.map((kind) => {
    const family = families.find((each) => each.kind === kind)
    if (family === undefined) {
      throw new Error(`${CHOSEN}: expected of ${families.map((each) => each.kind).join(', ')}, got ${kind}`)
    }
    return family
  })
}
