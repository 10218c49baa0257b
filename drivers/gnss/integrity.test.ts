import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type MonoNs, monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { createDetector } from './detector.ts'
import { createIntegrity, type Integrity } from './integrity.ts'

const at = (seconds: number): MonoNs => monoNs(BigInt(Math.round(1000 * seconds)) * (NS_PER_SECOND / 1000n))
const codes = (integrity: Integrity, seconds: number): string[] => [...integrity.alarms(at(seconds)).keys()]

describe('detector of jamming or spoofing', () => {
  const levels = (detector: ReturnType<typeof createDetector>, seconds: number): unknown => {
    const { level, blind } = detector.state(at(seconds))
    return blind ? `${level}, blind` : level
  }

  test('0 says nothing, and is no all-clear', () => {
    const detector = createDetector()
    detector.note('A', 0, at(0))
    assert.equal(levels(detector, 0), 'unknown')
    detector.note('A', 4, at(1))
    detector.note('A', Number.NaN, at(1))
    assert.equal(levels(detector, 1), 'unknown')
  })

  test('is entered at once and left after ten seconds without', () => {
    const detector = createDetector()
    detector.note('A', 1, at(0))
    assert.equal(levels(detector, 0), 'none')
    detector.note('A', 2, at(1))
    assert.equal(levels(detector, 1), 'indicated')
    detector.note('A', 1, at(2))
    assert.deepEqual(
      [levels(detector, 2), levels(detector, 10.9), levels(detector, 11)],
      ['indicated', 'indicated', 'none'],
    )
  })

  test('the worst that any message tells counts', () => {
    const detector = createDetector()
    detector.note('A', 3, at(0))
    detector.note('B', 2, at(1))
    detector.note('B', 1, at(2))
    assert.equal(levels(detector, 3), 'critical')
    detector.note('B', 2, at(11))
    assert.equal(levels(detector, 12), 'indicated')
    assert.equal(detector.state(at(12)).told, 'B')
  })

  test('one that spoke and says nothing any more is blind, until it speaks again', () => {
    const detector = createDetector()
    detector.note('A', 1, at(0))
    detector.note('A', 0, at(1))
    assert.deepEqual([levels(detector, 10), levels(detector, 11)], ['unknown', 'unknown, blind'])
    detector.note('A', 1, at(20))
    assert.equal(levels(detector, 20), 'none')
    assert.equal(levels(detector, 51), 'unknown, blind', 'nothing is said at all')
    detector.forget()
    assert.equal(levels(detector, 52), 'unknown')
  })
})

