import { checksum, parseAnswer, twoHex } from '../../drivers/microchip-sa5x/protocol.ts'
import { createNmeaFramer } from '../../drivers/nmea/framer.ts'
import { parseGga, parseGsa, parseGsv } from '../../drivers/nmea/health-sentences.ts'
import { formatSentence, parseSentence } from '../../drivers/nmea/sentence.ts'
import { parseLongDate, parseShortDate, parseTimeOfDay } from '../../drivers/nmea/time-fields.ts'
import { parseMessage } from '../../drivers/nmea-receiver/protocol.ts'
import { createScpiFramer } from '../../drivers/scpi/framing.ts'
import { createScpiSession } from '../../drivers/scpi/session.ts'
import {
  parseBoolean,
  parseErrorEntry,
  parseInteger,
  parseIntegerList,
  parseQuoted,
  parseReal,
} from '../../drivers/scpi/values.ts'
import { parseLogAnswer, parseLogListing } from '../../drivers/smartclock/event-log.ts'
import {
  parseHoldover,
  parseIdentity,
  parseMerit,
  parseSyncState,
  parseTimeInterval,
  parseTimeZone,
} from '../../drivers/smartclock/protocol.ts'
import { parseStatusScreen } from '../../drivers/smartclock/status-screen.ts'
import { formatTimeCode, parseTimeCode, timeCodeToTai } from '../../drivers/smartclock/time-code.ts'
import {
  parseIntegers,
  parseIdentity as parsePrs10Identity,
  parseStatusBytes,
  parseTimeTag,
  parseVolts,
} from '../../drivers/srs-prs10/protocol.ts'
import { createTsipFramer, encodePacket } from '../../drivers/trimble-tsip/framing.ts'
import { encodePrimaryTiming, parsePrimaryTiming } from '../../drivers/trimble-tsip/primary-timing.ts'
import { parseReport } from '../../drivers/trimble-tsip/protocol.ts'
import { encodeSupplementalTiming, parseSupplementalTiming } from '../../drivers/trimble-tsip/supplemental-timing.ts'
import { encodeFrame } from '../../drivers/ublox/frame.ts'
import { createUbloxFramer } from '../../drivers/ublox/framer.ts'
import { parseMessage as parseUbxMessage } from '../../drivers/ublox/protocol.ts'
import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import { fail, type Result } from '../../src/core/fault.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { parseArrivals } from '../../src/device/recording.ts'
import { almostBytes } from './mutation.ts'
import { ACCEPTED, type Taken, type Target } from './target.ts'
import { textTarget } from './text-target.ts'

const AT = monoNs(NS_PER_SECOND)

/** A parser of which what it accepts is written again byte for byte. */
function fieldsTarget<T>(
  name: string,
  corpus: readonly Uint8Array[],
  parse: (data: Uint8Array) => Result<T>,
  encode: (value: T) => Uint8Array,
): Target {
  return {
    name,
    corpus,
    inputs: almostBytes,
    take: (bytes) => {
      const parsed = parse(bytes)
      return parsed.ok ? { ok: true, value: { again: encode(parsed.value) } } : parsed
    },
  }
}

/** A decoder of a stream: no piece may claim more bytes than came, and what it keeps has a limit. */
function streamTarget(
  name: string,
  corpus: readonly Uint8Array[],
  decode: (bytes: Uint8Array) => { readonly good: number; readonly keptBytes: number },
): Target {
  return {
    name,
    corpus,
    inputs: almostBytes,
    take: (bytes) => {
      const { good, keptBytes } = decode(bytes)
      if (keptBytes > 8_192) throw new Error(`${keptBytes} bytes are kept`)
      return good > 0 ? ACCEPTED : fail('fuzz.nothing', 'expected something whole, got none')
    },
  }
}

const RMC = ['GPRMC', '120000.00', 'A', '5128.6400', 'N', '00000.0000', 'E', '0.0', '0.0', '150126', '', '', 'A']
const SENTENCES = [
  RMC,
  ['GPZDA', '120000.00', '15', '01', '2026', '00', '00'],
  ['GPGGA', '120000.00', '5128.6400', 'N', '00000.0000', 'E', '1', '09', '0.9', '46.0', 'M', '45.7', 'M', '', ''],
  ['GPGSA', 'A', '3', '02', '08', '10', '18', '', '', '', '', '', '', '', '', '1.7', '0.9', '1.4'],
  ['GPGSV', '3', '1', '09', '02', '24', '310', '38', '08', '37', '282', '44', '10', '73', '011', '49'],
].map((fields) => formatSentence(fields))

const AB = Uint8Array.fromHex('ab00011cb80825001200300e14160c07e3')
const AC = Uint8Array.fromHex(
  'ac0700640000000000000000000000004712091ec3ae0e140000000000000000' +
    '41d14bc63fe7166650661db2bff523f2ce24f8204001b5604e4120ff'.padEnd(48, '0') +
    '4121c1b900000000',
)
const PACKETS = [
  concatBytes(Uint8Array.of(0x8f), AB),
  ...[
    '4501050403120356020612',
    '1c83473a41300b0407e30d0bcf0a526573534d5420333630',
    '8fa500450000',
    '1328',
    '46bb01',
  ].map((hex) => Uint8Array.fromHex(hex)),
].map(encodePacket)

