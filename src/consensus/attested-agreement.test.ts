import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { claimedInterval, claimedRegion, claimedVerdict } from '../../test/support/agreement-oracle.ts'
import { type Climate, simulateEpoch } from '../../test/support/agreement-world.ts'
import { chance, pick } from '../../test/support/chance.ts'
import { sampleMembership, sampleProposal, sampleReading } from '../../test/support/proposals.ts'
import { digestOf } from '../../test/support/signed-messages.ts'
import { TEST_TERMS } from '../../test/support/virtual-attestation.ts'
import { RECORD_VERDICTS, type RecordVerdict } from '../attestation/record-verdict.ts'
import { contains } from '../core/interval.ts'
import { createPrng, type Prng } from '../core/prng.ts'
import { agree, type ListedProposal } from './agreement.ts'
import { attestedMembers } from './attested-members.ts'
import { observe } from './behaviour/observe.ts'
import { quorumOf } from './membership.ts'
import type { Outcome } from './outcome.ts'
import type { RecordJudged } from './proposal.ts'
import { selfComputedRegion } from './self-computed.ts'
import { initialState, nextState } from './state.ts'

const SIZES = [1, 2, 3, 4, 5, 7, 10] as const

/** What one member says of another: of one of two records, or of none; undefined: nothing. */
const word = fc.option(
  fc.record({
    digest: fc.constantFrom(undefined, digestOf(1), digestOf(2)),
    verdict: fc.constantFrom(...RECORD_VERDICTS),
  }),
  { nil: undefined },
)

type Word = typeof word extends fc.Arbitrary<infer T> ? T : never

interface Talk {
  readonly n: number
  readonly listed: readonly ListedProposal[]
}

function talkOf(n: number, named: readonly (Uint8Array | undefined)[], words: readonly Word[], away: number): Talk {
  const ids = Array.from({ length: n }, (_, id) => id)
  const listed = ids.map((member) => {
    const verdicts = ids.flatMap((other): readonly RecordJudged[] => {
      const said = words[member * n + other]
      return said === undefined || other === member ? [] : [{ member: other, ...said }]
    })
    const proposal = sampleProposal(sampleReading(member, 0n, { tai: 0n, bound: 9n }), [], { verdicts })
    return { member, proposal, attestationDigest: named[member] }
  })
  return { n, listed: listed.filter(({ member }) => n < 4 || member !== away) }
}

/** Every member says something, or nothing, of every other one; one of them may not be listed. */
const talk: fc.Arbitrary<Talk> = fc
  .constantFrom(...SIZES)
  .chain((n) =>
    fc
      .tuple(
        fc.array(fc.constantFrom(undefined, digestOf(1), digestOf(2)), { minLength: n, maxLength: n }),
        fc.array(word, { minLength: n * n, maxLength: n * n }),
        fc.nat(2 * n),
      )
      .map(([named, words, away]) => talkOf(n, named, words, away)),
  )

function judged({ n, listed }: Talk): readonly string[] {
  const membership = sampleMembership(n, { attestation: TEST_TERMS })
  return attestedMembers(listed, membership).map(({ verdict }) => verdict)
}

test('verdicts are those of the text, read a second time', () => {
  fc.assert(
    fc.property(talk, ({ n, listed }) => {
      const expected = listed.map((entry) => claimedVerdict(entry, listed, quorumOf(n)))
      assert.deepEqual(judged({ n, listed }), expected)
      assert.deepEqual(judged({ n, listed: structuredClone(listed) }), expected)
    }),
    { numRuns: 500 },
  )
})

