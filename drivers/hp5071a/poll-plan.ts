import { NS_PER_SECOND } from '../../src/core/time.ts'
import type { QueryName } from './protocol.ts'

/** How often each is asked, the quick ones first; undefined: on demand, or by somebody else. */
export const PERIODS_NS: Readonly<Record<QueryName, bigint | undefined>> = {
  identity: undefined,
  remote: undefined,
  error: undefined,
  date: 60n * NS_PER_SECOND,
  time: 20n * NS_PER_SECOND,
  state: 5n * NS_PER_SECOND,
  standby: 10n * NS_PER_SECOND,
  supply: 10n * NS_PER_SECOND,
  continuous: 10n * NS_PER_SECOND,
  leapScheduled: 60n * NS_PER_SECOND,
  leapMinute: 60n * NS_PER_SECOND,
  leapDate: 60n * NS_PER_SECOND,
  steering: 30n * NS_PER_SECOND,
  beam: 30n * NS_PER_SECOND,
  pump: 30n * NS_PER_SECOND,
  control: 30n * NS_PER_SECOND,
  gain: 60n * NS_PER_SECOND,
  multiplier: 60n * NS_PER_SECOND,
  temperature: 60n * NS_PER_SECOND,
  cField: 60n * NS_PER_SECOND,
  rfAmplitude: 60n * NS_PER_SECOND,
  oven: 60n * NS_PER_SECOND,
  ionizer: 60n * NS_PER_SECOND,
  spectrometer: 60n * NS_PER_SECOND,
  oscillatorOven: 60n * NS_PER_SECOND,
  loops: 60n * NS_PER_SECOND,
  supplies: 60n * NS_PER_SECOND,
  logCount: 30n * NS_PER_SECOND,
  tube: 3_600n * NS_PER_SECOND,
}

/** What everything else hangs on is asked on, whatever came of it. */
const NEEDED: readonly QueryName[] = ['state', 'standby', 'time', 'date']

/** The first miss may be a character lost on the line; a minute after the second, an hour and more after the eighth. */
const SOON_NS = 5n * NS_PER_SECOND
const PUT_OFF_NS = 60n * NS_PER_SECOND
const DOUBLINGS_MAX = 6

/** By how much a question is put off that was not answered so many times in a row. */
export function putOffNs(name: QueryName, times: number): bigint {
  if (times <= 1 || NEEDED.includes(name)) return SOON_NS
  return PUT_OFF_NS << BigInt(Math.min(times - 2, DOUBLINGS_MAX))
}

/** The same for one whose answer has not the form that is known: a minute, for the complaint to be seldom. */
export function putOffUnreadNs(name: QueryName): bigint {
  return NEEDED.includes(name) ? SOON_NS : PUT_OFF_NS
}
