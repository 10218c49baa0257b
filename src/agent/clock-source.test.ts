import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { phc } from '../../drivers/phc/index.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { EMBEDDED_LEAP_TABLE } from '../core/leap-table.ts'
import { createClockBridge } from '../device/clock-bridge.ts'
import { createStallWatch } from '../device/stall-watch.ts'
import { createNodeClock } from '../fusion/node-clock.ts'
import { readClockPair } from '../linux/clock.ts'
import type { AgentEvent } from './agent-event.ts'
import { openClockSource } from './clock-source.ts'

const SOURCE = {
  name: 'card0',
  kind: 'phc',
  class: 'ptp',
  role: 'time',
  domain: 'ptp:card0',
  device: '/dev/ptp-of-no-card',
  accuracyNs: 500,
  pulseEdge: 'rising',
  pulseChannel: 0,
  options: {},
} as const

test('a card that is missing is a source without a link, and why', async (t) => {
  const events: AgentEvent[] = []
  const stallWatch = createStallWatch()
  t.after(() => stallWatch.close())
  const world = {
    stallWatch,
    nodeClock: createNodeClock({ oscillator: 'crystal', sources: [SOURCE] }),
    bridge: createClockBridge(readClockPair),
    leapTable: EMBEDDED_LEAP_TABLE,
    report: (event: AgentEvent) => events.push(event),
  }
  assert.equal(faultOf(openClockSource({ ...SOURCE, options: { scale: 1 } }, phc, world)).code, 'config.value')
  const source = unwrap(openClockSource(SOURCE, phc, world))
  t.after(() => source.close())
  for (let waited = 0; waited < 200 && events.length === 0; waited++) await sleep(100)
  assert.ok(events[0]?.type === 'source' && events[0].reason.startsWith('/dev/ptp-of-no-card: expected to open it'))
  const { link, device, samples, delayNs, faults } = source.report()
  assert.deepEqual([link, device, samples, delayNs], ['down', SOURCE.device, 0, undefined])
  assert.deepEqual(faults, { 'source card0 linux.open': 1 })
  assert.equal(faultOf(source.steer({ fractionE15: 1n })).code, 'driver.cannot-steer')
})
