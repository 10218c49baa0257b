import { concatBytes } from '../../src/core/bytes.ts'
import type { Prng } from '../../src/core/prng.ts'

/** What an emulated receiver can be made to do wrong, by name. */
export const EMULATOR_FAULTS = {
  garbage: 'Random bytes come before every frame and sentence.',
  silence: 'The serial line falls silent; the pulse goes on.',
  'half-frame': 'Every frame and sentence breaks off in the middle.',
  'wrong-checksum': 'Every frame and sentence has a wrong checksum.',
  'no-fix': 'The fix is lost; time and pulse go on from the own clock.',
  'stuck-second': 'The time stands still in everything that is sent.',
  rollover: 'The week is 1024 weeks early.',
  'wrong-leap': 'Restarts with the leap seconds of its firmware, two too few, and calls its time valid.',
  'rmc-ahead': 'RMC is one second ahead of what is said in UBX.',
  'pulse-misnumbered': 'TIM-TP names a pulse three seconds after the one that comes next.',
  'missing-pulse': 'One pulse in three is missing.',
  'doubled-pulse': 'A second edge follows every pulse by 150 µs.',
  jammed: 'A jammer drowns the satellites: the state is critical, the fix is lost.',
  interference: 'A continuous wave closes the amplifier, and the receiver sees no jamming.',
  spoofed: 'The receiver finds several indications of spoofing.',
  'uniform-signals': 'All satellites are equally strong, as from one antenna, and the receiver sees no spoofing.',
  'antenna-moved': 'The position is 500 m from where it was.',
  'antenna-open': 'The antenna line is open, the fix is lost.',
  restart: 'Restarts with its factory settings when it is switched on.',
  'refuses-settings': 'Restarts with its factory settings, and refuses every change of them.',
} as const satisfies Record<string, string>

export type EmulatorFault = keyof typeof EMULATOR_FAULTS

export function isEmulatorFault(name: string): name is EmulatorFault {
  return Object.hasOwn(EMULATOR_FAULTS, name)
}

/** Those that begin with a restart. */
export const RESTARTING: ReadonlySet<EmulatorFault> = new Set(['wrong-leap', 'restart', 'refuses-settings'])

const GARBAGE_BYTES_MAX = 48

/** The bytes of one frame or sentence as they leave a receiver with these faults. */
export function spoil(bytes: Uint8Array, faults: ReadonlySet<EmulatorFault>, prng: Prng): Uint8Array {
  if (faults.has('silence')) return new Uint8Array(0)
  let spoiled = bytes
  if (faults.has('wrong-checksum')) spoiled = withWrongChecksum(spoiled)
  if (faults.has('half-frame')) spoiled = spoiled.subarray(0, Math.floor(spoiled.length / 2))
  return faults.has('garbage') ? concatBytes(garbage(prng), spoiled) : spoiled
}

const LINE_END_BYTES = 2

/** The last byte of a frame, or the last digit of a sentence, becomes another one. */
function withWrongChecksum(bytes: Uint8Array): Uint8Array {
  const isSentence = bytes[0] === 0x24
  const wrong = bytes.slice()
  const at = bytes.length - 1 - (isSentence ? LINE_END_BYTES : 0)
  wrong[at] = isSentence ? ((bytes[at] ?? 0) === 0x30 ? 0x31 : 0x30) : (bytes[at] ?? 0) ^ 0xff
  return wrong
}

function garbage(prng: Prng): Uint8Array {
  return Uint8Array.from({ length: 1 + prng.nextBelow(GARBAGE_BYTES_MAX) }, () => prng.nextBelow(256))
}
