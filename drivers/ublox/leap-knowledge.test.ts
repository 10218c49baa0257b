import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { createLeapKnowledge } from './leap-knowledge.ts'
import type { UbxMessage } from './protocol.ts'

const AT = monoNs(100n * NS_PER_SECOND)
const TABLE = { dated: true, leapSeconds: 18 }
const UTC = { year: 2026, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0 }

const gpsTime = (leapSeconds: number, leapSecondsValid = true): UbxMessage => ({
  type: 'gps-time',
  iTowMs: 0,
  fractionNs: 0,
  week: 2400,
  leapSeconds,
  towValid: true,
  weekValid: true,
  leapSecondsValid,
  accuracyNs: 10,
})

const utcTime = (utcValid: boolean): UbxMessage => ({
  type: 'utc-time',
  iTowMs: 0,
  accuracyNs: 10,
  fractionNs: 0,
  utc: UTC,
  towValid: true,
  weekValid: true,
  utcValid,
  utcStandard: 3,
})

const information = (source: number, leapSeconds: number, leapSecondsValid = true): UbxMessage => ({
  type: 'leap-information',
  source,
  leapSeconds,
  leapSecondsValid,
  change: 0,
  secondsToEvent: undefined,
})

function knowledge(...messages: readonly UbxMessage[]) {
  const leap = createLeapKnowledge()
  for (const message of messages) leap.note(message, AT)
  return leap
}

const later = (seconds: number): MonoNs => plus(AT, BigInt(seconds) * NS_PER_SECOND)

describe('knowledge of leap seconds', () => {
  test('a satellite that told them settles it', () => {
    const { resolved, leapSeconds } = knowledge(information(2, 18)).state(AT, TABLE)
    assert.deepEqual([resolved, leapSeconds], [true, 18])
  })

  for (const [what, messages, reason] of [
    [
      'the default of the firmware, whatever flags say',
      [gpsTime(18), utcTime(true), information(0, 18)],
      /default of the firmware/,
    ],
    ['a count that is not valid', [information(2, 18, false)], /not valid/],
    ['a flag that denies them', [information(2, 18), utcTime(false)], /^NAV-TIMEUTC/],
    ['flags alone', [utcTime(true)], /^Flags alone/],
    [
      'a count that is not in the leap table',
      [gpsTime(16), utcTime(true)],
      /16 leap seconds, where the leap table has 18/,
    ],
    ['another count of unknown source', [information(255, 16)], /16 leap seconds of unknown source/],
    ['nothing at all', [], /^Flags alone/],
  ] as const) {
    test(`does not believe ${what}`, () => {
      const state = knowledge(...messages).state(AT, TABLE)
      assert.equal(state.resolved, false)
      assert.match(state.reason, reason)
    })
  }

  test('a source that is forgotten leaves the count that it told', () => {
    const leap = knowledge(information(1, 19), information(255, 19))
    assert.equal(leap.state(AT, TABLE).resolved, true)
    assert.equal(knowledge(information(255, 18)).state(AT, TABLE).resolved, true)
  })

  test('GPS time may bring the count, where the leap table has the same or ends', () => {
    assert.equal(knowledge(gpsTime(18)).state(AT, TABLE).resolved, true)
    assert.equal(knowledge(gpsTime(19)).state(AT, { dated: true, leapSeconds: undefined }).resolved, true)
    assert.equal(knowledge(gpsTime(18)).state(AT, { dated: false, leapSeconds: undefined }).resolved, false)
  })

  test('what was told before a restart, or long ago, does not count', () => {
    const leap = knowledge(information(2, 18))
    assert.equal(leap.state(later(60), TABLE).resolved, true)
    assert.equal(leap.state(later(61), TABLE).resolved, false)
    leap.forget()
    assert.equal(leap.state(AT, TABLE).resolved, false)
  })
})
