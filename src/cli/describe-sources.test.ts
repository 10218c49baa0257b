import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeSources, type TemperatureAnswer } from './describe-sources.ts'

test('sources are a table: letter, what they are and say, and below each why it is not used and its alarms', () => {
  const lines = describeSources({
    node: 'ts0',
    sources: [
      {
        name: 'gnss0',
        link: 'up',
        class: 'gnss',
        domain: 'gnss',
        letter: '*',
        offsetNs: '-12',
        boundNs: '640',
        ageNs: '820000000',
        lock: 'locked',
        alarms: [],
      },
      {
        name: 'gnss1',
        link: 'up',
        class: 'gnss',
        domain: 'gnss',
        letter: 'x',
        offsetNs: '41230',
        boundNs: '640',
        ageNs: '820000000',
        lock: 'locked',
        alarms: ['gnss.jamming: critical interference'],
        reason: 'gnss1: 40.3 µs outside [−0.6 µs, +0.6 µs]',
      },
      { name: 'rb0', link: 'down' },
    ],
  })
  assert.deepEqual(lines.slice(0, 6), [
    '   source  class  domain  offset    bound     age     lock    link',
    '*  gnss0   gnss   gnss    −12 ns    ±0.64 µs  820 ms  locked  up',
    'x  gnss1   gnss   gnss    +41.2 µs  ±0.64 µs  820 ms  locked  up',
    '     not used: gnss1: 40.3 µs outside [−0.6 µs, +0.6 µs]',
    '     alarm: gnss.jamming: critical interference',
    '?  rb0                                                        down',
  ])
  assert.match(lines.at(-2) ?? '', /^\* carries the clock/)
})

test('an appliance without sources says so', () => {
  assert.deepEqual(describeSources({ node: 'ts0', sources: [] }), ['ts0 has no sources'])
})

test('a source that may be steered says what was decided last, and why', () => {
  const remark = (last: { kind: string; reason: string } | null): string | undefined =>
    describeSources({
      node: 'ts0',
      sources: [{ name: 'rb0', link: 'up', steering: { measuredPercent: 40, last } }],
    })[2]
  assert.equal(remark(null), '     steering: nothing decided yet; 40 % of the interval measured')
  assert.equal(
    remark({ kind: 'refused', reason: 'there is no node clock' }),
    '     steering: refused, there is no node clock; 40 % of the interval measured',
  )
})

test('a source with a thermometer says how warm it is, what that is worth, and why it is used or not', () => {
  const remark = (temperature: TemperatureAnswer): string | undefined =>
    describeSources({ node: 'ts0', sources: [{ name: 'rb0', link: 'up', temperature }] })[2]
  assert.equal(
    remark({ celsius: 28.31, ppbPerK: -0.0117, used: true, reason: '16 of 18 times predicted better with it' }),
    '     temperature: 28.3 °C, -0.012 ppb a kelvin; used for holdover: 16 of 18 times predicted better with it',
  )
  assert.equal(
    remark({ used: false, reason: 'its thermometer is silent, or stuck' }),
    '     temperature: unknown; not used: its thermometer is silent, or stuck',
  )
})
