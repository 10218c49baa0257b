import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Configuration } from '../config/schema.ts'
import type { AgentEvent } from './agent-event.ts'
import { limitsOf, openSteering } from './source-steering.ts'

const STEERING = {
  enabled: true,
  intervalSeconds: 14_400,
  stepMax: 1e-11,
  dayMax: 5e-11,
  offsetMax: 1e-9,
  changeMax: 5e-12,
}

function configurationOf(kind: string, steering: typeof STEERING | undefined): Configuration {
  const sources = [{ name: 'rb0', kind, steering }]
  return { oscillator: { class: 'crystal' }, sources } as unknown as Configuration
}

type Parts = Parameters<typeof openSteering>

function open(configuration: Configuration) {
  const events: AgentEvent[] = []
  const heard: string[] = []
  const appliance: Parts[1] = {
    listen: (source) => heard.push(source),
    steer: () => assert.fail('nothing may be steered'),
    reports: () => [],
    nodeClock: { setStatus: () => assert.fail('nothing was steered') },
  }
  const node = { estimate: undefined, mode: 'acquiring', flags: [], alarms: [], sources: [] }
  const clock = { node: () => node, served: () => undefined } as unknown as Parts[2]
  return { loop: openSteering(configuration, appliance, clock, (event) => events.push(event)), events, heard }
}

test('steers what the configuration says alone: nothing listens to the others', () => {
  for (const [kind, steering] of [
    ['microchip-sa5x', undefined],
    ['microchip-sa5x', { ...STEERING, enabled: false }],
    ['nmea-receiver', STEERING],
  ] as const) {
    const { loop, heard } = open(configurationOf(kind, steering))
    assert.deepEqual(heard, [])
    assert.deepEqual(loop.describe('rb0'), {})
    loop.close()
  }
})

test('a refusal is told once, and shown with its reason', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { loop, events, heard } = open(configurationOf('microchip-sa5x', STEERING))
  assert.deepEqual(heard, ['rb0'])
  assert.deepEqual(loop.describe('rb0'), { steering: { measuredPercent: 0, last: null } })
  t.mock.timers.tick(5_000)
  assert.equal(events.length, 1)
  const [event] = events
  assert.ok(event?.type === 'steering' && event.source === 'rb0' && event.kind === 'refused')
  assert.equal(event.reason, 'there is no node clock')
  assert.equal(loop.describe('rb0').steering?.last?.reason, 'there is no node clock')
  loop.close()
  t.mock.timers.tick(5_000)
  assert.equal(events.length, 1)
})

test('the limits of the configuration become those of the loop, in 1e-15', () => {
  const limits = limitsOf(STEERING, { stepE15: 1n, limitE15: 20_000_000n })
  assert.equal(limits.intervalNs, 14_400_000_000_000n)
  assert.deepEqual(
    [limits.stepE15Max, limits.dayE15Max, limits.offsetE15Max, limits.changeE15Max].map(Math.round),
    [10_000, 50_000, 1_000_000, 5_000],
  )
  assert.deepEqual([limits.resolutionE15, limits.rangeE15], [1, 20_000_000])
})