/** Class, id and length of the payloads that are understood; the bytes come from the fuzzer. */
const UBX_LENGTHS = [
  [0x0d01, 16],
  [0x0120, 16],
  [0x0121, 20],
  [0x0126, 24],
  [0x0107, 92],
  [0x0103, 16],
  [0x0106, 52],
  [0x0135, 32],
  [0x0a09, 60],
  [0x0a38, 28],
  [0x0a04, 40],
  [0x2709, 12],
] as const
const FRAMES = UBX_LENGTHS.map(([key, length]) => encodeFrame(key, new Uint8Array(length).fill(key & 0x7f)))

const SCREEN = `------------------------------- Receiver Status -------------------------------
SYNCHRONIZATION ............................ [ Outputs Valid/Reduced Accuracy ]
SmartClock Mode ___________________________   Reference Outputs _______________
>> Locked to GPS: stabilizing frequency       TFOM     3             FFOM     1
   Recovery                                   1PPS TI -5.4 ns relative to GPS
   Holdover                                   HOLD THR 1.000 us
   Power-up                                   Predict  2.5 us/initial 24 hrs
ACQUISITION ................................................ [ GPS 1PPS Valid ]
Tracking: 1 ____   Not Tracking: 1 ________   Time ____________________________
PRN  El  Az  C/N   PRN  El  Az                UTC      14:45:02     27 Dec 2026
 18  79   2   32     5  25  50                GPS 1PPS Synchronized to UTC
ELEV MASK 10 deg                              MODE     Hold
HEALTH MONITOR ......................................................... [ OK ]
Self Test: OK    Int Pwr: OK   Oven Pwr: OK   OCXO: OK   EFC: OK   GPS Rcv: OK`

