import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import type { PulseSample } from '../core/sample.ts'
import { monoNs, NS_PER_SECOND, type PhcNs, phcNs, plus, realtimeNs } from '../core/time.ts'
import { readClockPair, readMonoNs } from '../linux/clock.ts'
import type { ExternalStamp } from '../linux/phc-abi.ts'
import type { PpsEvent } from '../linux/pps-abi.ts'
import { createClockBridge } from './clock-bridge.ts'
import { createPhcReader, createPpsReader, openPulseDevice } from './pulse-device.ts'

/** A kernel with pulse inputs or hardware clocks is not here: what it would answer is made, and goes the real way. */

const PATH = '/dev/pps0'

function ppsOf(events: Result<PpsEvent>[]) {
  const bridge = createClockBridge(readClockPair)
  bridge.refresh()
  const next = (): Result<PpsEvent> => (events.length > 1 ? events.shift() : events[0]) ?? fail('t', 'no event')
  return createPpsReader(next, { path: PATH, bridge })
}

/** An event of just now. */
function event(sequence: number): Result<PpsEvent> {
  return ok({ sequence, stampNs: readClockPair().shownNs })
}

test('an edge of which nobody knows how old it is is passed over, the next one is placed', async () => {
  const events = [event(41), event(41)]
  const reader = ppsOf(events)
  assert.deepEqual(reader.poll(), [])
  assert.deepEqual(reader.poll(), [])
  await new Promise((resolve) => setTimeout(resolve, 30))
  const before = readMonoNs()
  events.unshift(event(42))
  const after = readMonoNs()
  const [edge] = reader.poll()
  assert.ok(edge?.ok)
  const { monoNs, uncertaintyNs } = edge.value
  assert.ok(before <= monoNs + uncertaintyNs && monoNs - uncertaintyNs <= after, `${monoNs} of ${before} to ${after}`)
  assert.ok(edge.value.uncertaintyNs >= 10_000n)
})

test('edges that were not seen are counted, also over the wrap of the counter', () => {
  const reader = ppsOf([event(0xffff_fffe), event(1)])
  reader.poll()
  const [missed] = reader.poll()
  assert.ok(missed !== undefined && !missed.ok)
  assert.deepEqual(missed.fault, {
    code: 'pulse.missed',
    message: '/dev/pps0: expected to see every edge, got 2 unseen',
  })
})

test('a device that fails says so', () => {
  const [failed] = ppsOf([fail('linux.ioctl', '/dev/pps0: gone')]).poll()
  assert.deepEqual(failed, fail('pulse.read', '/dev/pps0: gone'))
})

/** A hardware clock a day ahead that runs with the local oscillator. */
function phc(stamps: ExternalStamp[]) {
  const shown = (mono: bigint): PhcNs => phcNs(mono + 86_400n * NS_PER_SECOND)
  let now = monoNs(5n * NS_PER_SECOND)
  const pair = () => ({ monoNs: now, shownNs: shown(now), bracketNs: 200n })
  const reader = createPhcReader(
    { first: pair(), readPair: () => ok(pair()), stamps: () => ok(stamps.splice(0)) },
    { path: '/dev/ptp0', channel: 1 },
  )
  return {
    shown,
    poll: () => {
      now = plus(now, 100_000_000n)
      return reader.poll()
    },
  }
}

test('edges of a hardware clock come out on the local oscillator, those of its other inputs do not', () => {
  const stamps: ExternalStamp[] = []
  const { poll, shown } = phc(stamps)
  assert.deepEqual(poll(), [])
  stamps.push({ channel: 0, stampNs: shown(5_050_000_000n) }, { channel: 1, stampNs: shown(5_150_000_000n) })
  const [edge, other] = poll()
  assert.equal(other, undefined)
  assert.ok(edge?.ok)
  const offNs = edge.value.monoNs - 5_150_000_000n
  assert.ok(offNs >= -edge.value.uncertaintyNs && offNs <= edge.value.uncertaintyNs)
  assert.ok(edge.value.uncertaintyNs < 200_000n, `${edge.value.uncertaintyNs} ns`)
})

test('an edge from before a step of the hardware clock is no edge', () => {
  const stamps: ExternalStamp[] = []
  const { poll } = phc(stamps)
  poll()
  stamps.push({ channel: 1, stampNs: phcNs(1n) })
  const [edge] = poll()
  assert.ok(edge !== undefined && !edge.ok)
  assert.match(edge.fault.code, /^clock\.stamp-too-old$/)
  assert.match(edge.fault.message, /^\/dev\/ptp0: phc stamp 1: /)
})

for (const [path, expected] of [
  [
    '/dev/null',
    /^\/dev\/null: expected a pulse input \(\/dev\/ppsN\) or a hardware clock \(\/dev\/ptpN\), got neither$/,
  ],
  ['/dev/no-such-pps', /^\/dev\/no-such-pps: expected to open it, got ENOENT/],
] as const) {
  test(`${path} is no pulse input, which is said once and tried for ever`, async () => {
    const faults: Fault[] = []
    const pulses: PulseSample[] = []
    const device = openPulseDevice(
      { path, edge: 'rising', channel: 0, source: 'gnss', bridge: createClockBridge(readClockPair) },
      { onPulse: (pulse) => pulses.push(pulse), onFault: (fault) => faults.push(fault) },
    )
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    device.close()
    assert.deepEqual(pulses, [])
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['pulse.open'],
    )
    assert.match(faults[0]?.message ?? '', expected)
  })
}

test('a stamp that is read as realtime stays one', () => {
  // The compiler keeps the scales apart; this keeps the two constructors honest.
  assert.equal(realtimeNs(1n), phcNs(1n) as bigint)
})