test('who has which number does not matter', () => {
  fc.assert(
    fc.property(talk, fc.nat(), ({ n, listed }, seed) => {
      const turned = (member: number): number => (member + 1 + (seed % n)) % n
      const moved = listed
        .map(({ member, proposal, attestationDigest }) => {
          const verdicts = proposal.verdicts
            .map((said) => ({ ...said, member: turned(said.member) }))
            .sort((a, b) => a.member - b.member)
          return { member: turned(member), proposal: { ...proposal, verdicts }, attestationDigest }
        })
        .sort((a, b) => a.member - b.member)
      const before = judged({ n, listed })
      const after = judged({ n, listed: moved })
      for (const [index, { member }] of listed.entries()) {
        assert.equal(after[moved.findIndex((other) => other.member === turned(member))], before[index])
      }
    }),
    { numRuns: 300 },
  )
})

test('whatever f say, a verdict is what the others say of the record or none at all, and f + 1 others are enough for it', () => {
  fc.assert(
    fc.property(
      talk,
      fc.array(fc.constantFrom(...RECORD_VERDICTS), { minLength: 10, maxLength: 10 }),
      fc.nat(),
      ({ n, listed }, truth, seed) => {
        const { f } = quorumOf(n)
        const liars = Array.from({ length: f }, (_, index) => (seed + index) % n)
        const spoken = listed.map((entry): ListedProposal => {
          if (liars.includes(entry.member)) return entry
          const verdicts = listed.flatMap(({ member, attestationDigest }): readonly RecordJudged[] => {
            const verdict = truth[member] ?? 'none'
            if (member === entry.member || (attestationDigest === undefined && verdict === 'verified')) return []
            return [{ member, digest: attestationDigest, verdict }]
          })
          return { ...entry, proposal: { ...entry.proposal, verdicts } }
        })
        for (const [index, verdict] of judged({ n, listed: spoken }).entries()) {
          const { member, attestationDigest } = spoken[index]!
          const right: RecordVerdict = truth[member] ?? 'none'
          const judges = spoken.filter((other) => other.member !== member && !liars.includes(other.member)).length
          const mute = attestationDigest === undefined && right === 'verified'
          // With fewer others listed, liars may still help them to be heard.
          if (judges >= f + 1) assert.equal(verdict, mute ? 'unjudged' : right)
          else assert.ok([right, 'unjudged'].includes(verdict), verdict)
        }
      },
    ),
    { numRuns: 500 },
  )
})

const CLIMATE: Climate = {
  n: 7,
  boundExponentMax: 6,
  ratesPpb: [5n, 200n, 50_000n],
  ageNsMax: 1_000_000_000n,
  wayNsMax: 50_000n,
  worstRates: true,
  wrong: 2,
  gaps: true,
  ranged: 'ranging-clocks',
  relock: true,
}

/** The right members refuse one record and verify the others; the wrong ones say anything. */
function talking(prng: Prng, listed: readonly ListedProposal[], honest: ReadonlySet<number>, refused: number) {
  const named = listed.map((entry) => ({ ...entry, attestationDigest: digestOf(entry.member) }))
  return named.map((entry): ListedProposal => {
    const verdicts = named
      .filter(({ member }) => member !== entry.member)
      .map(({ member, attestationDigest: digest }): RecordJudged => {
        if (!honest.has(entry.member)) return { member, digest, verdict: pick(prng, RECORD_VERDICTS) }
        return { member, digest, verdict: member === refused ? 'refused' : 'verified' }
      })
    return { ...entry, proposal: { ...entry.proposal, verdicts } }
  })
}

