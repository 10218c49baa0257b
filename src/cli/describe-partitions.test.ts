import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describePartitions, type PartitionsAnswer } from './describe-partitions.ts'

const NOTHING: PartitionsAnswer = {
  node: 'ts0',
  epoch: null,
  components: [],
  affected: [],
  silent: [],
  links: [],
  history: [],
  episodes: [],
}

test('an appliance that has heard nothing says so', () => {
  assert.deepEqual(describePartitions(NOTHING), ['ts0 has heard nothing of the network yet'])
})

test('parts, links, changes and fallbacks are lines, the newest change first', () => {
  const whole = [['ts0', 'ts1', 'ts2', 'ts3']]
  const cut = [['ts0', 'ts1', 'ts2'], ['ts3']]
  const up = { up: true, roundTripNs: '812000', lossPpm: 15_000 }
  const divergence = { offsetNs: '-420000', ownBoundNs: '900', certifiedBoundNs: '31000', meets: false }
  const lines = describePartitions({
    node: 'ts0',
    epoch: 40,
    components: cut,
    affected: ['ts3'],
    silent: ['ts3'],
    links: [
      { between: ['ts0', 'ts1'], state: 'up', asymmetric: true, claims: [up, { ...up, lossPpm: 0 }] },
      {
        between: ['ts0', 'ts3'],
        state: 'untold',
        asymmetric: false,
        claims: [{ up: false, lossPpm: 1_000_000 }, null],
      },
    ],
    history: [
      { epoch: 12, before: cut, after: whole },
      { epoch: 38, before: whole, after: cut },
    ],
    episodes: [
      { reason: 'cut', samples: [] },
      {
        reason: 'cut before',
        lastCertified: { epoch: 7 },
        samples: [{ boundNs: '100' }, { boundNs: '2500' }],
        ended: { how: 'certificate', durationNs: '61000000000', divergence },
      },
    ],
  })
  assert.deepEqual(lines, [
    'ts0, epoch 40: ts0 ts1 ts2 | ts3',
    'cannot certify: ts3',
    'silent: ts3',
    'link ts0 – ts1 up, asymmetric (ts0: up 812 µs, loss 1.5 %; ts1: up 812 µs, loss 0 %)',
    'link ts0 – ts3 untold (ts0: down, loss 100 %; ts3: nothing)',
    'changed in epoch 38: ts0 ts1 ts2 ts3 → ts0 ts1 ts2 | ts3',
    'changed in epoch 12: ts0 ts1 ts2 | ts3 → ts0 ts1 ts2 ts3',
    'fallback (cut): nothing served, goes on',
    'fallback (cut before, last certificate of epoch 7): served ± 2.50 µs at last, ended by certificate after 61.0 s, divergence -420 µs, own ± 900 ns, certified ± 31.0 µs, WHICH DO NOT MEET',
  ])
})
