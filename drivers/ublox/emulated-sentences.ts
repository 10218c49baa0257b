import type { UtcTime } from '../../src/core/leap.ts'
import { formatSentence } from '../nmea/sentence.ts'
import type { EmulatedEpoch } from './emulated-epoch.ts'
import { UBX } from './frame.ts'

/** The NMEA sentences of an emulated receiver, in the order in which they come, by the key that switches them. */
export const SENTENCE_ORDER: readonly number[] = [
  UBX.nmeaRmc,
  UBX.nmeaVtg,
  UBX.nmeaGga,
  UBX.nmeaGsa,
  UBX.nmeaGsv,
  UBX.nmeaGll,
]

/** `rmcTime` goes into RMC alone, so that it can be made to contradict. */
export function buildSentences(key: number, epoch: EmulatedEpoch, rmcTime: UtcTime | undefined): readonly Uint8Array[] {
  const { fix, utc } = epoch
  const status = fix ? 'A' : 'V'
  const mode = fix ? 'A' : 'N'
  switch (key) {
    case UBX.nmeaRmc: {
      const time = timeField(rmcTime)
      return [
        formatSentence([
          'GNRMC',
          time,
          status,
          ...place(epoch),
          fix ? '0.004' : '',
          '',
          dateField(rmcTime),
          '',
          '',
          mode,
        ]),
      ]
    }
    case UBX.nmeaVtg:
      return [
        formatSentence(['GNVTG', '', 'T', '', 'M', ...(fix ? ['0.004', 'N', '0.007', 'K'] : ['', 'N', '', 'K']), mode]),
      ]
    case UBX.nmeaGga: {
      const solved = fix
        ? ['1', two(epoch.satellites.length), '0.90', epoch.heightMetres.toFixed(1), 'M', '45.7', 'M']
        : ['0', '00', '99.99', '', '', '', '']
      return [formatSentence(['GNGGA', timeField(utc), ...place(epoch), ...solved, '', ''])]
    }
    case UBX.nmeaGsa: {
      const used = Array.from({ length: 12 }, (_, index) => (fix ? two(epoch.satellites[index]?.number) : ''))
      return [
        formatSentence([
          'GNGSA',
          'A',
          fix ? '3' : '1',
          ...used,
          ...(fix ? ['1.70', '0.90', '1.41'] : ['99.99', '99.99', '99.99']),
        ]),
      ]
    }
    case UBX.nmeaGsv:
      return inView(epoch)
    case UBX.nmeaGll:
      return [formatSentence(['GNGLL', ...place(epoch), timeField(utc), status, mode])]
    default:
      return []
  }
}

/** What a receiver says of itself when it starts. */
export function banner(lines: readonly string[]): readonly Uint8Array[] {
  return lines.map((line) => formatSentence(['GNTXT', '01', '01', '02', line]))
}

const SATELLITES_PER_GSV = 4

function inView({ satellites }: EmulatedEpoch): readonly Uint8Array[] {
  const count = Math.ceil(satellites.length / SATELLITES_PER_GSV)
  return Array.from({ length: count }, (_, index) => {
    const shown = satellites.slice(index * SATELLITES_PER_GSV, (index + 1) * SATELLITES_PER_GSV)
    const fields = shown.flatMap(({ number, elevation, azimuth, cn0DbHz }) => [
      two(number),
      two(elevation),
      String(azimuth).padStart(3, '0'),
      cn0DbHz === 0 ? '' : two(cn0DbHz),
    ])
    return formatSentence(['GPGSV', String(count), String(index + 1), two(satellites.length), ...fields])
  })
}

function place({ fix, latitudeDegrees, longitudeDegrees }: EmulatedEpoch): readonly string[] {
  if (!fix) return ['', '', '', '']
  return [
    minutes(latitudeDegrees, 2),
    latitudeDegrees < 0 ? 'S' : 'N',
    minutes(longitudeDegrees, 3),
    longitudeDegrees < 0 ? 'W' : 'E',
  ]
}

/** ddmm.mmmmm */
function minutes(degrees: number, digits: number): string {
  const hundredThousandths = Math.round(Math.abs(degrees) * 60e5)
  const whole = Math.floor(hundredThousandths / 60e5)
  const rest = ((hundredThousandths - whole * 60e5) / 1e5).toFixed(5).padStart(8, '0')
  return String(whole).padStart(digits, '0') + rest
}

function timeField(time: UtcTime | undefined): string {
  return time === undefined ? '' : `${two(time.hour)}${two(time.minute)}${two(time.second)}.00`
}

function dateField(time: UtcTime | undefined): string {
  return time === undefined ? '' : two(time.day) + two(time.month) + two(time.year % 100)
}

function two(value: number | undefined): string {
  return value === undefined ? '' : String(value).padStart(2, '0')
}
