import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleMembership } from '../../test/support/proposals.ts'
import { decode, encode } from '../core/encoding.ts'
import { leafHash, rootOf } from '../core/merkle.ts'
import { observed } from './behaviour/observations-fixture.ts'
import { notOmitted, type Omission } from './omission.ts'
import type { Outcome } from './outcome.ts'
import { type AppliedBlock, type ClusterState, initialState, nextState, stateCodec } from './state.ts'

const LEAP = { taiMinusUtcSeconds: 37, event: undefined, resolved: true }

function outcome(...outliers: readonly number[]): Outcome {
  return {
    frames: [],
    grade: 'unvalidated',
    hardwareConfidencePpm: undefined,
    domains: [],
    precisionNs: undefined,
    leap: LEAP,
    outliers,
    attestation: [],
  }
}

function block(leader: number, listed: readonly number[], changes: Partial<AppliedBlock> = {}): AppliedBlock {
  return {
    leader,
    listed,
    outcome: outcome(),
    seen: observed(4, {}),
    convicted: [],
    decisionLeafHash: undefined,
    ...changes,
  }
}

function apply(state: ClusterState, ...blocks: readonly AppliedBlock[]): ClusterState {
  return blocks.reduce(nextState, state)
}

const START = initialState(sampleMembership(4))
const ALL = [0, 1, 2, 3]

/** So many blocks that list all but member 3, by two leaders in turn. */
function withoutLast(blocks: number): readonly AppliedBlock[] {
  return Array.from({ length: blocks }, (_, index) => block(index % 2, [0, 1, 2]))
}

function withOmission(last: Omission): ClusterState {
  return { ...START, omissions: [notOmitted, notOmitted, notOmitted, last] }
}

test('a cluster starts at height 0, everybody with full reputation, nothing known of leap seconds, an empty log', () => {
  assert.deepEqual(START, {
    height: 0,
    reputationPpm: [1_000_000, 1_000_000, 1_000_000, 1_000_000],
    omissions: [notOmitted, notOmitted, notOmitted, notOmitted],
    leap: { taiMinusUtcSeconds: undefined, event: undefined, resolved: false },
    log: { size: 0, frontier: [] },
    behaviour: { members: [], suspects: [], inconsistencies: [] },
  })
})

test('each block counts up, carries its leap agreement and halves its outliers', () => {
  const state = apply(
    START,
    block(0, ALL, { outcome: outcome(2) }),
    block(1, ALL, { outcome: outcome(2) }),
    block(2, ALL),
  )
  assert.equal(state.height, 3)
  assert.deepEqual(state.leap, LEAP)
  assert.deepEqual(state.reputationPpm, [1_000_000, 1_000_000, 262_501, 1_000_000])
})

test('a suspicion lowers reputation as long as it lasts, absence is named and counts once', () => {
  const contradiction = observed(4, {
    sights: [
      [0, 3, 9_000, 10],
      [3, 0, 9_000, 10],
      [1, 3, 9_000, 10],
      [3, 1, 9_000, 10],
    ],
  })
  const lying = block(0, ALL, { seen: contradiction })
  const state = apply(START, lying, lying)
  assert.deepEqual(state.reputationPpm, [1_000_000, 1_000_000, 1_000_000, 810_000])
  assert.deepEqual(state.behaviour.suspects, [{ member: 3, kind: 'pair' }])
  assert.deepEqual(apply(state, block(1, ALL)).reputationPpm[3], 850_501)
  const gone = apply(START, ...withoutLast(8))
  assert.deepEqual(gone.behaviour.suspects, [{ member: 3, kind: 'absence' }])
  assert.equal(gone.reputationPpm[3], 900_000)
})

