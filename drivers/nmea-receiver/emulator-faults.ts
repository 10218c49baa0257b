import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import type { Prng } from '../../src/core/prng.ts'
import { formatSentence } from '../nmea/sentence.ts'

/** What an emulated receiver can be made to do wrong, by name. */
export const EMULATOR_FAULTS = {
  garbage: 'Random bytes come before every sentence.',
  silence: 'The serial line falls silent; the pulse goes on.',
  'no-fix': 'The fix is lost: status V, quality 0; time and pulse go on from the own clock.',
  'half-sentence': 'Every sentence breaks off in the middle, its line end lost too.',
  spliced: 'Another sentence is injected into the middle of every sentence.',
  'wrong-checksum': 'Every sentence has a wrong checksum.',
  'stuck-second': 'The time in the sentences stands still.',
  'zda-ahead': 'ZDA is one second ahead of RMC.',
  rollover: 'The date is 1024 weeks early.',
  jump: 'The time in the sentences is one second ahead; the pulse is right.',
  'leap-unknown': 'It counts two leap seconds too few, those of its firmware; maker sentences say whose they are.',
  'gps-time': 'RMC and ZDA tell GPS time, ahead of UTC by all leap seconds.',
  'glonass-time': 'RMC and ZDA tell the time of Moscow, three hours ahead.',
  'midnight-race': 'RMC has the date of the next day, as when it is made of two epochs around midnight.',
  'rtc-date': 'No fix, and a date of 2006 from a clock that was never set: status V.',
  jamming: 'All carriers are 15 dB down; maker sentences tell of jamming.',
  'uniform-signals': 'All carriers are equally strong, as from one antenna.',
  'antenna-moved': 'The position is 500 m from where it was.',
  'pulse-off': 'The pulse is switched off; the sentences go on.',
  'missing-pulse': 'One pulse in three is missing.',
  'doubled-pulse': 'A second edge follows every pulse by 150 µs.',
} as const satisfies Record<string, string>

export type EmulatorFault = keyof typeof EMULATOR_FAULTS

export function isEmulatorFault(name: string): name is EmulatorFault {
  return Object.hasOwn(EMULATOR_FAULTS, name)
}

const GARBAGE_BYTES_MAX = 48

/** The bytes of one sentence as they leave a receiver with these faults. */
export function spoil(bytes: Uint8Array, faults: ReadonlySet<EmulatorFault>, prng: Prng): Uint8Array {
  if (faults.has('silence')) return new Uint8Array(0)
  let spoiled = bytes
  if (faults.has('wrong-checksum')) spoiled = withWrongChecksum(spoiled)
  const half = Math.floor(spoiled.length / 2)
  if (faults.has('half-sentence')) spoiled = spoiled.subarray(0, half)
  else if (faults.has('spliced')) spoiled = concatBytes(spoiled.subarray(0, half), INJECTED, spoiled.subarray(half))
  return faults.has('garbage') ? concatBytes(garbage(prng), spoiled) : spoiled
}

/** As the iSync injects its own, but without a time. */
const INJECTED = formatSentence(['GPTXT', '01', '01', '02', 'ANTSTATUS=OK'])

/** The last hexadecimal digit becomes another one. */
function withWrongChecksum(bytes: Uint8Array): Uint8Array {
  const text = String.fromCharCode(...bytes)
  return utf8(text.replace(/.(?=\r\n$)/, (digit) => (Number.parseInt(digit, 16) ^ 1).toString(16).toUpperCase()))
}

function garbage(prng: Prng): Uint8Array {
  return Uint8Array.from({ length: 1 + prng.nextBelow(GARBAGE_BYTES_MAX) }, () => prng.nextBelow(256))
}
