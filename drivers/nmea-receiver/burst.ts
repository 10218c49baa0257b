import { unreachable } from '../../src/core/assert.ts'
import type { UtcTime } from '../../src/core/leap.ts'
import type { Prng } from '../../src/core/prng.ts'
import { formatSentence } from '../nmea/sentence.ts'

/** What an emulated receiver knows at one pulse. */
export interface ReceiverState {
  readonly talker: string
  /** The second its sentences name; undefined before the first fix, as long as it does not know the time. */
  readonly time: UtcTime | undefined
  /** For RMC and ZDA alone, so that they can be made to contradict each other. */
  readonly rmcTime: UtcTime | undefined
  readonly zdaTime: UtcTime | undefined
  readonly fix: boolean
  /** GGA's quality under a fix: Jackson Labs put a lock state there. */
  readonly fixQuality: '1' | '2'
  /** By how much the carriers are down, dB. */
  readonly attenuationDb: number
  /** All carriers are as strong as each other. */
  readonly isUniform: boolean
  readonly isMoved: boolean
}

export type SentenceName = 'RMC' | 'ZDA' | 'GGA' | 'GSA' | 'GSV'

/** A place on the prime meridian, and one 500 m north of it. */
const LATITUDE = ['5128.6400', 'N'] as const
const MOVED_LATITUDE = ['5128.9095', 'N'] as const
const LONGITUDE = ['00000.0000', 'E'] as const

/** PRN, elevation and azimuth in degrees, C/N0 in dB-Hz under a clear sky. */
const SKY = [
  [2, 24, 310, 38],
  [8, 37, 282, 44],
  [10, 73, 11, 49],
  [18, 19, 128, 36],
  [23, 36, 68, 43],
  [24, 22, 60, 37],
  [27, 41, 236, 45],
  [28, 5, 165, 30],
  [32, 62, 186, 48],
] as const
const UNIFORM_DBHZ = 46
const SATELLITES_PER_GSV = 4

/** One sentence with its line end, or for GSV one per four satellites. */
export function sentencesOf(name: SentenceName, state: ReceiverState, prng: Prng): readonly Uint8Array[] {
  return fieldsOf(name, state, prng).map((fields) => formatSentence([`${state.talker}${name}`, ...fields]))
}

function fieldsOf(name: SentenceName, state: ReceiverState, prng: Prng): string[][] {
  switch (name) {
    case 'RMC':
      return [rmcFields(state)]
    case 'ZDA':
      return [zdaFields(state.zdaTime)]
    case 'GGA':
      return [ggaFields(state)]
    case 'GSA':
      return [gsaFields(state)]
    case 'GSV':
      return gsvFields(state, prng)
    default:
      return unreachable(name)
  }
}

function rmcFields(state: ReceiverState): string[] {
  const { rmcTime: time, fix } = state
  const date = time === undefined ? '' : two(time.day) + two(time.month) + two(time.year % 100)
  return [timeField(time), fix ? 'A' : 'V', ...place(state), fix ? '0.0' : '', '', date, '', '', fix ? 'A' : 'N']
}

function zdaFields(time: UtcTime | undefined): string[] {
  if (time === undefined) return ['', '', '', '', '', '']
  return [timeField(time), two(time.day), two(time.month), String(time.year).padStart(4, '0'), '00', '00']
}

function ggaFields(state: ReceiverState): string[] {
  const { time, fix, fixQuality } = state
  const position = fix
    ? [fixQuality, two(SKY.length), '0.9', '46.0', 'M', '45.7', 'M']
    : ['0', '00', '', '', 'M', '', 'M']
  return [timeField(time), ...place(state), ...position, '', '']
}

function gsaFields({ fix }: ReceiverState): string[] {
  const used = Array.from({ length: 12 }, (_, index) => (fix ? prnField(SKY[index]?.[0]) : ''))
  const dilution = fix ? ['1.7', '0.9', '1.4'] : ['99.9', '99.9', '99.9']
  return ['A', fix ? '3' : '1', ...used, ...dilution]
}

/** Without a fix the antenna hears little: the carriers are 20 dB down, the weak ones gone. */
function gsvFields({ fix, attenuationDb, isUniform }: ReceiverState, prng: Prng): string[][] {
  const satellites = SKY.map(([prn, elevation, azimuth, cn0]) => {
    const strength = isUniform ? UNIFORM_DBHZ : cn0 + prng.nextBelow(3) - 1
    const heard = strength - (fix ? 0 : 20) - attenuationDb
    return [prnField(prn), two(elevation), String(azimuth).padStart(3, '0'), heard < 20 ? '' : two(heard)]
  })
  const count = Math.ceil(satellites.length / SATELLITES_PER_GSV)
  return Array.from({ length: count }, (_, index) => [
    String(count),
    String(index + 1),
    two(satellites.length),
    ...satellites.slice(index * SATELLITES_PER_GSV, (index + 1) * SATELLITES_PER_GSV).flat(),
  ])
}

function place({ fix, isMoved }: ReceiverState): readonly string[] {
  return fix ? [...(isMoved ? MOVED_LATITUDE : LATITUDE), ...LONGITUDE] : ['', '', '', '']
}

function timeField(time: UtcTime | undefined): string {
  return time === undefined ? '' : `${two(time.hour)}${two(time.minute)}${two(time.second)}.00`
}

function prnField(prn: number | undefined): string {
  return prn === undefined ? '' : two(prn)
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
