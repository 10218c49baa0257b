import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proposalCodec } from '../consensus/proposal.ts'
import { encode } from '../core/encoding.ts'
import { around } from '../core/interval.ts'
import type { LeapTable } from '../core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../core/leap-table.ts'
import { INSTANT_LIMIT_NS, monoNs, NS_PER_SECOND, type TaiNs, taiNs } from '../core/time.ts'
import type { NodeClockReading } from '../fusion/node-clock.ts'
import { createRangingClock } from '../fusion/ranging-clock.ts'
import { measurementOf } from './measurement.ts'

const BOOT = new Uint8Array(16).fill(3)
/** 2020-01-01, when TAI − UTC was 37 s. */
const TAI = taiNs(1_577_836_837n * NS_PER_SECOND)

function reading(changes: Partial<NodeClockReading> = {}, tai: TaiNs = TAI, boundNs = 40n): NodeClockReading {
  return {
    monoNs: monoNs(500n),
    estimate: { taiNs: tai, boundNs, interval: around(tai, boundNs) },
    mode: 'locked',
    clockClass: 6,
    flags: [],
    alarms: [],
    sources: [],
    ...changes,
  }
}

function measure(node: NodeClockReading, leapTable: LeapTable = EMBEDDED_LEAP_TABLE) {
  return measurementOf({
    now: monoNs(500n),
    rangingClock: createRangingClock(BOOT, 200n, monoNs(0n)),
    node,
    row: [],
    links: [
      { peer: 1, up: true, roundTripNs: 9n, roundTripNsMin: 8n, lossPpm: 5, stampKind: 'user' },
      { peer: 2, up: false, roundTripNs: undefined, roundTripNsMin: undefined, lossPpm: 0, stampKind: undefined },
    ],
    leapTable,
    verdicts: [],
  })
}

test('everything is read at one instant, and can be said as a proposal', () => {
  const measured = measure(
    reading({
      sources: [
        {
          name: 'gnss0',
          class: 'gnss',
          domain: 'gnss',
          letter: '*',
          ageNs: 0n,
          lock: 'locked',
          alarms: [],
          state: 'selected',
          offsetNs: -5n,
          boundNs: 40n,
          reason: undefined,
        },
      ],
    }),
  )
  assert.deepEqual([measured.bootId, measured.segment, measured.rangingNs], [BOOT, 1, 500n])
  assert.deepEqual(measured.nodeClock, { taiNs: TAI, boundNs: 40n })
  assert.deepEqual(measured.sources, [
    { name: 'gnss0', class: 'gnss', domain: 'gnss', state: 'selected', offsetNs: -5n },
  ])
  assert.deepEqual(measured.links, [
    { peer: 1, up: true, roundTripNs: 9n, lossPpm: 5 },
    { peer: 2, up: false, roundTripNs: undefined, lossPpm: 0 },
  ])
  assert.ok(encode(proposalCodec, { ...measured, era: 1, epoch: 1, parent: new Uint8Array(48) }).length > 0)
})

test('an appliance whose clock says nothing says nothing of time and of leap seconds', () => {
  const measured = measure(reading({ estimate: undefined, mode: 'acquiring' }))
  assert.deepEqual([measured.nodeClock, measured.leap, measured.mode], [undefined, undefined, 'acquiring'])
})

test('a bound or an offset that no message can hold is left out', () => {
  const measured = measure(
    reading(
      {
        sources: [
          {
            name: 'gnss0',
            class: 'gnss',
            domain: 'gnss',
            letter: 'x',
            ageNs: 0n,
            lock: 'locked',
            alarms: [],
            state: 'falseticker',
            offsetNs: -INSTANT_LIMIT_NS - 1n,
            boundNs: 1n,
            reason: 'far off',
          },
        ],
      },
      TAI,
      INSTANT_LIMIT_NS + 1n,
    ),
  )
  assert.equal(measured.nodeClock, undefined)
  assert.equal(measured.sources[0]?.offsetNs, undefined)
})

test('the leap claim is what the table says then: the offset, the next event, and until when', () => {
  const [last] = EMBEDDED_LEAP_TABLE.entries.slice(-1)
  assert.ok(last !== undefined)
  assert.deepEqual(measure(reading()).leap, {
    taiMinusUtcSeconds: 37,
    event: undefined,
    validUntil: (EMBEDDED_LEAP_TABLE.expiresAtUtcSecond + 37n) * NS_PER_SECOND,
  })
  // The first instant after 23:59:60.
  const event = taiNs((last.sinceUtcSecond + 37n) * NS_PER_SECOND)
  const before = measure(reading({}, taiNs(event - 1n))).leap
  assert.deepEqual([before?.taiMinusUtcSeconds, before?.event], [36, { at: event, taiMinusUtcSeconds: 37 }])
  const after = measure(reading({}, event)).leap
  assert.deepEqual([after?.taiMinusUtcSeconds, after?.event], [37, undefined])
})

test('an expired table claims nothing, and so does one that begins later', () => {
  const expired = taiNs((EMBEDDED_LEAP_TABLE.expiresAtUtcSecond + 37n) * NS_PER_SECOND)
  assert.equal(measure(reading({}, expired)).leap, undefined)
  assert.notEqual(measure(reading({}, taiNs(expired - 1n))).leap, undefined)
  assert.equal(measure(reading({}, taiNs(0n))).leap, undefined)
})