export const INSTRUMENT_TARGETS: readonly Target[] = [
  streamTarget('nmea framer', [...SENTENCES, concatBytes(...SENTENCES)], (bytes) => {
    const framer = createNmeaFramer()
    const pieces = framer.push(bytes, AT)
    const keptBytes = framer.pendingBytes()
    return { good: [...pieces, ...framer.flush()].filter(({ kind }) => kind === 'sentence').length, keptBytes }
  }),
  textTarget(
    'nmea sentence',
    SENTENCES.map((bytes) => Buffer.from(bytes).toString('latin1').trimEnd()),
    (text) => {
      const sentence = parseSentence(text, true)
      if (!sentence.ok) return sentence
      for (const parse of [parseGga, parseGsa, parseGsv]) parse(sentence.value)
      return parseMessage(sentence.value)
    },
  ),
  textTarget(
    'nmea time fields',
    ['120000.00', '235960', '150126', '15', '2026'],
    (text) => parseTimeOfDay(text, 'field'),
    (text) => parseShortDate(text, 'field'),
    (text) => parseLongDate(text.slice(0, 2), text.slice(2, 4), text.slice(4), 'fields'),
  ),
  streamTarget(
    'scpi framer',
    ['*IDN?\r\nHEWLETT-PACKARD,58503A,1,2\r\nscpi > ', ':NO:SUCH?\r\nE-113> ', '+3\r\nscpi > '].map((text) =>
      utf8(text),
    ),
    (bytes) => {
      const framer = createScpiFramer(160)
      return { good: framer.receive(bytes, AT).length, keptBytes: 0 }
    },
  ),
  streamTarget(
    'scpi session',
    ['\r\nscpi > *IDN?\r\nHP,1,2,3\r\nscpi > ', '\r\nscpi > *IDN?\r\nE-113> '].map((text) => utf8(text)),
    converse,
  ),
  textTarget(
    'scpi values',
    ['+3', '-5.4E-009', '1', '"scpi"', '+2006,+12,+27', '-113,"Undefined header"'],
    parseInteger,
    parseReal,
    parseBoolean,
    parseQuoted,
    parseIntegerList,
    parseErrorEntry,
  ),
  textTarget('smartclock time code', ['T2199505112055233000049', 'T1#H2000000030000F3'], (text) => {
    const code = parseTimeCode(text)
    if (!code.ok) return code
    const written = formatTimeCode(code.value)
    if (!text.toUpperCase().includes(written.toUpperCase())) throw new Error(`${text} is written ${written}`)
    return timeCodeToTai(code.value, EMBEDDED_LEAP_TABLE)
  }),
  textTarget(
    'smartclock replies',
    ['LOCK', 'HEWLETT-PACKARD,58503A,3710A01056,3704-C', '+0,+0', '+6.00000E+002,0', '+3', '-5.4E-009'],
    parseSyncState,
    parseIdentity,
    parseTimeZone,
    parseHoldover,
    (text) => parseMerit(text, 9),
    parseTimeInterval,
  ),
  streamTarget('tsip framer', [...PACKETS, concatBytes(...PACKETS)], (bytes) => {
    const framer = createTsipFramer()
    const pieces = framer.push(bytes, AT)
    const keptBytes = framer.pendingBytes()
    return { good: [...pieces, ...framer.flush()].filter(({ kind }) => kind === 'packet').length, keptBytes }
  }),
  {
    name: 'tsip report',
    corpus: PACKETS,
    inputs: almostBytes,
    take: (bytes) => {
      const pieces = createTsipFramer().push(bytes, AT)
      const packets = pieces.flatMap((piece) => (piece.kind === 'packet' ? [parseReport(piece)] : []))
      const refused = packets.find(({ ok }) => !ok)
      if (packets.length === 0) return fail('fuzz.nothing', 'expected a packet, got none')
      return refused === undefined ? ACCEPTED : (refused as Taken)
    },
  },
  // Bits of the flags that stand for nothing are not written again.
  fieldsTarget(
    'tsip primary timing',
    [AB],
    (data) =>
      (data[9] ?? 0) > 31
        ? fail('fuzz.unused-bits', 'expected bits with a meaning')
        : asSubcode(data, 0xab, parsePrimaryTiming),
    (timing) => encodePrimaryTiming(timing).subarray(1),
  ),
  fieldsTarget(
    'tsip supplemental timing',
    [AC],
    (data) => asSubcode(data, 0xac, parseSupplementalTiming),
    (timing) => encodeSupplementalTiming(timing).subarray(1),
  ),
  textTarget(
    'sa5x answer',
    ['#05=1', '#0A=-7', '#10=MAC-SA5X'].map((text) => `[${text}|${twoHex(checksum(text))}]`),
    parseAnswer,
  ),
  streamTarget('ublox framer', [...FRAMES, ...SENTENCES, concatBytes(...FRAMES.slice(0, 3), ...SENTENCES)], (bytes) => {
    const framer = createUbloxFramer()
    const pieces = [...framer.push(bytes, AT), ...framer.giveUp()]
    return { good: pieces.filter(({ kind }) => kind === 'frame' || kind === 'sentence').length, keptBytes: 0 }
  }),
  {
    name: 'ublox message',
    corpus: UBX_LENGTHS.map(([key, length]) => concatBytes(Uint8Array.of(key >> 8, key), new Uint8Array(length))),
    inputs: almostBytes,
    take: (bytes) => {
      const [group = 0, id = 0] = bytes
      const parsed = parseUbxMessage({ key: (group << 8) | id, payload: bytes.subarray(2) })
      return parsed.ok ? ACCEPTED : parsed
    },
  },
  textTarget('smartclock status screen', [SCREEN], (text) => parseStatusScreen(text.split('\n'))),
  textTarget(
    'smartclock log',
    ['"Log 001:20050528.00:00:00: Log cleared"', 'Log status: Full\n\nLog 001:20050528.00:00:00:  Log cleared'],
    parseLogAnswer,
    (text) => parseLogListing(text.split('\n')),
  ),
  textTarget(
    'prs10 replies',
    ['PRS10_3.56_SN_107831', '0,0,0,0,4,0', '-1', '999999999', '0.728'],
    parsePrs10Identity,
    parseStatusBytes,
    (text) => parseIntegers(text, 2, -100, 100),
    parseTimeTag,
    parseVolts,
  ),
  // What stands beside a recorded stream.
  textTarget('arrivals of a recording', ['0 < 16\n1500000 > 2a49444e3f0d\n2000000 < 1024\n'], (text) =>
    parseArrivals(text, 'arrivals'),
  ),
]

function asSubcode<T>(data: Uint8Array, subcode: number, parse: (data: Uint8Array) => Result<T>): Result<T> {
  return data[0] === subcode ? parse(data) : fail('fuzz.subcode', `expected subcode ${subcode}, got ${data[0]}`)
}

/** A session that asks one thing after the other, whatever comes. */
function converse(bytes: Uint8Array): { good: number; keptBytes: number } {
  const probe = {
    command: '*IDN?',
    replyWithinNs: 3n * NS_PER_SECOND,
    accepts: (lines: readonly string[]) => lines.length === 1,
  }
  const session = createScpiSession({ probe, lineLengthMax: 160, linesMax: 4 })
  let now = AT
  let replies = 0
  const note = (events: readonly { readonly type: string }[]): void => {
    replies += events.filter(({ type }) => type === 'reply').length
  }
  const wake = (): void => {
    for (let round = 0; round < 8; round++) {
      const at = session.nextWakeAt()
      if (at === undefined) return
      now = at > now ? at : now
      note(session.wake(now))
      if (session.isReady()) note(session.send(probe, now))
    }
  }
  wake()
  for (let start = 0; start < bytes.length; start += 16) {
    note(session.receive(bytes.subarray(start, start + 16), now))
    if (session.isReady()) note(session.send(probe, now))
    now = plus(now, NS_PER_SECOND / 50n)
  }
  wake()
  return { good: replies, keptBytes: 0 }
}
