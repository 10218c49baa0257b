import { parseTelemetry as parseCsacTelemetry, parseHeaders, parseSteer } from '../../drivers/csac-sa45s/protocol.ts'
import * as caesium from '../../drivers/hp5071a/protocol.ts'
import { parseControlPercent, parseReceiver, parseSynchronization } from '../../drivers/jackson-labs/blocks.ts'
import * as jacksonLabs from '../../drivers/jackson-labs/protocol.ts'
import { readTrace } from '../../drivers/jackson-labs/reports.ts'
import { parseTelemetry as parseSa3xTelemetry } from '../../drivers/microchip-sa3x/protocol.ts'
import { parseProprietary } from '../../drivers/nmea/proprietary.ts'
import { parseSentence } from '../../drivers/nmea/sentence.ts'
import { parseMonitor as parseMro50Monitor, parseSetting } from '../../drivers/safran-mro50/protocol.ts'
import * as spectratime from '../../drivers/spectratime/protocol.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { Target } from './target.ts'
import { textTarget } from './text-target.ts'

/** The answers of references and disciplined oscillators, and the sentences that their makers made up. */

const HEADERS = 'Status,Alarm,SN,Mode,Contrast,LaserI,TCXO,HeatP,Sig,Temp,Steer,ATune,Phase,DiscOK,TOD,LTime,Ver'
const CSAC_TELEMETRY =
  '0,0x0000,1209CS00909,0x0010,4381,0.86,1.573,17.62,0.996,28.26,-24,---,-1,1,1268126502,586969,1.0'

/** A reading that has no words for why there is none. */
function found(value: unknown): Result<unknown> {
  return value === undefined ? fail('fuzz.nothing', 'expected a reading, got none') : ok(value)
}

/** Everything that a block of lines says, as long as it says something. */
function anyOf(block: object): Result<unknown> {
  return found(Object.values(block).find((value) => value !== undefined))
}

function splitLines(text: string): readonly string[] {
  return text.split('\n')
}

export const REFERENCE_TARGETS: readonly Target[] = [
  textTarget(
    'nmea proprietary',
    [
      '$PUBX,04,073731.00,091202,113851.00,1196,15D,1930035,-2660.664,43*3C',
      '$PFEC,GPtps,101025222449,3,1,1,090101000000,00,15,101025162124,1607,167104',
      '$PTNTA,20160203131536,2,T4,000000066,+108,3,0,3*18',
      '$PJLTS,-0.39,-2.74,157848,6,2.5829535,86.0984,-1.0E-12,0,17,0x0*40',
      '$PSTI,00,2,2000,8.7,',
    ],
    (text) => {
      const sentence = parseSentence(text, true)
      return sentence.ok ? parseProprietary(sentence.value) : sentence
    },
  ),
  textTarget('csac headers', [HEADERS, 'Status,Alarm,SN,Mode'], parseHeaders),
  textTarget(
    'csac telemetry',
    [CSAC_TELEMETRY, 'Steer = -123'],
    (text) => parseCsacTelemetry(text, HEADERS.split(',')),
    (text) => found(parseSteer(text)),
  ),
  textTarget(
    'sa3x telemetry',
    ['0,1.02,1209SA00042,45123,812,-1204,35,1240,48210,12,0,1250', '1,1.02,SA42,1,2,3,4,5,6,7,1,8,-900'],
    parseSa3xTelemetry,
  ),
  textTarget('mro50 answers', [`${'0'.repeat(52)}07FF4000`, '0012FFA0'], parseMro50Monitor, (text) =>
    found(parseSetting(text)),
  ),
  textTarget(
    'spectratime answers',
    ['12:34:56', '2026-11-28', '2', '7F 80 40 C0 33 A0 B0 00'],
    spectratime.parseTime,
    spectratime.parseDate,
    spectratime.parseState,
    spectratime.parseMonitor,
  ),
  textTarget(
    'hp5071a answers',
    [
      'HEWLETT-PACKARD,5071A,3249A00123,3532',
      '+12,+34,+56',
      '+61055',
      'OFF',
      '"AC"',
      '+1.97E-008',
      '+1.2E+1,+2.0,-3.5E-3',
    ],
    caesium.parseIdentity,
    caesium.parseTime,
    caesium.parseCount,
    caesium.parseFlag,
    (text) => caesium.parseWord(text, ['AC', 'DC', 'BATT', 'LOW']),
    (text) => caesium.parseReals(text, 1),
    (text) => caesium.parseReals(text, 3),
  ),
  textTarget(
    'jackson-labs answers',
    [
      'Jackson Labs, LN Rb GPSDO (PRE), Firmware Rev 1.17',
      '2026,9,2',
      '7,46,13',
      '191,0',
      '0x1000',
      '14',
      '1',
      '6.763E-08',
    ],
    jacksonLabs.parseIdentity,
    jacksonLabs.parseDate,
    jacksonLabs.parseTime,
    jacksonLabs.parseHoldover,
    jacksonLabs.parseHealth,
    jacksonLabs.parseCount,
    jacksonLabs.parseFlag,
    jacksonLabs.parseNanoseconds,
  ),
  textTarget(
    'jackson-labs blocks',
    [
      '1PPS SOURCE MODE  : GPS     \n1PPS SOURCE STATE : GPS\nHOLDOVER STATE: NONE\nFREQ ERROR ESTIMATE : 1.31E-11',
      'EFControl Relative: -0.410000%\nLifetime : +0',
      'ANTENNA DELAY : 1.2E-08\nGPS RECEIVER STATUS : 3D Fix',
      '08-07-31 373815 60685 -32.08 -2.22E-11 14 10 6 0x54',
    ],
    (text) => anyOf(parseSynchronization(splitLines(text))),
    (text) => anyOf(parseReceiver(splitLines(text))),
    (text) => found(parseControlPercent(splitLines(text))),
    (text) => found(readTrace(text)),
  ),
]
