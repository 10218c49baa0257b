import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleMembership, sampleProposal, sampleReading } from '../../test/support/proposals.ts'
import { digestOf } from '../../test/support/signed-messages.ts'
import { DEFAULT_POLICY } from '../attestation/policy.ts'
import type { RecordVerdict } from '../attestation/record-verdict.ts'
import { decode, encode } from '../core/encoding.ts'
import { checkProposal, type ListedProposal } from './agreement.ts'
import { attestedMembers } from './attested-members.ts'
import { PUBLIC_KEY_BYTES } from './membership.ts'
import { type Proposal, proposalCodec, type RecordJudged } from './proposal.ts'

const TERMS = { fleet: 'racks', authorities: [new Uint8Array(PUBLIC_KEY_BYTES).fill(200)], policy: DEFAULT_POLICY }
const FOUR = sampleMembership(4, { attestation: TERMS })
const SEVEN = sampleMembership(7, { attestation: TERMS })
const OWN = digestOf(1)
const OTHER = digestOf(2)

function proposal(verdicts: readonly RecordJudged[]): Proposal {
  return sampleProposal(sampleReading(0, 0n), [], { verdicts })
}

type Said = readonly [RecordVerdict, Uint8Array | undefined]

/** Member 0 names the record `OWN`; every other member says of it what stands in its place here. */
function listed(...said: readonly (Said | undefined)[]): ListedProposal[] {
  return [undefined, ...said].map((judged, member) => ({
    member,
    proposal: proposal(judged === undefined ? [] : [{ member: 0, digest: judged[1], verdict: judged[0] }]),
    attestationDigest: member === 0 ? OWN : undefined,
  }))
}

function threeTimes(...said: Said): readonly Said[] {
  return Array.from({ length: 3 }, () => said)
}

function verdictOn0(list: readonly ListedProposal[], membership = FOUR): string | undefined {
  return attestedMembers(list, membership)[0]?.verdict
}

test('a verdict of f + 1 on the very record that is named is taken, one of f is not', () => {
  assert.equal(verdictOn0(listed(['verified', OWN], ['verified', OWN], undefined)), 'verified')
  assert.equal(verdictOn0(listed(['verified', OWN], undefined, undefined)), 'unjudged')
  assert.equal(verdictOn0(listed(['verified', OWN], ['flagged', OWN], ['none', OWN])), 'unjudged')
  assert.equal(verdictOn0(listed(['verified', OTHER], ['verified', OTHER], ['verified', OWN])), 'unjudged')
})

test('of several verdicts that are taken the worst counts', () => {
  const order: readonly RecordVerdict[] = ['refused', 'flagged', 'none', 'verified']
  for (const [index, worse] of order.entries()) {
    for (const better of order.slice(index)) {
      assert.equal(verdictOn0(listed(...threeTimes(better, OWN), ...threeTimes(worse, OWN)), SEVEN), worse)
    }
  }
})

test('that no record is shown counts where none that was shown has a verdict', () => {
  assert.equal(verdictOn0(listed(['refused', undefined], ['refused', undefined], undefined)), 'refused')
  assert.equal(verdictOn0(listed(['refused', undefined], undefined, undefined)), 'unjudged')
  assert.equal(verdictOn0(listed(['refused', undefined], ['refused', OWN], undefined)), 'refused')
  const seen = listed(...threeTimes('refused', undefined), ...threeTimes('verified', OWN))
  assert.equal(verdictOn0(seen, SEVEN), 'verified', 'whoever has seen it knows better than whoever has not')
  const [shown, ...others] = listed(['none', undefined], ['none', undefined], undefined)
  assert.equal(verdictOn0([{ ...shown!, attestationDigest: undefined }, ...others]), 'none')
})

test('a bad verdict stands until the next record is judged, a good one does not', () => {
  for (const bad of ['refused', 'flagged'] as const) {
    assert.equal(verdictOn0(listed([bad, OTHER], [bad, OTHER], undefined)), bad)
    assert.equal(verdictOn0(listed([bad, OTHER], [bad, digestOf(3)], undefined)), bad, 'whichever record it was')
    assert.equal(verdictOn0(listed([bad, OTHER], undefined, undefined)), 'unjudged', 'f alone refuse nobody')
    assert.equal(verdictOn0(listed(...threeTimes(bad, OTHER), ...threeTimes('verified', OWN)), SEVEN), 'verified')
  }
  for (const good of ['none', 'verified'] as const) {
    assert.equal(verdictOn0(listed([good, OTHER], [good, OTHER], [good, OTHER])), 'unjudged')
  }
  assert.equal(verdictOn0(listed(['refused', OTHER], ['flagged', OTHER], undefined)), 'unjudged')
})

test('nobody is judged where the membership asks for nothing, nor by who is not listed', () => {
  const list = listed(['refused', OWN], ['refused', OWN], ['refused', OWN])
  assert.equal(verdictOn0(list, sampleMembership(4)), 'unjudged')
  assert.equal(verdictOn0([list[0]!, list[3]!]), 'unjudged')
  assert.deepEqual(
    attestedMembers(list, FOUR).map(({ member, digest }) => [member, digest]),
    [
      [0, OWN],
      [1, undefined],
      [2, undefined],
      [3, undefined],
    ],
  )
})

test('a proposal judges others, each once and in order, and calls nothing verified that it has not seen', () => {
  const judged = (member: number): RecordJudged => ({ member, digest: OWN, verdict: 'flagged' })
  const read = (verdicts: readonly RecordJudged[]): string => {
    const decoded = decode(proposalCodec, encode(proposalCodec, proposal(verdicts)), 'proposal')
    return decoded.ok ? 'accepted' : decoded.fault.message
  }
  assert.equal(read([judged(1), judged(3)]), 'accepted')
  for (const verdicts of [
    [judged(1), judged(1)],
    [judged(3), judged(1)],
  ]) {
    assert.match(read(verdicts), /expected verdicts sorted by member, each member once$/)
  }
  const unseen = { member: 1, digest: undefined, verdict: 'verified' } as const
  assert.match(read([unseen]), /expected the digest of what was verified$/)
  const ofItself = checkProposal(proposal([judged(2)]), 2, FOUR)
  assert.match(ofItself.ok ? '' : ofItself.fault.message, /expected verdicts about other members below 4, got 2$/)
  assert.equal(checkProposal(proposal([judged(4)]), 2, FOUR).ok, false)
  assert.equal(checkProposal(proposal([judged(3)]), 2, FOUR).ok, true)
})
