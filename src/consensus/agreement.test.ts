import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  sampleEntry,
  sampleMembership,
  sampleProposal,
  sampleReading,
  sampleSources,
} from '../../test/support/proposals.ts'
import { decode, encode } from '../core/encoding.ts'
import { taiNs } from '../core/time.ts'
import { agree, checkProposal, type ListedProposal } from './agreement.ts'
import { type Outcome, outcomeCodec } from './outcome.ts'
import type { Proposal } from './proposal.ts'
import { initialState } from './state.ts'

const MEMBERSHIP = sampleMembership(4, { acceptSingleDomain: ['gnss'] })
const PARENT = initialState(MEMBERSHIP)
const LEAP = { taiMinusUtcSeconds: 37, event: undefined, validUntil: taiNs(10n ** 18n) }

/**
 * Four members whose R are 0, 10, 20, 30 ns ahead of member 0's at the same instant and whose ranging is exact to 5 ns.
 * Their N say that T is 1,000,000, + `errors[i]`, within `bounds[i]`: so T − R_i is 1,000,000 − 10 i about the truth.
 */
function cluster(errors: readonly bigint[], bounds: readonly bigint[]): ListedProposal[] {
  return [0, 1, 2, 3].map((member) => {
    const reading = sampleReading(member, BigInt(10 * member), {
      tai: 1_000_000n + (errors[member] ?? 0n),
      bound: bounds[member] ?? 0n,
    })
    const row = [0, 1, 2, 3]
      .filter((peer) => peer !== member)
      .map((peer) => sampleEntry(peer, BigInt(10 * (peer - member)), 5n))
    const sources = sampleSources(['gnss', 'selected'])
    return { member, proposal: sampleProposal(reading, row, { sources, leap: LEAP }), attestationDigest: undefined }
  })
}

function agreed(listed: readonly ListedProposal[], parent = PARENT): Outcome {
  const result = agree(listed, MEMBERSHIP, parent, 1)
  assert.ok(result.ok, result.ok ? '' : result.fault.message)
  return result.value
}

/** As `cluster`, where three are right to within 20 ns and member 3 is 1 ms wrong and sure of itself. */
const ONE_WRONG = cluster([0n, 6n, -6n, 1_000_000n], [20n, 20n, 20n, 20n])

test('three right members and a wrong one: regions, points, verdicts, grade, outlier, precision and leap', () => {
  const outcome = agreed(ONE_WRONG)
  // Frame 0, about T − R_0 = 1,000,000: itself 0 ± 20, member 1 +6 ± 25, member 2 −6 ± 25; member 3 is 1 ms away.
  // Three of four cover [−19, 19]. Trimmed by one each: midpoints 0 and 6, uncertainties 20 and 25 below the target: 3.
  assert.deepEqual(outcome.frames[0], {
    member: 0,
    intervals: 4,
    region: { lo: 999_981n, hi: 1_000_019n, point: 1_000_003n, method: 'multi-round', survivors: 2 },
    verdict: 'pass',
  })
  // Frame 1, shifted by −10: 0 ± 25, 6 ± 20, −6 ± 25: [−14, 19], the same point 3.
  assert.deepEqual(outcome.frames[1]?.region, {
    lo: 999_976n,
    hi: 1_000_009n,
    point: 999_993n,
    method: 'multi-round',
    survivors: 2,
  })
  // Frame 3, shifted by −30: 0 ± 25, 6 ± 25, −6 ± 25: [−19, 19]. Its own interval misses that.
  assert.deepEqual(outcome.frames[3], {
    member: 3,
    intervals: 4,
    region: { lo: 999_951n, hi: 999_989n, point: 999_973n, method: 'multi-round', survivors: 2 },
    verdict: 'fail',
  })
  assert.deepEqual(
    outcome.frames.map(({ verdict }) => verdict),
    ['pass', 'pass', 'pass', 'fail'],
  )
  assert.equal(outcome.grade, 'validated', 'gnss is not survived, and accepted')
  assert.equal(outcome.hardwareConfidencePpm, 750_000)
  assert.deepEqual(outcome.domains, [
    { domain: 'gnss', survives: false },
    { domain: 'gnss@north', survives: false },
  ])
  assert.deepEqual(outcome.outliers, [3])
  assert.equal(outcome.precisionNs, 0n, 'all frames chose the same point of time')
  assert.deepEqual(outcome.leap, { taiMinusUtcSeconds: 37, event: undefined, resolved: true })
})

