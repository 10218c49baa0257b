import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type DecidedBlock, decidedChain } from '../../../test/support/decided-chain.ts'
import { START_TAI, testMembership, testSign } from '../../../test/support/replica-cluster.ts'
import { createVoices } from '../../../test/support/signed-messages.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND } from '../../core/time.ts'
import { createReplica } from '../replica.ts'
import type { Effects, Input } from './types.ts'

const membership = testMembership(4)
const voices = createVoices(membership)
const [first] = decidedChain(voices, membership, 1) as [DecidedBlock]

interface Member {
  take(input: Input, atMs: number): Effects
}

/** Member 0 in view 4: view 1 is final, views 2 and 3 are nullified. */
function memberAhead(): Member {
  const sign = (type: Parameters<typeof testSign>[1], content: Uint8Array): Uint8Array => testSign(0, type, content)
  const replica = createReplica(
    { membership, self: 0, bootCount: 1, attestationDigest: undefined, sign, journal: [] },
    monoNs(0n),
  )
  const at = (ms: number): MonoNs => monoNs(BigInt(ms) * NS_PER_MILLISECOND)
  const take = (input: Input, atMs: number): Effects => replica.step(input, at(atMs))
  take({ type: 'clock', clock: { monoNs: monoNs(0n), taiNs: START_TAI, ratePpb: 0n } }, 0)
  const { votes } = voices.certificate('finalize', 1, first.hash, [1, 2, 3])
  take({ type: 'final', from: 1, block: first.block, votes }, 1_020)
  for (const view of [2, 3]) {
    const certificate = voices.certificate('nullify', view, undefined, [1, 2, 3])
    take({ type: 'quorum', from: 1, certificate }, 1_030)
  }
  assert.equal(replica.status().view, 4)
  return { take }
}

/** What goes to one peer, in words. */
function told({ send }: Effects, peer: number): readonly string[] {
  return send
    .filter(({ to }) => to === peer)
    .map(({ message }) => (message.kind === 'quorum' ? `${message.value.type} ${message.value.view}` : message.kind))
}

function nullifyOf(sender: number, view: number): Input {
  return { type: 'signed', from: sender, message: voices.say(sender, 'nullify', { view }) }
}

describe('a peer that is behind', () => {
  it('gets what brings it here, the newest certificate first, as soon as it shows where it is', () => {
    const { take } = memberAhead()
    assert.deepEqual(told(take(nullifyOf(2, 1), 2_000), 2), ['final', 'nullify 3', 'nullify 2'])
    assert.deepEqual(told(take(nullifyOf(3, 2), 2_000), 3), ['nullify 3', 'nullify 2'])
  })

  it('gets it once per Δ, however often it shows that it is behind', () => {
    const { take } = memberAhead()
    assert.equal(told(take(nullifyOf(2, 1), 2_000), 2).length, 3)
    assert.deepEqual(told(take(nullifyOf(2, 1), 2_010), 2), [])
    assert.equal(told(take(nullifyOf(2, 1), 2_210), 2).length, 3)
  })

  it('gets nothing when it is not behind', () => {
    const { take } = memberAhead()
    assert.deepEqual(told(take(nullifyOf(2, 4), 2_000), 2), [])
  })

  it('finds out by itself: who has nothing new to say repeats itself with the certificate that let it in', () => {
    const { take } = memberAhead()
    const repeated = [2_300, 2_600, 2_900].map((ms) => take({ type: 'wake' }, ms))
    const kinds = repeated.flatMap((effects) =>
      effects.send.filter(({ to }) => to === 'all').map(({ message }) => message),
    )
    assert.ok(kinds.some((message) => message.kind === 'quorum' && message.value.view === 3))
    assert.ok(kinds.some((message) => message.kind === 'signed'))
  })

  it('repeats itself every second, however much patience failed leaders have made', () => {
    const { take } = memberAhead()
    for (const view of [4, 5, 6, 7, 8, 9]) {
      take({ type: 'quorum', from: 1, certificate: voices.certificate('nullify', view, undefined, [1, 2, 3]) }, 1_040)
    }
    const said = (ms: number): number =>
      take({ type: 'wake' }, ms).send.filter(({ to, message }) => to === 'all' && message.kind === 'quorum').length
    assert.deepEqual([4_000, 4_990, 5_000, 5_990, 6_000].map(said), [1, 0, 1, 0, 1])
  })
})

describe('a peer that asks', () => {
  it('gets each thing once in 25 ms, however often it asks and in how many ways', () => {
    const { take } = memberAhead()
    const want: Input = { type: 'want-quorums', from: 2, views: [2, 3, 2, 3, 1, 1] }
    assert.deepEqual(told(take(want, 2_000), 2), ['final', 'nullify 2', 'nullify 3'])
    assert.deepEqual(told(take(want, 2_010), 2), [])
    assert.deepEqual(told(take({ ...want, from: 3 }, 2_010), 3), ['final', 'nullify 2', 'nullify 3'])
    const block: Input = { type: 'want-block', from: 2, hash: first.hash }
    assert.deepEqual(told(take(block, 2_010), 2), ['block-bytes'])
    assert.deepEqual(told(take(block, 2_011), 2), [])
    assert.deepEqual(told(take(want, 2_030), 2), ['final', 'nullify 2', 'nullify 3'])
    assert.deepEqual(told(take(block, 2_040), 2), ['block-bytes'])
  })

  it('gets a block that was voted for and then given up: it may hold the only certificate of it', () => {
    const self = (first.leader + 1) % 4
    const sign = (type: Parameters<typeof testSign>[1], content: Uint8Array): Uint8Array =>
      testSign(self, type, content)
    const config = { membership, self, bootCount: 1, attestationDigest: undefined, sign }
    const replica = createReplica({ ...config, journal: [] }, monoNs(0n))
    const at = (ms: number): MonoNs => monoNs(BigInt(ms) * NS_PER_MILLISECOND)
    replica.step({ type: 'clock', clock: { monoNs: monoNs(0n), taiNs: START_TAI, ratePpb: 0n } }, at(0))
    for (const message of first.proposals) {
      replica.step({ type: 'signed', from: message.header.sender, message }, at(1_020))
    }
    const message = voices.say(first.leader, 'block', first.block)
    const voted = replica.step({ type: 'signed', from: first.leader, message }, at(1_030))
    const skipped = voices.certificate('nullify', 1, undefined, [1, 2, 3])
    const left = replica.step({ type: 'quorum', from: 1, certificate: skipped }, at(1_300))
    const journal = [...voted.persist, ...left.persist]
    assert.ok(journal.some(({ kind }) => kind === 'notarize'))
    const asker = (self + 1) % 4
    const want: Input = { type: 'want-block', from: asker, hash: first.hash }
    assert.deepEqual(told(replica.step(want, at(1_400)), asker), ['block-bytes'])
    const again = createReplica({ ...config, bootCount: 2, journal }, at(1_500))
    assert.deepEqual(told(again.step(want, at(1_500)), asker), ['block-bytes'])
  })
})
