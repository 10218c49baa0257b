import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../../src/core/bytes.ts'
import type { LineSettings } from '../driver.ts'
import { readAcross } from './uart.ts'

const plain = (baudRate: number): LineSettings => ({ baudRate, parity: 'none', dataBits: 8 })
const seven = (parity: LineSettings['parity']): LineSettings => ({ baudRate: 9600, parity, dataBits: 7 })

const arbitrarySettings: fc.Arbitrary<LineSettings> = fc.record({
  baudRate: fc.constantFrom(1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200),
  parity: fc.constantFrom('none', 'odd', 'even'),
  dataBits: fc.constantFrom(7, 8),
})

test('ports with the same settings understand each other, as far as their words have room', () => {
  fc.assert(
    fc.property(fc.uint8Array(), arbitrarySettings, (bytes, settings) => {
      const expected = settings.dataBits === 8 ? bytes : bytes.map((byte) => byte & 0x7f)
      assert.deepEqual(readAcross(bytes, settings, settings), expected)
    }),
  )
})

test('whatever two ports are set to, a reader gets no more bytes than the line carries', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), arbitrarySettings, arbitrarySettings, (bytes, from, to) => {
      const read = readAcross(bytes, from, to)
      // Each byte read has a start bit, at least seven data bits and half a stop bit; the sender's has at most eleven.
      const most = Math.ceil((bytes.length * 11 * to.baudRate) / from.baudRate / 8.5) + 1
      assert.ok(read.length <= most, `${read.length} of ${bytes.length}`)
      assert.ok(bytes.length === 0 || from.baudRate > to.baudRate || read.length > 0)
    }),
  )
})

test('7O1 and 7E1 read as 8N1 carry their parity in the eighth bit', () => {
  // "A" has two ones, "C" three.
  assert.deepEqual(readAcross(utf8('AC'), seven('odd'), plain(9600)), Uint8Array.of(0xc1, 0x43))
  assert.deepEqual(readAcross(utf8('AC'), seven('even'), plain(9600)), Uint8Array.of(0x41, 0xc3))
})

test('8N1 read as 7O1 loses the eighth bit', () => {
  assert.deepEqual(readAcross(Uint8Array.of(0x41, 0xc1), plain(9600), seven('odd')), utf8('AA'))
})

test('at twice the speed a byte is read as its bits doubled', () => {
  // On the wire "U" is 0 1010 1010 1; sampled twice a bit: start 0, then 0 1 1 0 0 1 1 0, and a stop bit that is a 0.
  assert.deepEqual(readAcross(utf8('U'), plain(9600), plain(19_200)).slice(0, 1), Uint8Array.of(0b01100110))
})

test('text at another speed is not text any more', () => {
  const sentence = utf8('$GPRMC,120000.00,A,4717.11437,N,00833.91522,E,0.004,77.52,150126,,,A*57\r\n')
  for (const baudRate of [1200, 2400, 4800, 19_200, 38_400, 57_600, 115_200]) {
    const read = readAcross(sentence, plain(9600), plain(baudRate))
    assert.ok(!Buffer.from(read).includes('RMC'), `${baudRate}`)
  }
})

test('a break is a byte of zeros, however long it lasts', () => {
  const slow = readAcross(Uint8Array.of(0), plain(1200), plain(115_200))
  assert.deepEqual(slow, Uint8Array.of(0))
})
