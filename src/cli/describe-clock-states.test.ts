import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ManagementAnswer } from '../../drivers/ptp/management-answer.ts'
import { clockStatesOf, describeClockState } from './describe-clock-states.ts'

const CLOCK = Uint8Array.fromHex('001122fffe334455')
const OTHER = Uint8Array.fromHex('00aabbfffeccddee')

function answer(clockIdentity: Uint8Array, said: Pick<ManagementAnswer, 'name' | 'told' | 'error'>): ManagementAnswer {
  const from = { clockIdentity, portNumber: 2 }
  return { from, to: { clockIdentity: OTHER, portNumber: 1 }, sequenceId: 1, ...said }
}

const SETTINGS = {
  clockQuality: { clockClass: 7, clockAccuracy: 0x25, offsetScaledLogVariance: 0x4e5d },
  currentUtcOffset: 37,
  flags: 0x3c,
  timeSource: 0xa0,
}
const ANSWERS = [
  answer(CLOCK, {
    name: 'GRANDMASTER_SETTINGS_NP',
    told: { name: 'GRANDMASTER_SETTINGS_NP', value: SETTINGS },
    error: undefined,
  }),
  answer(OTHER, { name: 'DEFAULT_DATA_SET', told: undefined, error: 6 }),
  answer(CLOCK, {
    name: 'CURRENT_DATA_SET',
    told: {
      name: 'CURRENT_DATA_SET',
      value: { stepsRemoved: 1, offsetFromMasterScaledNs: -65_536n * 250n, meanDelayScaledNs: 1n },
    },
    error: undefined,
  }),
]

test('answers are told clock by clock, and 64 bits as text', () => {
  const states = clockStatesOf(ANSWERS)
  assert.deepEqual(states, [
    {
      clock: '001122.fffe.334455',
      dataSets: {
        GRANDMASTER_SETTINGS_NP: SETTINGS,
        CURRENT_DATA_SET: { stepsRemoved: 1, offsetFromMasterScaledNs: '-16384000', meanDelayScaledNs: '1' },
      },
      refused: {},
    },
    { clock: '00aabb.fffe.ccddee', dataSets: {}, refused: { DEFAULT_DATA_SET: 'it is not supported' } },
  ])
})

test('people read what the numbers mean', () => {
  const [first, second] = clockStatesOf(ANSWERS).map((state) =>
    describeClockState(state).map((line) => line.replace(/ {2,}/g, ' ')),
  )
  assert.deepEqual(first, [
    'clock 001122.fffe.334455',
    ' GRANDMASTER_SETTINGS_NP',
    ' clockClass 7: in holdover, within specification',
    ' clockAccuracy 0x25: within 10.0 µs',
    ' offsetScaledLogVariance 0x4e5d',
    ' currentUtcOffset 37',
    ' flags 0x3c: utcOffsetValid, ptpTimescale, timeTraceable, frequencyTraceable',
    ' timeSource 0xa0: internal oscillator',
    ' CURRENT_DATA_SET',
    ' stepsRemoved 1',
    ' offsetFromMasterScaledNs -250 ns',
    ' meanDelayScaledNs 0 ns',
  ])
  assert.deepEqual(second, ['clock 00aabb.fffe.ccddee', ' DEFAULT_DATA_SET: will not say: it is not supported'])
})