test('a domain that is not survived and not accepted caps the grade', () => {
  const result = agree(ONE_WRONG, { ...MEMBERSHIP, acceptSingleDomain: [] }, PARENT, 1)
  assert.ok(result.ok)
  assert.equal(result.value.grade, 'partial')
})

test('the reputation in the state of the parent weighs the point and nothing else', () => {
  const plain = agreed(ONE_WRONG)
  const weighed = agreed(ONE_WRONG, { ...PARENT, reputationPpm: [10_000, 1_000_000, 1_000_000, 1_000_000] })
  // (0 × 1 + 6 × 100) / 101, rounded down.
  assert.equal(weighed.frames[0]?.region?.point, 1_000_005n)
  assert.deepEqual(
    weighed.frames.map(({ region }) => [region?.lo, region?.hi]),
    plain.frames.map(({ region }) => [region?.lo, region?.hi]),
  )
})

test('a member without a node clock gets a certified interval all the same', () => {
  const listed = ONE_WRONG.map(({ member, proposal, ...rest }) => ({
    ...rest,
    member,
    proposal: member === 0 ? { ...proposal, nodeClock: undefined } : proposal,
  }))
  // Members 1 and 2 in frame 0: 6 ± 25 and −6 ± 25; two of three cover [−19, 19], and so does nobody else.
  const frame = agreed(listed).frames[0]
  assert.deepEqual([frame?.intervals, frame?.region?.lo, frame?.region?.hi], [3, 999_981n, 1_000_019n])
  assert.equal(frame?.verdict, 'none')
})

test('a member that is not listed contributes nothing', () => {
  const listed = ONE_WRONG.slice(0, 3)
  const { frames } = agreed(listed)
  assert.deepEqual(
    frames.map(({ member, intervals }) => [member, intervals]),
    [
      [0, 3],
      [1, 3],
      [2, 3],
    ],
  )
})

test('too few intervals are an outcome without regions, not a fault', () => {
  const outcome = agreed(ONE_WRONG.slice(0, 2))
  assert.deepEqual(
    outcome.frames.map(({ region, verdict }) => [region, verdict]),
    [
      [undefined, 'none'],
      [undefined, 'none'],
    ],
  )
  assert.deepEqual(
    [outcome.grade, outcome.hardwareConfidencePpm, outcome.precisionNs, outcome.outliers],
    ['unvalidated', undefined, undefined, []],
  )
  assert.deepEqual(agreed([]).frames, [])
})

test('an outcome survives its encoding, extremes included', () => {
  const limit = 2n ** 62n
  const extreme = ONE_WRONG.map(({ member, proposal, ...rest }) => ({
    ...rest,
    member,
    proposal: { ...proposal, ...sampleReading(member, 0n, { tai: member < 2 ? limit : -limit, bound: 0n }) },
  }))
  for (const outcome of [agreed(ONE_WRONG), agreed(ONE_WRONG.slice(0, 2)), agreed(extreme), agreed([])]) {
    assert.deepEqual(decode(outcomeCodec, encode(outcomeCodec, outcome), 'outcome'), { ok: true, value: outcome })
  }
})

test('the same list gives the same outcome, and is left as it was', () => {
  const before = structuredClone(ONE_WRONG)
  assert.deepEqual(agreed(ONE_WRONG), agreed(structuredClone(ONE_WRONG)))
  assert.deepEqual(ONE_WRONG, before)
})

test('a list out of order, with a member twice, or with a stranger is rejected', () => {
  const [first, second, third] = ONE_WRONG as [ListedProposal, ListedProposal, ListedProposal]
  assertRejected([second, first, third], 'agreement.order', /list\[1\]: expected a member above 1, got 0/)
  assertRejected([first, first, second], 'agreement.order', /list\[1\]: expected a member above 0, got 0/)
  assertRejected(
    [first, second, { ...third, member: 4 }],
    'agreement.member',
    /member 4: expected a member in \[0, 3\]/,
  )
  assertRejected([{ ...first, member: -1 }], 'agreement.member', /member -1/)
})

