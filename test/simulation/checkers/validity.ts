import type { ListedProposal } from '../../../src/consensus/agreement.ts'
import type { Block } from '../../../src/consensus/block.ts'
import type { Membership } from '../../../src/consensus/membership.ts'
import type { Commit } from '../../../src/consensus/replica/types.ts'
import { selfComputedRegion } from '../../../src/consensus/self-computed.ts'
import { toHex } from '../../../src/core/bytes.ts'
import { abs } from '../../../src/core/integer.ts'
import { contains, errorBound, type Interval } from '../../../src/core/interval.ts'
import { claimedInterval } from '../../support/agreement-oracle.ts'
import type { ClusterNode } from '../../support/replica-cluster.ts'
import type { TrueMark } from '../world/station.ts'
import { type Problem, problem } from './problem.ts'

/** Who must be right about what. */
export interface ValidityCast {
  /** Right hardware, right rows: their intervals contain the truth. */
  readonly right: ReadonlySet<number>
  /** Right rows and ranging clocks: in their frames the promise holds. */
  readonly observers: ReadonlySet<number>
}

/**
 * The theorem of the agreement, against the truth: the region of every observer contains T − R at its mark, stays
 * inside the hull of the right intervals, and its correction is within its bound; also the regions that members which
 * were not listed compute alone.
 */
export interface ValidityChecker {
  marked(mark: TrueMark): void
  decided(node: ClusterNode, commit: Commit): void
  readonly frames: number
  problems(): readonly Problem[]
}

const TOLD_MAX = 20
/** Marks of one member that are remembered; a block about an older one comes too late to be checked. */
const MARKS_KEPT = 64

export function createValidityChecker(membership: Membership, { right, observers }: ValidityCast): ValidityChecker {
  const marks = new Map<number, Map<number, TrueMark>>()
  const seen = new Set<string>()
  const problems: Problem[] = []
  let frames = 0
  const markOf = (member: number, epoch: number): TrueMark | undefined => marks.get(member)?.get(epoch)
  const note = (message: string): void => {
    if (problems.length < TOLD_MAX) problems.push(problem('containmentViolations', message))
  }
  const checkBlock = (block: Block): void => {
    const listed = block.outcome.attestation.flatMap(({ member, verdict }) => {
      const mark = markOf(member, block.epoch)
      const counts = right.has(member) && verdict !== 'refused'
      return mark === undefined || !counts ? [] : [listedOf(mark, block)]
    })
    for (const { member, region } of block.outcome.frames) {
      const mark = markOf(member, block.epoch)
      if (region === undefined || mark === undefined || !observers.has(member)) continue
      frames += 1
      const what = `epoch ${block.epoch}, frame of node ${member}`
      if (!contains(region, mark.truthNs)) note(`${what}: the region misses the truth by ${missed(region, mark)} ns`)
      const errorNs = abs(region.point - mark.truthNs)
      if (errorNs > errorBound(region.point, region)) note(`${what}: the correction is ${errorNs} ns off`)
      const hull = hullOf(listedOf(mark, block), listed)
      if (hull === undefined || region.lo < hull.lo || region.hi > hull.hi) note(`${what}: outside of the honest hull`)
    }
  }
  return {
    get frames() {
      return frames
    },
    marked: (mark) => {
      const known = marks.get(mark.member) ?? new Map<number, TrueMark>()
      marks.set(mark.member, known.set(mark.epoch, mark))
      known.delete(mark.epoch - MARKS_KEPT)
    },
    decided: ({ id, replica }, { block, blockHash }) => {
      const hash = toHex(blockHash)
      if (!seen.has(hash)) checkBlock(block)
      seen.add(hash)
      const mark = markOf(id, block.epoch)
      if (mark === undefined || !observers.has(id) || block.list.some(({ member }) => member === id)) return
      const listed = replica.listed(block)
      if (listed === undefined) return
      const { measurement, truthNs } = mark
      const own = { member: id, reading: measurement, ranging: measurement.ranging }
      const region = selfComputedRegion(listed, own, membership)
      if (!region.ok) return
      frames += 1
      if (!contains(region.value, truthNs))
        note(`epoch ${block.epoch}: the region that node ${id} computes misses the truth`)
    },
    problems: () => problems,
  }
}

/** What its member has proposed, as far as clocks are concerned. */
function listedOf({ member, measurement }: TrueMark, { era, epoch, parent }: Block): ListedProposal {
  return { member, proposal: { ...measurement, era, epoch, parent }, attestationDigest: undefined }
}

function hullOf(observer: ListedProposal, listed: readonly ListedProposal[]): Interval | undefined {
  const intervals = listed.flatMap((peer) => claimedInterval(observer, peer) ?? [])
  return intervals.reduce<Interval | undefined>(
    (hull, { lo, hi }) =>
      hull === undefined ? { lo, hi } : { lo: lo < hull.lo ? lo : hull.lo, hi: hi > hull.hi ? hi : hull.hi },
    undefined,
  )
}

function missed({ lo, hi }: Interval, { truthNs }: TrueMark): bigint {
  return truthNs < lo ? lo - truthNs : truthNs - hi
}
