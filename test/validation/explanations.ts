/**
 * Why a family and gpsd do not name the same seconds of a recording. A difference that stands nowhere here fails the
 * validation; so does an entry that explains nothing.
 */
export interface Explanation {
  readonly file: string
  readonly kind: string
  /** `gpsd`: seconds that only gpsd reports with a fix. `ours`: those that only we call valid. */
  readonly onlyIn: 'gpsd' | 'ours'
  /** `2020-03-18T13:28:20`. */
  readonly seconds: readonly string[]
  readonly why: string
}

export const EXPLANATIONS: readonly Explanation[] = [
  {
    file: 'isync',
    kind: 'nmea-receiver',
    onlyIn: 'ours',
    seconds: ['2016-02-03T13:15:30'],
    why: 'gpsd had not finished the last second when its input ended',
  },
  {
    file: 'isync',
    kind: 'spectratime',
    onlyIn: 'ours',
    seconds: ['2016-02-03T13:15:30'],
    why: 'gpsd had not finished the last second when its input ended',
  },
  {
    file: 'nmea-fuzzy-cases',
    kind: 'nmea-receiver',
    onlyIn: 'gpsd',
    seconds: ['2020-03-18T13:28:20', '2020-03-18T13:28:21', '2020-03-18T13:28:29'],
    why: 'of these seconds only epochs past their middle were recorded, which number no pulse',
  },
  {
    file: 'ublox-zed-f9t-ubx_nmea_l5',
    kind: 'nmea-receiver',
    onlyIn: 'ours',
    seconds: ['2025-07-31T19:33:34'],
    why: 'gpsd reports from its second cycle on',
  },
  {
    file: 'trimble-ressmt360-dr',
    kind: 'trimble-tsip',
    onlyIn: 'gpsd',
    seconds: ['2024-03-05T22:35:16'],
    why: 'gpsd dates packet 41 too, the answer to a poll of its own, which names no pulse',
  },
  {
    file: 'u-blox-m8t-time',
    kind: 'ublox',
    onlyIn: 'gpsd',
    seconds: ['2021-02-23T18:04:30'],
    why: 'from the second epoch on our label names the pulse that TIM-TP announces, the one after it: the pulse between has none',
  },
  {
    file: 'u-blox-m8t-time',
    kind: 'ublox',
    onlyIn: 'ours',
    seconds: ['2021-02-23T18:04:29'],
    why: 'gpsd reports from its second epoch on',
  },
  {
    file: 'u-blox-m8t-time',
    kind: 'ublox',
    onlyIn: 'ours',
    seconds: ['2021-02-23T18:07:00', '2021-02-23T18:07:01'],
    why: 'the last TIM-TP announce pulses after the last epoch',
  },
  {
    file: 'ublox-lea-4t',
    kind: 'ublox',
    onlyIn: 'gpsd',
    seconds: ['2009-01-28T20:35:40'],
    why: 'gpsd takes it from an NMEA sentence before the first UBX epoch',
  },
  {
    file: 'ublox-lea-4t',
    kind: 'ublox',
    onlyIn: 'gpsd',
    seconds: ['2009-01-28T20:35:44'],
    why: 'gpsd names the second of the second epoch, our label the pulse after it, which TIM-TP announces',
  },
  {
    file: 'ublox-lea-4t',
    kind: 'ublox',
    onlyIn: 'ours',
    seconds: ['2009-01-28T20:35:43'],
    why: 'gpsd reports from its second epoch on',
  },
  {
    file: 'ublox-lea-4t',
    kind: 'ublox',
    onlyIn: 'ours',
    seconds: ['2009-01-28T20:35:45'],
    why: 'the pulse that TIM-TP announces after the last epoch',
  },
  {
    file: 'ublox-zed-f9t-ubx_nmea_l5',
    kind: 'ublox',
    onlyIn: 'ours',
    seconds: ['2025-07-31T19:33:34'],
    why: 'gpsd reports from its second cycle on',
  },
]