for (const n of [4, 5, 7] as const) {
  test(`n = ${n}: without the clock of a refused member the truth is in every region, and nothing else changes`, (t: TestContext) => {
    const prng = createPrng(400 + n)
    const quorum = quorumOf(n)
    const membership = sampleMembership(n, { attestation: TEST_TERMS })
    let [frames, regions, lone] = [0, 0, 0]
    for (let epoch = 0; epoch < 250; epoch++) {
      const world = simulateEpoch(prng, { ...CLIMATE, n, wrong: quorum.f, gaps: chance(prng, 0.5) })
      const refused = prng.nextBelow(n)
      const listed = talking(prng, world.listed, world.honest, refused)
      const outcome = agreedOn(listed)
      const taken = outcome.attestation.find(({ member }) => member === refused)?.verdict
      if (taken !== 'refused') continue
      const counted = listed.map((entry) =>
        entry.member === refused ? { ...entry, proposal: { ...entry.proposal, nodeClock: undefined } } : entry,
      )
      const without = agreedOn(counted)
      assert.deepEqual(outcome, without, 'as if it had no node clock')
      assert.ok(!outcome.outliers.includes(refused))
      for (const { member, region, intervals, verdict } of outcome.frames) {
        if (member === refused) assert.equal(verdict, 'none')
        if (!world.observers.has(member)) continue
        frames += 1
        const observer = listed.find((entry) => entry.member === member)!
        assert.deepEqual(region && { lo: region.lo, hi: region.hi }, claimedRegion(observer, counted, quorum))
        assert.equal(region !== undefined, intervals >= quorum.q)
        if (region === undefined) continue
        regions += 1
        assert.ok(contains(region, world.truth[member]!), `epoch ${epoch}, frame ${member}`)
        const hull = counted.flatMap((peer) =>
          world.honest.has(peer.member) ? (claimedInterval(observer, peer) ?? []) : [],
        )
        assert.ok(hull.some(({ lo }) => lo <= region.lo) && hull.some(({ hi }) => region.hi <= hi))
      }
      for (const { member, proposal } of world.unlisted) {
        const own = { member, reading: proposal, ranging: proposal.ranging }
        const region = selfComputedRegion(listed, own, membership)
        assert.deepEqual(
          region,
          selfComputedRegion(counted, own, membership),
          'nor does it count for who is not listed',
        )
        if (world.observers.has(member) && region.ok) {
          lone += 1
          assert.ok(contains(region.value, world.truth[member]!))
        }
      }
    }
    t.diagnostic(`${frames} frames, ${regions} with a region, ${lone} computed alone`)
    assert.ok(frames > 200 && regions > 50, `${frames} frames, ${regions} regions`)

    function agreedOn(list: readonly ListedProposal[]): Outcome {
      const result = agree(list, membership, initialState(membership), 1)
      assert.ok(result.ok, result.ok ? '' : result.fault.message)
      return result.value
    }
  })
}

test('a refused member is suspected of nothing for what its clock says: nobody looks at it', () => {
  const membership = sampleMembership(4, { attestation: TEST_TERMS })
  const prng = createPrng(9)
  let [state, suspectedElsewhere] = [initialState(membership), 0]
  for (let epoch = 0; epoch < 60; epoch++) {
    const world = simulateEpoch(prng, { ...CLIMATE, n: 4, wrong: 1, gaps: false, boundExponentMax: 2, relock: false })
    const wrong = [0, 1, 2, 3].find((member) => !world.honest.has(member)) ?? 0
    const listed = talking(prng, world.listed, world.honest, wrong)
    const outcome = agree(listed, membership, state, 1)
    assert.ok(outcome.ok)
    assert.equal(outcome.value.attestation[wrong]?.verdict, 'refused')
    const seen = observe(listed, outcome.value, membership, 1)
    assert.deepEqual([seen.clocks[wrong], seen.listed[wrong]], [undefined, true])
    state = nextState(state, {
      leader: epoch % 4,
      listed: [0, 1, 2, 3],
      outcome: outcome.value,
      seen,
      convicted: [],
      decisionLeafHash: undefined,
    })
    const kinds = state.behaviour.suspects.flatMap(({ member, kind }) => (member === wrong ? [kind] : []))
    for (const kind of ['deviation', 'inflation', 'coordination', 'absence'] as const) {
      assert.ok(!kinds.includes(kind), `epoch ${epoch}: ${kind}`)
    }
    suspectedElsewhere += kinds.length
  }
  assert.ok(suspectedElsewhere > 0, 'for what it does to the ranging of others it is suspected all the same')
})
