import assert from 'node:assert/strict'
import { test } from 'node:test'
import { START_TAI, testMembership, testSign } from '../../../test/support/replica-cluster.ts'
import { createVoices } from '../../../test/support/signed-messages.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND } from '../../core/time.ts'
import { quorumOf } from '../membership.ts'
import { createReplica } from '../replica.ts'
import type { Effects, Input } from './types.ts'

/** The last member of n in view 1, whose deadline is far. */
function waitingMember(n: number, hasClock = true) {
  const membership = testMembership(n)
  const voices = createVoices(membership)
  const self = n - 1
  const sign = (type: Parameters<typeof testSign>[1], content: Uint8Array): Uint8Array => testSign(self, type, content)
  const at = (ms: number): MonoNs => monoNs(BigInt(ms) * NS_PER_MILLISECOND)
  const replica = createReplica(
    { membership, self, bootCount: 1, attestationDigest: undefined, sign, journal: [] },
    at(0),
  )
  const take = (input: Input): Effects => replica.step(input, at(10))
  if (hasClock) take({ type: 'clock', clock: { monoNs: monoNs(0n), taiNs: START_TAI, ratePpb: 0n } })
  const hear = (sender: number, view: number): Effects =>
    take({ type: 'signed', from: sender, message: voices.say(sender, 'nullify', { view }) })
  return { replica, hear, kept: ({ persist }: Effects) => persist.map(({ kind, number }) => `${kind} ${number}`) }
}

test('a view that too many have given up to finalize it is given up at once, by who still waits too', () => {
  for (const n of [4, 5, 6, 7, 10]) {
    const { q } = quorumOf(n)
    const { replica, hear, kept } = waitingMember(n)
    for (let sender = 0; sender < n - q; sender++) assert.deepEqual(kept(hear(sender, 1)), [], `n = ${n}`)
    // Who repeats itself is still one.
    assert.deepEqual(kept(hear(0, 1)), [], `n = ${n}`)
    const last = hear(n - q, 1)
    assert.ok(kept(last).includes('nullify 1'), `n = ${n}: ${kept(last).join()}`)
    assert.ok(
      last.send.some(({ to, message }) => to === 'all' && message.kind === 'signed'),
      'and says so',
    )
    assert.equal(replica.status().view, n - q + 2 >= q ? 2 : 1, `n = ${n}`)
  }
})

test('who has no clock gives up nothing: it votes for nothing new', () => {
  const { hear, kept } = waitingMember(4, false)
  for (const sender of [0, 1]) assert.deepEqual(kept(hear(sender, 1)), [])
})

test('another view than the present one is not given up for that', () => {
  const { hear, kept } = waitingMember(4)
  for (const sender of [0, 1]) assert.deepEqual(kept(hear(sender, 3)), [])
})
