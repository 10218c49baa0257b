import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createReplicaCluster, type ReplicaCluster, START_TAI } from '../../test/support/replica-cluster.ts'
import type { Block } from '../consensus/block.ts'
import type { Proposal } from '../consensus/proposal.ts'
import type { Replica } from '../consensus/replica.ts'
import type { MonoNs, TaiNs } from '../core/time.ts'
import { monoNs, plus } from '../core/time.ts'
import type { Mark } from './mark-book.ts'
import { ownFrame, STEERING_EPOCHS, type Steering, steer } from './steering.ts'

let cluster: ReplicaCluster
let block: Block
let replica: Replica
/** What each member said for the epoch of the block. */
let proposals: ReadonlyMap<number, Proposal>

before(async () => {
  cluster = createReplicaCluster({ n: 4, seed: 11 })
  await cluster.run(4_500_000_000n)
  const node = cluster.nodes[0]
  const decided = node?.commits.at(-1)?.block
  assert.ok(node !== undefined && decided !== undefined, 'expected the cluster to decide')
  block = decided
  replica = node.replica
  const listed = replica.listed(block)
  assert.ok(listed !== undefined && listed.length === 4, 'expected all four to be listed')
  proposals = new Map(listed.map(({ member, proposal }) => [member, proposal]))
})

/** The mark at which a member made its proposal, and the truth then: its node clock is 10 ns ahead per id. */
function markOf(member: number): { readonly mark: Mark; readonly truth: TaiNs } {
  const proposal = proposals.get(member)
  assert.ok(proposal?.nodeClock !== undefined)
  const truth = plus(proposal.nodeClock.taiNs, BigInt(-10 * member))
  const at: MonoNs = monoNs(truth - START_TAI)
  return { truth, mark: { epoch: block.epoch, monoNs: at, ratePpb: 7n, measurement: proposal, served: undefined } }
}

function certifiedFor(steering: Steering): Extract<Steering, { steers: true }>['certified'] {
  assert.ok(steering.steers, steering.steers ? '' : steering.reason)
  return steering.certified
}

test('a member gets the region of its own frame at its own mark, and the truth is in it', () => {
  for (const member of [0, 1, 2, 3]) {
    const { mark, truth } = markOf(member)
    const steering = steer(block, mark, member, cluster.membership, replica)
    const certified = certifiedFor(steering)
    const region = ownFrame(block, member)?.region
    assert.ok(region !== undefined)
    assert.equal(certified.hi - certified.lo, region.hi - region.lo)
    assert.ok(
      certified.lo <= truth && truth <= certified.hi,
      `member ${member}: ${truth} in [${certified.lo}, ${certified.hi}]`,
    )
    assert.ok(certified.hi - certified.lo < 70_000n)
    assert.equal(certified.markMono, mark.monoNs)
    assert.deepEqual([certified.ratePpb, certified.rateBoundPpb], [7n, 200n])
    assert.equal(certified.voidAfterMono, mark.monoNs + STEERING_EPOCHS * cluster.membership.epochPeriodNs)
    assert.equal(steering.steers && steering.selfComputed, false)
  }
})

test('a member that is not on the list computes its own region from the proposals that are', () => {
  const { mark, truth } = markOf(3)
  const without: Block = {
    ...block,
    list: block.list.filter(({ member }) => member !== 3),
    outcome: { ...block.outcome, frames: block.outcome.frames.filter(({ member }) => member !== 3) },
  }
  const steering = steer(without, mark, 3, cluster.membership, replica)
  const certified = certifiedFor(steering)
  assert.equal(steering.steers && steering.selfComputed, true)
  assert.ok(certified.lo <= truth && truth <= certified.hi)
})

test('what may not steer says why', () => {
  const { mark } = markOf(3)
  const reasonOf = (changed: Block, taken: Mark | undefined, self = 3): string => {
    const steering = steer(changed, taken, self, cluster.membership, replica)
    assert.equal(steering.steers, false)
    return steering.steers ? '' : steering.reason
  }
  const { outcome } = block
  assert.equal(reasonOf({ ...block, outcome: { ...outcome, grade: 'unvalidated' } }, mark), 'its grade is unvalidated')
  assert.equal(reasonOf(block, undefined), 'this appliance took no measurement at its mark')
  const noRegion = outcome.frames.map((frame) => ({ ...frame, region: undefined }))
  assert.equal(
    reasonOf({ ...block, outcome: { ...outcome, frames: noRegion } }, mark),
    'it has no region for this appliance',
  )
  const unlisted = { ...outcome, frames: [] }
  const unknown = block.list.map((entry) => ({ ...entry, digest: new Uint8Array(48) }))
  assert.equal(reasonOf({ ...block, outcome: unlisted, list: unknown }, mark), 'its proposals are no longer here')
  const deaf: Mark = { ...mark, measurement: { ...mark.measurement, ranging: [] } }
  assert.match(
    reasonOf({ ...block, outcome: unlisted, list: block.list.slice(0, 3) }, deaf),
    /^expected intervals of at least 3 members, got 1 \(member 0: no ranging entry/,
  )
})
