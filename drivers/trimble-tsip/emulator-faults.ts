import { concatBytes } from '../../src/core/bytes.ts'
import type { Prng } from '../../src/core/prng.ts'

/** What an emulated receiver can be made to do wrong, by name. */
export const EMULATOR_FAULTS = {
  garbage: 'Random bytes come before every packet.',
  silence: 'The serial line is dead both ways; the pulse goes on.',
  deaf: 'Commands do not arrive; the broadcasts go on.',
  'half-packet': 'Every packet breaks off in the middle.',
  'changed-byte': 'One byte of every packet is another one, as without parity on a bad line.',
  'late-reply': 'Every reply comes when the next command is sent.',
  'no-satellites': 'The antenna is off: holdover or free running, and the way back once it is there again.',
  'stale-lock': 'No satellite is heard, while the disciplining mode goes on to say that all is normal.',
  survey: 'The receiver surveys its position.',
  'antenna-moved': 'The stored position is questionable.',
  'oscillator-rail': 'The oscillator cannot be steered further: a critical alarm.',
  'no-pulse-alarm': 'The alarm says that no pulse is generated, though it is.',
  'time-not-set': 'The receiver has lost its time and shows one from the beginning of its week.',
  'no-utc': 'The difference between GPS time and UTC is unknown: offset 0.',
  'wrong-leap': 'The difference between GPS time and UTC is two seconds short, as old firmware knows it.',
  'stuck-second': 'The time in 8F-AB stands still.',
  jump: 'The time in 8F-AB is one second ahead; the pulse is right.',
  rollover: 'Week and date are 1024 weeks early, as of Thunderbolts since 2017-07-30.',
  'broadcasts-off': 'Somebody switches the timing broadcasts off, once.',
  'test-mode': 'A host has set the time: test mode.',
  'power-cycle': 'No power as long as it is on, then a cold start.',
  'missing-pulse': 'One pulse in three is missing.',
  'doubled-pulse': 'A second edge follows every pulse by 150 µs.',
} as const satisfies Record<string, string>

export type EmulatorFault = keyof typeof EMULATOR_FAULTS

export function isEmulatorFault(name: string): name is EmulatorFault {
  return Object.hasOwn(EMULATOR_FAULTS, name)
}

const GARBAGE_BYTES_MAX = 48

/** The bytes of one packet as they leave a receiver with these faults. */
export function spoil(bytes: Uint8Array, faults: ReadonlySet<EmulatorFault>, prng: Prng): Uint8Array {
  let spoiled = bytes
  if (faults.has('changed-byte')) {
    const index = prng.nextBelow(bytes.length)
    spoiled = bytes.map((byte, at) => (at === index ? byte ^ (1 + prng.nextBelow(255)) : byte))
  }
  if (faults.has('half-packet')) spoiled = spoiled.subarray(0, spoiled.length / 2)
  return faults.has('garbage') ? concatBytes(garbage(prng), spoiled) : spoiled
}

function garbage(prng: Prng): Uint8Array {
  return Uint8Array.from({ length: 1 + prng.nextBelow(GARBAGE_BYTES_MAX) }, () => prng.nextBelow(256))
}
