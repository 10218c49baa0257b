import type { MonoNs } from '../../src/core/time.ts'
import type { ErrorCode } from '../scpi/error-queue.ts'
import { matchesHeader } from '../scpi/header.ts'
import { ANTENNA_DELAY_NS_MAX } from './control.ts'
import type { Panel } from './panel.ts'

const PARAMETER_NOT_ALLOWED: ErrorCode = -108
const MISSING_PARAMETER: ErrorCode = -109
const SETTINGS_CONFLICT: ErrorCode = -221
const OUT_OF_RANGE: ErrorCode = -222
const ILLEGAL_PARAMETER: ErrorCode = -224

type Order = (panel: Panel, parameters: string, now: MonoNs) => ErrorCode | undefined

/** Commands that set something and answer with their prompt alone. What a unit refuses in which state is our reading of the guides. */
const ORDERS: readonly (readonly [pattern: string, order: Order])[] = [
  ['*CLS', bare((panel) => panel.clearAlarm())],
  ['[SOURce:]SYNChronization:HOLDover:INITiate', possible((panel, now) => panel.initiateHoldover(now))],
  ['[SOURce:]SYNChronization:HOLDover:RECovery:INITiate', possible((panel, now) => panel.initiateRecovery(now))],
  ['[SOURce:]SYNChronization:IMMediate', possible((panel, now) => panel.synchronize(now))],
  ['[SOURce:]GPSystem:REFerence:ADELay', setAntennaDelay],
]

/** `obeyed`: no error; undefined for a header that is no order. */
export function obeyOrder(
  panel: Panel,
  header: string,
  parameters: string,
  now: MonoNs,
): 'obeyed' | ErrorCode | undefined {
  const order = ORDERS.find(([pattern]) => matchesHeader(pattern, header))
  return order === undefined ? undefined : (order[1](panel, parameters, now) ?? 'obeyed')
}

function bare(act: (panel: Panel, now: MonoNs) => void): Order {
  return (panel, parameters, now) => {
    if (parameters !== '') return PARAMETER_NOT_ALLOWED
    act(panel, now)
    return undefined
  }
}

function possible(act: (panel: Panel, now: MonoNs) => boolean): Order {
  return (panel, parameters, now) => {
    if (parameters !== '') return PARAMETER_NOT_ALLOWED
    return act(panel, now) ? undefined : SETTINGS_CONFLICT
  }
}

const UNIT_NS: Readonly<Record<string, number>> = { S: 1e9, MS: 1e6, US: 1e3, NS: 1 }

/** `77 NS`, `7.7E-8`, `7.7E-8 S` */
function setAntennaDelay(panel: Panel, parameters: string): ErrorCode | undefined {
  if (parameters === '') return MISSING_PARAMETER
  const parts = /^([+-]?\d+(?:\.\d+)?(?:E[+-]?\d+)?)(?: ?([A-Z]+))?$/i.exec(parameters)
  const unitNs = UNIT_NS[(parts?.[2] ?? 'S').toUpperCase()]
  if (parts === null || unitNs === undefined) return ILLEGAL_PARAMETER
  const ns = Number(parts[1]) * unitNs
  if (Math.abs(ns) > ANTENNA_DELAY_NS_MAX) return OUT_OF_RANGE
  panel.setAntennaDelay(Math.round(ns))
  return undefined
}