describe('integrity of a receiver', () => {
  test('spoofing makes it unbelievable, jamming does not', () => {
    const integrity = createIntegrity()
    integrity.noteJamming('MON-RF', 3, at(0))
    assert.deepEqual([codes(integrity, 0), integrity.isSpoofed(at(0))], [['gnss.jammed'], false])
    integrity.noteSpoofing('NAV-STATUS', 2, at(1))
    assert.deepEqual(
      [codes(integrity, 1), integrity.isSpoofed(at(1))],
      [['gnss.jammed', 'gnss.spoofing-indicated'], true],
    )
    assert.equal(integrity.alarms(at(1)).get('gnss.jammed'), 'MON-RF: jamming is critical.')
    assert.equal(integrity.isSpoofed(at(12)), false)
  })

  test('a detector that falls silent is an alarm', () => {
    const integrity = createIntegrity()
    integrity.noteSpoofing('NAV-STATUS', 1, at(0))
    for (let second = 1; second < 20; second++) integrity.noteSpoofing('NAV-STATUS', 0, at(second))
    assert.deepEqual(codes(integrity, 19), ['gnss.spoofing-unwatched'])
  })

  test('a wave that closes the amplifier is interference; one of the two alone is not', () => {
    const [both, wave, gain] = [createIntegrity(), createIntegrity(), createIntegrity()]
    for (let second = 0; second < 5; second++)
      for (const it of [both, wave, gain]) it.noteFrontEnd(0, 0.6, 20, at(second))
    for (let second = 5; second < 8; second++) {
      both.noteFrontEnd(0, 0.3, 120, at(second))
      wave.noteFrontEnd(0, 0.6, 120, at(second))
      gain.noteFrontEnd(0, 0.3, 20, at(second))
    }
    assert.deepEqual(
      [both, wave, gain].map((it) => codes(it, 8)),
      [['gnss.interference'], [], []],
    )
    assert.match(both.alarms(at(8)).get('gnss.interference') ?? '', /open to 30 % after 60 %/)
    for (let second = 8; second < 40; second++) both.noteFrontEnd(0, 0.6, 20, at(second))
    assert.deepEqual(codes(both, 40), [])
  })

  test('one reading out of line is none yet, and bands are told apart', () => {
    const integrity = createIntegrity()
    for (let second = 0; second < 5; second++) integrity.noteFrontEnd(0, 0.6, 20, at(second))
    integrity.noteFrontEnd(0, 0.3, 120, at(5))
    integrity.noteFrontEnd(1, 0.3, 120, at(5))
    integrity.noteFrontEnd(1, 0.3, 120, at(6))
    assert.deepEqual(codes(integrity, 6), [])
  })

  test('equal signals are no sky', () => {
    const integrity = createIntegrity()
    const sky = [36, 44, 49, 36, 43, 37, 45]
    for (let reading = 0; reading < 5; reading++) integrity.noteSignals(sky, at(reading))
    assert.deepEqual(codes(integrity, 4), [])
    for (let reading = 5; reading < 8; reading++) integrity.noteSignals([46, 47, 46, 47, 46, 47], at(reading))
    assert.deepEqual(codes(integrity, 8), ['gnss.uniform-signal'])
    assert.equal(
      integrity.alarms(at(8)).get('gnss.uniform-signal'),
      '6 signals are equally strong: 46.5 dB-Hz with a spread of 0.5 dB.',
    )
    integrity.noteSignals(sky, at(9))
    assert.deepEqual(codes(integrity, 38), [])
  })

  test('too few signals to tell, and none, are no sign', () => {
    const integrity = createIntegrity()
    for (let reading = 0; reading < 9; reading++)
      integrity.noteSignals(reading % 2 === 0 ? [47, 47, 47] : [], at(reading))
    assert.deepEqual(codes(integrity, 9), [])
  })

  test('an antenna that has moved, also across the antimeridian', () => {
    for (const [from, to, moved] of [
      [8.5, 8.5001, false],
      [8.5, 8.51, true],
      [179.9999, -179.9999, false],
      [179.9999, -179.99, true],
    ] as const) {
      const integrity = createIntegrity()
      const position = { latitudeDegrees: 47, accuracyMetres: 3 }
      for (let second = 0; second < 10; second++)
        integrity.notePosition({ ...position, longitudeDegrees: from }, at(second))
      for (let second = 10; second < 16; second++)
        integrity.notePosition({ ...position, longitudeDegrees: to }, at(second))
      assert.deepEqual(codes(integrity, 16), moved ? ['gnss.antenna-moved'] : [], `${from} to ${to}`)
    }
  })

  test('a first fix that is far off is not taken for the place', () => {
    const integrity = createIntegrity()
    integrity.notePosition({ latitudeDegrees: 0, longitudeDegrees: 0, accuracyMetres: 5 }, at(0))
    for (let second = 1; second < 60; second++) {
      integrity.notePosition({ latitudeDegrees: 47, longitudeDegrees: 8, accuracyMetres: 5 }, at(second))
    }
    integrity.notePosition({ latitudeDegrees: 20, longitudeDegrees: 8, accuracyMetres: Number.NaN }, at(60))
    assert.deepEqual(codes(integrity, 60), [])
  })

  test('forgets another receiver', () => {
    const integrity = createIntegrity()
    integrity.noteSpoofing('A', 3, at(0))
    for (let reading = 0; reading < 3; reading++) integrity.noteSignals([47, 47, 47, 47, 47, 47], at(0))
    integrity.forget()
    assert.deepEqual([codes(integrity, 0), integrity.isSpoofed(at(0))], [[], false])
  })

  test('takes any numbers', () => {
    const anything = fc.oneof(fc.integer(), fc.double())
    fc.assert(
      fc.property(fc.array(fc.tuple(anything, anything, anything, fc.nat(100)), { maxLength: 50 }), (steps) => {
        const integrity = createIntegrity()
        for (const [a, b, c, seconds] of steps) {
          integrity.noteJamming(String(a), b, at(seconds))
          integrity.noteSpoofing(String(c), a, at(seconds))
          integrity.noteFrontEnd(a, b, c, at(seconds))
          integrity.noteSignals([a, b, c, a, b, c], at(seconds))
          integrity.notePosition({ latitudeDegrees: a, longitudeDegrees: b, accuracyMetres: c }, at(seconds))
          for (const reason of integrity.alarms(at(seconds)).values()) assert.match(reason, /\.$/)
        }
      }),
    )
  })
})
