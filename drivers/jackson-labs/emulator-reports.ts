import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import type { MonoNs } from '../../src/core/time.ts'
import { formatSentence } from '../nmea/sentence.ts'
import { type Panel, utcOf } from './emulator-replies.ts'

const LATITUDE = ['5004.6500', 'N'] as const
const LONGITUDE = ['00814.3200', 'E'] as const

/** `$GPRMC`, `$GPZDA` and `$PJLTS` of the second that has begun. */
export function sentencesOf(panel: Panel, now: MonoNs): Uint8Array {
  const { year, month, day, hour, minute, second } = utcOf(panel, now, panel.faults.has('nmea-ahead') ? 1n : 0n)
  const time = `${[hour, minute, second].map(two).join('')}.00`
  const status = panel.loop.hasSatellites() ? 'A' : 'V'
  const date = [day, month, year % 100].map(two).join('')
  const phase = panel.loop.phaseNs().toFixed(2)
  const held = panel.loop.holdover(now)
  return concatBytes(
    formatSentence(['GPRMC', time, status, ...LATITUDE, ...LONGITUDE, '0.0', '0.0', date, '', '']),
    formatSentence(['GPZDA', time, two(day), two(month), String(year), '+00', '00']),
    formatSentence([
      'PJLTS',
      phase,
      phase,
      String(panel.loop.pulseCount()),
      String(panel.loop.lockState(now)),
      '2.5829535',
      '86.0984',
      '-1.0E-12',
      held.lasts ? String(held.seconds) : '0',
      panel.loop.hasSatellites() ? '14' : '0',
      `0x${panel.loop.health(now).toString(16)}`,
    ]),
  )
}

/** `08-07-31 373815 60685 -32.08 -2.22E-11 14 10 6 0x54`: visible before tracked. */
export function traceOf(panel: Panel, now: MonoNs): Uint8Array {
  const { year, month, day } = utcOf(panel, now)
  const { loop } = panel
  const [visible, tracked] = loop.hasSatellites() ? [20, 14] : [0, 0]
  const health = `0x${loop.health(now).toString(16)}`
  const fields = [
    [year % 100, month, day].map(two).join('-'),
    loop.pulseCount(),
    60_685,
    loop.phaseNs().toFixed(2),
    '-2.22E-11',
    visible,
    tracked,
    loop.lockState(now),
    health,
  ]
  return utf8(`${fields.join(' ')}\r\n`)
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
