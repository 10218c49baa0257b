import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchWorld } from '../../../test/support/behaviour-world.ts'
import { decode, encode } from '../../core/encoding.ts'
import { type BehaviourState, behaviourCodec, initialBehaviour } from './behaviour-state.ts'

function after(n: number, epochs: number): BehaviourState {
  const lies = { clockNs: (member: number) => (member === 1 ? 10_000_000 : 0) }
  return [...watchWorld({ n, seed: 40, epochs, lies })].at(-1)?.behaviour ?? initialBehaviour
}

test('behaviour survives its encoding, before the first block and with records and suspects', () => {
  for (const state of [initialBehaviour, after(4, 200), after(1, 3), after(31, 2)]) {
    assert.deepEqual(decode(behaviourCodec, encode(behaviourCodec, state), 'behaviour'), { ok: true, value: state })
  }
})

test('in a large cluster every member has eleven watchers, and the records stay small', () => {
  const state = after(100, 3)
  assert.ok(state.members.every(({ links }) => links.length === 11))
  assert.ok(encode(behaviourCodec, state).length < 50_000)
})

test('behaviour that no chain can reach does not decode', () => {
  const state = after(4, 200)
  const [first, ...others] = state.members
  assert.ok(first !== undefined && first.links[0] !== undefined)
  const withFirst = (changes: object): BehaviourState => ({ ...state, members: [{ ...first, ...changes }, ...others] })
  const bad: readonly [BehaviourState, RegExp][] = [
    [withFirst({ links: first.links.slice(1) }), /one link for each watcher/],
    [withFirst({ links: [{ ...first.links[0], score: -129 }, ...first.links.slice(1)] }), /links\[0\]\.score/],
    [withFirst({ links: [{ ...first.links[0], lowPs: 0.5 }, ...first.links.slice(1)] }), /encode|behaviour/],
    [withFirst({ inflated: 9 }), /inflated/],
    [{ ...state, suspects: [state.suspects[0] ?? { member: 0, kind: 'bias' }, { member: 0, kind: 'bias' }] }, /sorted/],
    [{ ...state, inconsistencies: [[2, 1]] }, /sorted/],
    [{ ...state, inconsistencies: [[2]] }, /inconsistencies\[0\]/],
  ]
  for (const [value, message] of bad) {
    const decoded = decode(behaviourCodec, encode(behaviourCodec, value), 'behaviour')
    assert.ok(!decoded.ok)
    assert.match(decoded.fault.message, message)
  }
})
