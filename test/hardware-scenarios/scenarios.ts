import { holdover } from './holdover.ts'
import { leapSecond } from './leap-second.ts'
import { oneReceiverPulled, siteSpoofed } from './pulled-sky.ts'
import type { Scenario } from './scenario.ts'
import { stalls } from './stalls.ts'
import { temperature } from './temperature.ts'
import { weekRollover, wrongLeap } from './wrong-dates.ts'

/** The only list of hardware scenarios. */
export const scenarios: readonly Scenario[] = [
  holdover,
  temperature,
  oneReceiverPulled,
  siteSpoofed,
  wrongLeap,
  weekRollover,
  leapSecond,
  stalls,
]
