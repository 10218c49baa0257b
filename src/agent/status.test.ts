import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMBEDDED_LEAP_TABLE } from '../core/leap-table.ts'
import { monoNs, taiNs } from '../core/time.ts'
import { answerQuestion, type StatusParts } from './status.ts'

/** What the parts of an agent say of themselves; `served` and the estimate can be missing. */
function parts(hasTime: boolean): StatusParts {
  const estimate = { taiNs: taiNs(7n), boundNs: 3n, interval: { lo: 4n, hi: 10n } }
  const served = { taiNs: taiNs(9n), boundNs: 2n, interval: { lo: 7n, hi: 11n }, origin: 'certified', flags: [] }
  const reading = { name: 'gnss0', state: 'selected', offsetNs: -1n, boundNs: 3n, reason: undefined }
  return {
    name: 'ts0',
    appliance: { reports: () => [{ name: 'gnss0', kind: 'nmea-receiver', link: 'up', samples: 5, faults: {} }] },
    steering: { describe: () => ({}) },
    outputs: { describe: () => [{ name: 'clockbound', told: 3, fault: null }] },
    leapTable: EMBEDDED_LEAP_TABLE,
    member: {
      status: () => ({ view: 4, leader: 1, finalizedView: 3, finalizedEpoch: 3, deltaNs: 50_000_000n }),
      convicted: () => ['ts2'],
      peers: () => [{ id: 1, name: 'ts1', up: true, link: { roundTripNs: 120_000n } }],
      standing: () => ({ state: 'degraded', certificateAgeNs: 5n }),
      partitions: () => ({ epoch: 4, components: [['ts0', 'ts1'], ['ts2']] }),
      ranging: () => ({ stamps: 'kernel', reason: undefined, lost: { 'stamp.none': 3 } }),
      peerPort: () => ({
        accepted: 7,
        pending: 0,
        begun: 3,
        refused: { 'transport.stranger': 4 },
        lastFault: undefined,
      }),
      attestation: () => ({ terms: {}, members: [{ member: 'ts1', verdict: 'verified' }], judgements: null }),
      suspicions: () => ({ suspects: [{ member: 'ts3', kind: 'delay' }], inconsistencies: [] }),
      faultCounts: () => ({ 'peer ts1 message.signature': 2 }),
    },
    clock: {
      node: () => ({
        mode: hasTime ? 'locked' : 'acquiring',
        clockClass: hasTime ? 6 : 248,
        flags: [],
        alarms: [],
        estimate: hasTime ? estimate : undefined,
        sources: [reading],
      }),
      served: () => (hasTime ? served : undefined),
    },
    attestation: { describe: () => ({ provider: 'tpm2' }) },
  } as unknown as StatusParts
}

function answer(question: Parameters<typeof answerQuestion>[0], hasTime = true): Record<string, unknown> {
  const text = answerQuestion(question, parts(hasTime))
  assert.equal(text.includes('\n'), false)
  return JSON.parse(text) as Record<string, unknown>
}

test('the status says what is served and why, with nanoseconds as decimal strings', () => {
  const status = answer('status')
  assert.deepEqual(status['nodeClock'], { taiNs: '7', boundNs: '3' })
  assert.deepEqual(status['served'], { taiNs: '9', boundNs: '2', origin: 'certified', flags: [] })
  assert.deepEqual(status['cluster'], { state: 'degraded', certificateAgeNs: '5' })
  assert.deepEqual(status['suspects'], [{ member: 'ts3', kind: 'delay' }])
  assert.deepEqual(status['convicted'], ['ts2'])
  assert.deepEqual(status['attestation'], { ts1: 'verified' })
  assert.deepEqual(answer('attestation')['own'], { provider: 'tpm2' })
  assert.deepEqual(status['ranging'], { stamps: 'kernel', lost: { 'stamp.none': 3 } })
  assert.deepEqual(status['peerPort'], { accepted: 7, pending: 0, begun: 3, refused: { 'transport.stranger': 4 } })
  assert.deepEqual(status['faults'], { 'peer ts1 message.signature': 2 })
  assert.deepEqual([status['node'], status['mode'], status['clockClass']], ['ts0', 'locked', 6])
})

test('the temperature of the local oscillator is told with what it is worth', () => {
  assert.equal(answer('status')['oscillatorTemperature'], null)
  const warm = parts(true)
  const temperature = { celsius: 28.5, ppbPerK: 30, used: false, reason: 'it does not help enough' }
  const node = (): object => ({ ...parts(true).clock.node(monoNs(0n)), temperature })
  const text = answerQuestion('status', { ...warm, clock: { ...warm.clock, node } as StatusParts['clock'] })
  assert.deepEqual((JSON.parse(text) as Record<string, unknown>)['oscillatorTemperature'], temperature)
})

test('what there is not yet is null, not left out', () => {
  const status = answer('status', false)
  assert.deepEqual([status['nodeClock'], status['served']], [null, null])
})

test('a source is told with its line, its samples and what the selection made of it', () => {
  assert.deepEqual(answer('sources')['sources'], [
    {
      name: 'gnss0',
      kind: 'nmea-receiver',
      link: 'up',
      samples: 5,
      faults: {},
      state: 'selected',
      offsetNs: '-1',
      boundNs: '3',
    },
  ])
})

test('peers are told with their links', () => {
  assert.deepEqual(answer('peers')['peers'], [{ id: 1, name: 'ts1', up: true, link: { roundTripNs: '120000' } }])
})

test('the parts of the network are told with the name of who tells', () => {
  assert.deepEqual(answer('partitions'), { node: 'ts0', epoch: 4, components: [['ts0', 'ts1'], ['ts2']] })
})
