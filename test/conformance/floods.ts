/** Byte streams without end, each a way in which a line or an instrument goes mad: the byte at a position. */
export const FLOODS: readonly (readonly [name: string, byteAt: (index: number) => number])[] = [
  ['one character', () => 0x41],
  ['zeros', () => 0],
  ['line ends', () => 0x0a],
  ['carriage returns', () => 0x0d],
  ['dollars', () => 0x24],
  ['escapes', (index) => (index % 2 === 0 ? 0x10 : 0x8f)],
  ['sync characters', (index) => [0xb5, 0x62, 0x01, 0x07, 0xff, 0xff][index % 6] ?? 0],
  ['prompts', (index) => 'scpi > '.charCodeAt(index % 7)],
  ['short lines', (index) => '$GPRMC,1*00\r\n'.charCodeAt(index % 13)],
  ['all bytes', (index) => (index * 7919) & 0xff],
]