test('a proposal of another epoch or era is rejected', () => {
  assertRejected(changed({ epoch: 2 }), 'agreement.epoch', /member 1: expected epoch 1, got 2/)
  assertRejected(changed({ era: 2 }), 'agreement.era', /member 1: expected era 1, got 2/)
})

test('rows about itself, about strangers, unsorted or with a peer twice are rejected', () => {
  const link = { peer: 1, up: true, roundTripNs: undefined, lossPpm: 0 }
  assertRejected(changed({ ranging: [sampleEntry(1, 0n, 0n)] }), 'agreement.peer', /ranging about other members.*got 1/)
  assertRejected(changed({ ranging: [sampleEntry(4, 0n, 0n)] }), 'agreement.peer', /below 4, got 4/)
  assertRejected(changed({ links: [link] }), 'agreement.peer', /links about other members/)
  const zero = sampleEntry(0, 0n, 0n)
  assertRejected(changed({ ranging: [zero, zero] }), 'encoding.rule', /ranging entries sorted by peer/)
  assertRejected(changed({ ranging: [sampleEntry(2, 0n, 0n), zero] }), 'encoding.rule', /ranging entries sorted/)
})

test('negative bounds, uncertainties, ages and rates are rejected, with the place', () => {
  assertRejected(changed({ nodeClock: { taiNs: taiNs(0n), boundNs: -1n } }), 'encoding.value', /nodeClock\.boundNs/)
  assertRejected(changed({ rangingRatePpb: -1n }), 'encoding.value', /rangingRatePpb/)
  assertRejected(changed({ ranging: [sampleEntry(0, 0n, -1n)] }), 'encoding.value', /ranging\[0\]\.uncertaintyNs/)
  const young = sampleEntry(0, 0n, 0n, { ageNs: -1n })
  assertRejected(changed({ ranging: [young] }), 'encoding.value', /ranging\[0\]\.ageNs/)
})

test('instants, offsets and durations beyond 2^62 are rejected', () => {
  const beyond = 2n ** 62n + 1n
  for (const reading of [
    sampleReading(1, beyond),
    sampleReading(1, -beyond),
    sampleReading(1, 0n, { tai: beyond, bound: 0n }),
    sampleReading(1, 0n, { tai: 0n, bound: beyond }),
  ]) {
    assertRejected(changed(reading), 'encoding.value', /member 1/)
  }
  assertRejected(changed({ ranging: [sampleEntry(0, -beyond, 0n)] }), 'encoding.value', /phiNs/)
  assertRejected(changed({ ranging: [sampleEntry(0, 0n, beyond)] }), 'encoding.value', /uncertaintyNs/)
  const late = { ...LEAP, validUntil: taiNs(beyond) }
  assertRejected(changed({ leap: late }), 'encoding.value', /leap\.validUntil/)
})

test('one proposal can be checked before it stands on any list', () => {
  const { proposal } = ONE_WRONG[1]!
  assert.deepEqual(checkProposal(proposal, 1, MEMBERSHIP), { ok: true, value: undefined })
  assert.equal(checkProposal(proposal, 2, MEMBERSHIP).ok, false, 'its row has an entry about member 2')
  assert.equal(checkProposal(proposal, 4, MEMBERSHIP).ok, false)
  assert.equal(checkProposal(proposal, 0.5, MEMBERSHIP).ok, false)
})

/** The list with something changed in the proposal of member 1. */
function changed(changes: Partial<Proposal>): ListedProposal[] {
  return ONE_WRONG.map(({ member, proposal, ...rest }) => ({
    ...rest,
    member,
    proposal: member === 1 ? { ...proposal, ...changes } : proposal,
  }))
}

function assertRejected(listed: readonly ListedProposal[], code: string, message: RegExp): void {
  const result = agree(listed, MEMBERSHIP, PARENT, 1)
  assert.ok(!result.ok, `expected ${code}, got an outcome`)
  assert.equal(result.fault.code, code)
  assert.match(result.fault.message, message)
}
