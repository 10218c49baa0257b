/**
 * Which families a recording is from an instrument of: the others may make labels of its bytes too, and nobody would put them
 * on such a line. A recording of nobody fails the validation.
 */
export const READERS: Readonly<Record<string, readonly Reader[]>> = {
  april6_2019: [{ kind: 'nmea-receiver' }],
  'firefly-II': [{ kind: 'nmea-receiver' }, { kind: 'jackson-labs', pace: 'evenly' }],
  furuno_gl_ga: [{ kind: 'nmea-receiver' }],
  'gp-320fw-2019-04-07-coldboot': [{ kind: 'nmea-receiver' }],
  isync: [{ kind: 'nmea-receiver' }, { kind: 'spectratime', pace: 'evenly' }],
  'jl-micro-jlt': [{ kind: 'nmea-receiver' }, { kind: 'jackson-labs', pace: 'evenly' }],
  'meinberg-gps164': [{ kind: 'nmea-receiver' }],
  'nmea-fuzzy-cases': [{ kind: 'nmea-receiver' }],
  'trimble-ressmt360-dr': [{ kind: 'trimble-tsip' }],
  'trimble-smtx': [{ kind: 'trimble-tsip' }],
  'u-blox-m8t-time': [{ kind: 'ublox' }],
  'ublox-lea-4t': [{ kind: 'ublox' }],
  'ublox-zed-f9t-ubx_nmea_l5': [{ kind: 'nmea-receiver' }, { kind: 'ublox' }],
  'unicore-um621': [{ kind: 'nmea-receiver' }],
}

export interface Reader {
  readonly kind: string
  /**
   * Recordings have no arrival times. By default the bytes come at the pace of their line; `evenly`: over the seconds that
   * they tell of, for a driver that believes no second that comes too early.
   */
  readonly pace?: 'evenly'
}
