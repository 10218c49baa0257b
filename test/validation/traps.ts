import type { Replayed } from '../support/captures.ts'

/** What a recording is known to do wrong. Seen by nobody, it fails the validation. */
export interface Trap {
  readonly file: string
  readonly kind: string
  readonly trap: string
  /** How it was seen: a code, or a sentence. */
  readonly sees: (replayed: Replayed) => string | undefined
  /** Other than the family's options for recordings. */
  readonly options?: Readonly<Record<string, unknown>>
}

export const TRAPS: readonly Trap[] = [
  {
    file: 'april6_2019',
    kind: 'nmea-receiver',
    trap: 'a date 1024 weeks early on the day of the second rollover',
    sees: code(/^nmea\.week-rollover$/),
    options: { floorDate: '2019-01-01' },
  },
  {
    file: 'gp-320fw-2019-04-07-coldboot',
    kind: 'nmea-receiver',
    trap: 'dates of 2006, 2010 and 1999 under status V after a cold start',
    sees: code(/^gnss\.no-fix$/),
  },
  { file: 'isync', kind: 'nmea-receiver', trap: 'sentences put into the middle of others', sees: code(/^nmea\.cut$/) },
  {
    file: 'firefly-II',
    kind: 'nmea-receiver',
    trap: 'GGA with a quality of another kind and a wrong checksum',
    sees: code(/^nmea\.checksum$/),
  },
  { file: 'meinberg-gps164', kind: 'nmea-receiver', trap: 'fix lost and regained', sees: code(/^gnss\.no-fix$/) },
  { file: 'unicore-um621', kind: 'nmea-receiver', trap: 'fix lost and regained', sees: code(/^gnss\.no-fix$/) },
  {
    file: 'trimble-ressmt360-dr',
    kind: 'trimble-tsip',
    trap: 'satellites lost, the pulse goes on',
    sees: code(/^tsip\.holdover$/),
  },
  {
    file: 'trimble-smtx',
    kind: 'trimble-tsip',
    trap: 'labels in GPS time, 18 s ahead of UTC',
    sees: constantOffset,
  },
  {
    file: 'u-blox-m8t-time',
    kind: 'ublox',
    trap: 'NAV-TIMELS forgets the source of its leap seconds',
    sees: constantOffset,
  },
]

/** The first fault or alarm with such a code. */
function code(expected: RegExp): Trap['sees'] {
  return ({ faults, statuses }) => {
    const codes = [...faults.map((fault) => fault.code), ...statuses.flatMap(({ alarms }) => alarms)]
    const found = codes.find((each) => expected.test(each))
    return found === undefined ? undefined : `\`${found}\``
  }
}

/** Whatever the receiver says of UTC, one difference was made of it, and every label is gpsd's second. */
function constantOffset({ statuses }: Replayed): string | undefined {
  const told = new Set(statuses.flatMap(({ taiMinusUtcSeconds }) => taiMinusUtcSeconds ?? []))
  return told.size === 1 ? `TAI − UTC is told as ${[...told].join()} s throughout` : undefined
}
