import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseSentence } from '../nmea/sentence.ts'
import { type NmeaMessage, parseMessage } from './protocol.ts'

/** `text` without its checksum. */
function messageOf(text: string): NmeaMessage | string {
  const sentence = parseSentence(text, true)
  assert.ok(sentence.ok)
  const message = parseMessage(sentence.value)
  return message.ok ? message.value : message.fault.message
}

describe('NMEA receiver protocol', () => {
  test('reads RMC of any talker', () => {
    const utc = { year: 2024, month: 6, day: 9, hour: 0, minute: 6, second: 53, nanosecond: 0 }
    for (const talker of ['GP', 'GL', 'GA', 'GB', 'GQ', 'GN', 'BD', 'XX']) {
      const rmc = messageOf(`$${talker}RMC,000653.00,A,4404.12994,N,12118.84613,W,0.052,,090624,,,A,V`)
      assert.deepEqual(rmc, { type: 'rmc', reading: utc, fix: true, mode: 'A' })
    }
  })

  test('does not take the direction of the variation for the mode', () => {
    const rmc = messageOf('$GPRMC,220952.00,A,4742.21,N,01200.75,E,0.0,0.0,181223,0.0,E')
    assert.ok(typeof rmc === 'object' && rmc.type === 'rmc')
    assert.deepEqual([rmc.fix, rmc.mode], [true, ''])
  })

  test('believes status A only with a mode that stands for satellites', () => {
    const fixOf = (mode: string): boolean => {
      const rmc = messageOf(`$GPRMC,220952,A,4742.21,N,01200.75,E,0.0,0.0,181223,,,${mode}`)
      return typeof rmc === 'object' && rmc.type === 'rmc' && rmc.fix
    }
    assert.deepEqual(['A', 'D', 'F', 'P', 'R'].map(fixOf), [true, true, true, true, true])
    assert.deepEqual(['N', 'E', 'M', 'S', 'X'].map(fixOf), [false, false, false, false, false])
  })

  test('reads a void RMC with and without time and date', () => {
    assert.deepEqual(messageOf('$GPRMC,,V,,,,,,,,,,N'), { type: 'rmc', reading: undefined, fix: false, mode: 'N' })
    const void1999 = messageOf('$GPRMC,000425.00,V,0000.0000,N,00000.0000,E,,,220899,,,N')
    assert.ok(typeof void1999 === 'object' && void1999.type === 'rmc')
    assert.equal(void1999.reading?.year, 1999)
    assert.equal(void1999.fix, false)
  })

  test('refuses a valid RMC without its time or date, and a status that is neither A nor V', () => {
    const expected = 'GPRMC fields 1 and 9: expected a time and a date under status A, got none'
    assert.equal(messageOf('$GPRMC,,A,4742.21,N,01200.75,E,0.0,0.0,181223,,,A'), expected)
    assert.equal(messageOf('$GPRMC,220952,A,4742.21,N,01200.75,E,0.0,0.0,,,,A'), expected)
    assert.equal(messageOf('$GPRMC,220952,,,,,,,,181223'), 'GPRMC field 2 (status): expected A or V, got ""')
    assert.equal(messageOf('$GPRMC,220952,A'), 'GPRMC: expected at least 9 fields, got 2')
  })

  test('reads ZDA with zones written any way, or not at all', () => {
    const utc = { year: 2016, month: 2, day: 3, hour: 13, minute: 15, second: 19, nanosecond: 0 }
    for (const zones of [',00,00', ',+00,00', ',,', '', ',-05,30']) {
      assert.deepEqual(messageOf(`$GPZDA,131519.00,03,02,2016${zones}`), { type: 'zda', reading: utc })
    }
    assert.deepEqual(messageOf('$GPZDA,,,,,,'), { type: 'zda', reading: undefined })
    assert.equal(messageOf('$GPZDA,131519.00,03'), 'GPZDA: expected at least 4 fields, got 2')
  })

  test('leaves alone what is not for timing', () => {
    for (const text of ['$GPVTG,,T,,M,0.048,N,0.089,K,D', '$PTNTHTM,14223,N,169,N', '$PRMC,x', '$GNTXT,01']) {
      assert.deepEqual(messageOf(text), { type: 'other' })
    }
  })
})
