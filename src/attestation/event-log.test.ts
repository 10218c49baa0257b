import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { parseEventLog, replayEventLog } from './event-log.ts'
import { buildEventLog, type LoggedEvent } from './event-log-fixture.ts'
import { platformDigest } from './tpm/platform-digest.ts'
import { SHA256, SHA384, SHA512 } from './tpm-algorithm.ts'

const EVENTS: readonly LoggedEvent[] = [
  { pcr: 0, type: 8, data: new TextEncoder().encode('firmware 1.2') },
  { pcr: 7, type: 0x8000_0001, data: new TextEncoder().encode('SecureBoot') },
  { pcr: 0, type: 4, data: new Uint8Array(4) },
]
const extend = (value: Uint8Array, data: Uint8Array): Uint8Array =>
  platformDigest('sha256', value, platformDigest('sha256', data))

test('a log gives its events, and their extension gives the registers', () => {
  const log = unwrap(parseEventLog(buildEventLog(EVENTS)))
  assert.deepEqual(
    log.events.map(({ pcr, type, data }) => ({ pcr, type, data })),
    EVENTS,
  )
  const values = unwrap(replayEventLog(log, SHA256, platformDigest))
  const zeros = new Uint8Array(32)
  assert.deepEqual(values.get(0), extend(extend(zeros, EVENTS[0]!.data), EVENTS[2]!.data))
  assert.deepEqual(values.get(7), extend(zeros, EVENTS[1]!.data))
  assert.deepEqual(values.get(5), zeros)
  assert.deepEqual(values.get(17), new Uint8Array(32).fill(0xff))
  assert.equal(unwrap(replayEventLog(log, SHA384, platformDigest)).get(0)?.length, 48)
  assert.equal(faultOf(replayEventLog(log, SHA512, platformDigest)).code, 'event-log.bank')
})

test('the locality of the start is what register 0 begins with, and counts for nothing later', () => {
  const startup: LoggedEvent = { pcr: 0, type: 3, data: new TextEncoder().encode('StartupLocality\0\u0003') }
  const first = unwrap(parseEventLog(buildEventLog([startup, ...EVENTS])))
  const begin = new Uint8Array(32).with(31, 3)
  const expected = extend(extend(begin, EVENTS[0]!.data), EVENTS[2]!.data)
  assert.deepEqual(unwrap(replayEventLog(first, SHA256, platformDigest)).get(0), expected)
  const late = unwrap(parseEventLog(buildEventLog([...EVENTS, startup])))
  const plain = unwrap(parseEventLog(buildEventLog(EVENTS)))
  assert.deepEqual(replayEventLog(late, SHA256, platformDigest), replayEventLog(plain, SHA256, platformDigest))
})

test('a log that is cut anywhere but between events is a fault', () => {
  const bytes = buildEventLog(EVENTS)
  const ends = new Set([0, 1, 2, 3].map((count) => buildEventLog(EVENTS.slice(0, count)).length))
  for (let length = 0; length <= bytes.length; length++) {
    const parsed = parseEventLog(bytes.subarray(0, length))
    assert.equal(parsed.ok, ends.has(length), `cut at ${length}`)
    if (!parsed.ok) assert.equal(parsed.fault.code, 'event-log.format')
  }
})

test('lengths of digests, registers and data that cannot be are faults', () => {
  const beyond = buildEventLog([{ pcr: 24, type: 4, data: new Uint8Array() }])
  assert.match(faultOf(parseEventLog(beyond)).message, /expected a register below 24 at byte \d+, got 24/)
  assert.equal(faultOf(parseEventLog(new Uint8Array((1 << 20) + 1))).code, 'event-log.format')
})

test('any bytes are a log or a fault', () => {
  const whole = buildEventLog(EVENTS)
  const mutated = fc
    .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce((bytes, [at, byte]) => bytes.with(at, byte), whole))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), mutated), (bytes) => {
      const parsed = parseEventLog(bytes)
      if (parsed.ok) replayEventLog(parsed.value, SHA256, platformDigest)
      else assert.match(parsed.fault.message, /^event log: expected .+ at byte \d+, got .+$/)
    }),
    { numRuns: 2000 },
  )
})