test('a member is absent once eight blocks in a row left it out, by f + 1 distinct leaders', () => {
  const seven = apply(START, ...withoutLast(7))
  assert.deepEqual([seven.reputationPpm[3], seven.behaviour.suspects], [1_000_000, []], 'late, for all that is known')
  const eight = apply(seven, block(1, [0, 1, 2]))
  assert.deepEqual([eight.reputationPpm[3], eight.omissions[3]], [900_000, { blocks: 8, leaders: [0, 1] }])
  const nine = apply(eight, block(0, [0, 1, 2]))
  assert.deepEqual([nine.reputationPpm[3], nine.omissions[3]], [810_000, eight.omissions[3]], 'until it is listed')
  const byOne = apply(START, ...Array.from({ length: 20 }, () => block(0, [0, 1, 2])))
  assert.deepEqual([byOne.reputationPpm[3], byOne.behaviour.suspects], [1_000_000, []], 'one leader may lie')
})

test('being listed once ends an absence and every suspicion of one', () => {
  const back = apply(START, ...withoutLast(7), block(3, ALL), ...withoutLast(7))
  assert.deepEqual([back.reputationPpm[3], back.behaviour.suspects], [1_000_000, []])
  assert.deepEqual(apply(START, ...withoutLast(8), block(0, ALL)).behaviour.suspects, [])
})

test('the log holds the decisions of the ancestors, in order', () => {
  const leaves = [1, 2, 3].map((byte) => leafHash(Uint8Array.of(byte)))
  const state = apply(START, block(0, ALL), ...leaves.map((leaf) => block(1, ALL, { decisionLeafHash: leaf })))
  assert.equal(state.log.size, 3)
  assert.equal(state.log.frontier.length, 2)
  const alone = leaves.reduce((log, leaf) => nextState(log, block(0, ALL, { decisionLeafHash: leaf })), START).log
  assert.deepEqual(rootOf(state.log.frontier, 3), rootOf(alone.frontier, 3))
})

test('a state survives its encoding', () => {
  const leaf = leafHash(Uint8Array.of(1))
  const state = apply(START, block(3, [0, 2], { decisionLeafHash: leaf }), block(1, [0, 2], { decisionLeafHash: leaf }))
  const decoded = decode(stateCodec, encode(stateCodec, state), 'state')
  assert.deepEqual(decoded, { ok: true, value: state })
})

test('a state that no chain can reach does not decode', () => {
  const oneRecord = apply(initialState(sampleMembership(1)), block(0, [0], { seen: observed(1, {}) })).behaviour
  const bad: readonly [ClusterState, RegExp][] = [
    [{ ...START, reputationPpm: [1] }, /as many reputations/],
    [{ ...START, reputationPpm: [0, 0, 0, 1_000_001] }, /reputationPpm\[3\]/],
    [{ ...START, behaviour: oneRecord }, /as many records/],
    [withOmission({ blocks: 2, leaders: [1, 1] }), /omissions\[3\]\.leaders.*sorted/],
    [withOmission({ blocks: 1, leaders: [100] }), /omissions\[3\]\.leaders\[0\]/],
    [withOmission({ blocks: 9, leaders: [1] }), /omissions\[3\]\.blocks/],
    [withOmission({ blocks: 0, leaders: [1] }), /omissions\[3\].*leaders of 0 blocks, got 1/],
    [withOmission({ blocks: 8, leaders: [] }), /omissions\[3\].*leaders of 8 blocks, got 0/],
    [withOmission({ blocks: 1, leaders: [1, 2] }), /omissions\[3\].*leaders of 1 blocks, got 2/],
    [{ ...START, log: { size: 3, frontier: [leafHash(Uint8Array.of(0))] } }, /a frontier of 2/],
  ]
  for (const [state, message] of bad) {
    const decoded = decode(stateCodec, encode(stateCodec, state), 'state')
    assert.ok(!decoded.ok)
    assert.match(decoded.fault.message, message)
  }
})

test('the state before is left as it was', () => {
  const before = structuredClone(START)
  apply(START, block(0, [0], { outcome: outcome(0), decisionLeafHash: leafHash(Uint8Array.of(9)) }))
  assert.deepEqual(START, before)
})
