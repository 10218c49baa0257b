import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Block, blockHash, chainRoot } from '../../../src/consensus/block.ts'
import type { ChainNode } from '../../../src/consensus/replica/chain.ts'
import { composeBlock } from '../../../src/consensus/replica/compose-block.ts'
import { REPUTATION_MAX_PPM } from '../../../src/consensus/reputation.ts'
import { type Lies, watchWorld } from '../../support/behaviour-world.ts'
import { sampleMembership } from '../../support/proposals.ts'
import { unwrap } from '../../support/results.ts'

const LIAR = 3
const FROM = 300
const MEMBERSHIP = sampleMembership(4, { targetPrecisionNs: 1_000n, acceptSingleDomain: ['gnss'] })

/** The blocks that follow from a world, by the rules that leaders and voters share. */
function* chainOf(epochs: number, lies: Lies): Generator<Block> {
  let parent: ChainNode = { ...chainRoot(MEMBERSHIP), block: undefined }
  for (const { epoch, listed } of watchWorld({ n: 4, seed: 50, epochs, lies })) {
    const view = parent.view + 1
    const proposals = listed.map(({ member, proposal, attestationDigest }) => {
      const message = { header: { attestationDigest }, body: proposal }
      return { member, digest: new Uint8Array(48).fill(member), message }
    })
    const block = unwrap(composeBlock({ view, leader: view % 4, epoch, parent, proposals, evidence: [] }, MEMBERSHIP))
    yield block
    parent = { hash: blockHash(block), view, epoch, height: block.height, state: block.state, block }
  }
}

test('a clock that walks loses its reputation block by block and gets it back when it has stayed put; nobody else loses any', () => {
  // 40 ns a second until it has gone 12 µs, and back at once after 200 epochs there.
  const lies: Lies = {
    clockNs: (member, epoch) =>
      member === LIAR && epoch < FROM + 500 ? Math.min(12_000, 40 * Math.max(0, epoch - FROM)) : 0,
  }
  let [lowest, suspected] = [REPUTATION_MAX_PPM, 0]
  const gone = new Set<number>()
  let last: Block | undefined
  for (const block of chainOf(FROM + 900, lies)) {
    const { reputationPpm, behaviour } = block.state
    for (const { member, kind } of behaviour.suspects) {
      assert.ok(kind === 'absence' || member === LIAR, `epoch ${block.epoch}: ${kind} ${member}`)
      if (kind === 'bias') suspected += 1
      if (kind === 'absence') gone.add(member)
    }
    for (const [member, ppm] of reputationPpm.entries()) {
      if (member === LIAR || gone.has(member)) continue
      assert.equal(ppm, REPUTATION_MAX_PPM, `epoch ${block.epoch}: member ${member}`)
    }
    assert.deepEqual(block.outcome.outliers, [], 'its interval meets every region all the time')
    lowest = Math.min(lowest, reputationPpm[LIAR] ?? 0)
    last = block
  }
  assert.ok(suspected > 200)
  assert.equal(lowest, 10_000)
  assert.deepEqual(last?.state.reputationPpm, [
    REPUTATION_MAX_PPM,
    REPUTATION_MAX_PPM,
    REPUTATION_MAX_PPM,
    REPUTATION_MAX_PPM,
  ])
})

test('whoever computes a chain again gets the same blocks to the bit', () => {
  const lies: Lies = { clockNs: (member) => (member === LIAR ? 8_000_000 : 0) }
  const hashes = (): string[] => [...chainOf(60, lies)].map((block) => blockHash(block).join())
  assert.deepEqual(hashes(), hashes())
})
