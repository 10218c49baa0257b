import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quorumOf } from '../../src/consensus/membership.ts'
import { NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import type { ReplicaCluster } from '../support/replica-cluster.ts'
import type { VirtualAttestation } from '../support/virtual-attestation.ts'
import { findMisses } from './byzantine/containment.ts'
import { falseJudge } from './byzantine/false-judge.ts'
import type { Adversary } from './byzantine/liar.ts'
import { twoFacedClock } from './byzantine/two-faced-clock.ts'
import { findProblems } from './invariants.ts'
import { createLiarCluster } from './liar-cluster.ts'

const EPOCHS = 8

interface Run {
  readonly cluster: ReplicaCluster
  readonly attestation: VirtualAttestation
  readonly honest: readonly number[]
  readonly liars: readonly number[]
}

/** f liars among n that attest, on a calm network; everybody's record is verified but those of `refused`. */
async function attesting(
  n: number,
  seed: number,
  adversary: Adversary,
  refused: (liars: readonly number[]) => readonly number[],
  refreshNs = 3_300n * NS_PER_MILLISECOND,
): Promise<Run> {
  const ids = Array.from({ length: n }, (_, id) => id)
  const liars = ids.filter((id) => id % 2 === 1).slice(0, quorumOf(n).f)
  const verdicts = ids.map((id) => (refused(liars).includes(id) ? 'refused' : 'verified'))
  const attestation: VirtualAttestation = { refreshNs, verdicts }
  const options = { n, seed, delayNsMax: 5_000_000n, attestation }
  const cluster = createLiarCluster(options, new Map(liars.map((id) => [id, adversary])))
  await cluster.run(BigInt(EPOCHS) * NS_PER_SECOND - 100_000_000n)
  return { cluster, attestation, honest: ids.filter((id) => !liars.includes(id)), liars }
}

/** How many entries of all blocks say what, by the member that they are about. */
function tallyOf({ cluster, honest }: Run): ReadonlyMap<string, number> {
  const tally = new Map<string, number>()
  for (const { block } of cluster.nodes[honest[0] ?? 0]?.commits ?? []) {
    for (const { member, verdict } of block.outcome.attestation) {
      const key = `${member} ${verdict}`
      tally.set(key, (tally.get(key) ?? 0) + 1)
    }
  }
  return tally
}

/** The records that a member's listed proposals name. */
function recordsOf({ cluster, honest }: Run, subject: number): ReadonlySet<string | undefined> {
  const commits = cluster.nodes[honest[0] ?? 0]?.commits ?? []
  const entries = commits.flatMap(({ block }) => block.outcome.attestation)
  return new Set(entries.filter(({ member }) => member === subject).map(({ digest }) => digest?.toHex()))
}

const SIZES = [
  [4, 11],
  [5, 12],
  [7, 13],
] as const

describe('f that judge falsely', () => {
  it('change no verdict, verify nobody and refuse nobody', async () => {
    for (const [n, seed] of SIZES) {
      const run = await attesting(n, seed, falseJudge, () => [])
      const { cluster, honest, attestation } = run
      assert.deepEqual(await findProblems(cluster, honest, attestation), [], `n = ${n}`)
      assert.deepEqual(findMisses(cluster, honest), [], `n = ${n}`)
      const tally = tallyOf(run)
      assert.ok(recordsOf(run, honest[0] ?? 0).size >= 3, `n = ${n}: nobody dies, and records are renewed`)
      for (const id of honest) {
        // Unjudged in the first epoch, and in that of each new record.
        assert.ok((tally.get(`${id} verified`) ?? 0) >= EPOCHS / 2, `n = ${n}, member ${id}: ${[...tally].join(' ')}`)
      }
    }
  })

  it('do not save one of them whose record is refused, and its clock counts no more', async () => {
    for (const [n, seed] of SIZES) {
      const run = await attesting(n, seed + 10, falseJudge, (liars) => liars.slice(0, 1))
      const { cluster, honest, liars, attestation } = run
      assert.deepEqual(await findProblems(cluster, honest, attestation), [], `n = ${n}`)
      assert.deepEqual(findMisses(cluster, honest), [], `n = ${n}`)
      const tally = tallyOf(run)
      assert.ok((tally.get(`${liars[0]} refused`) ?? 0) >= 2, `n = ${n}: ${[...tally].join(' ')}`)
      assert.equal(tally.get(`${liars[0]} verified`), undefined, `n = ${n}`)
    }
  })
})

describe('a member whose record is refused', () => {
  it('keeps its frame and its signature, and is accused of nothing', async () => {
    for (const [n, seed] of SIZES) {
      const run = await attesting(n, seed + 20, twoFacedClock, (liars) => liars.slice(0, 1))
      const { cluster, honest, liars, attestation } = run
      assert.deepEqual(await findProblems(cluster, honest, attestation), [], `n = ${n}`)
      assert.deepEqual(findMisses(cluster, honest), [], `n = ${n}`)
      const [refused = -1] = liars
      const blocks = (cluster.nodes[0]?.commits ?? []).map(({ block }) => block)
      const counted = blocks.filter(({ outcome }) =>
        outcome.attestation.some(({ member, verdict }) => member === refused && verdict === 'refused'),
      )
      assert.ok(counted.length >= 2, `n = ${n}`)
      for (const { outcome } of counted) {
        const frame = outcome.frames.find(({ member }) => member === refused)
        assert.deepEqual([frame?.verdict, frame?.intervals], ['none', outcome.frames.length - 1])
        assert.ok(frame?.region !== undefined, 'it is told what time it is all the same')
      }
      const signed = (cluster.nodes[0]?.commits ?? []).some(({ votes }) =>
        votes?.some(({ sender }) => sender === refused),
      )
      assert.ok(signed, `n = ${n}: its votes count`)
      assert.deepEqual(
        honest.flatMap((id) => cluster.nodes[id]?.evidence ?? []),
        [],
      )
    }
  })

  it('may be so honest: as long as q clocks are left there is a region, with fewer there is none and decisions go on', async () => {
    const run = await attesting(4, 41, { play: () => ({}) }, () => [2])
    assert.deepEqual(await findProblems(run.cluster, [0, 1, 2, 3], run.attestation), [])
    assert.deepEqual(findMisses(run.cluster, [0, 1, 2, 3]), [])
    const two = await attesting(4, 42, { play: () => ({}) }, () => [2, 3])
    assert.deepEqual(await findProblems(two.cluster, [0, 1, 2, 3], two.attestation), [])
    const blocks = (two.cluster.nodes[0]?.commits ?? []).map(({ block }) => block)
    assert.ok(blocks.length >= EPOCHS - 2)
    const refusing = blocks.filter(
      ({ outcome }) => outcome.attestation.filter(({ verdict }) => verdict === 'refused').length === 2,
    )
    assert.ok(refusing.length >= 2)
    for (const { outcome } of refusing) {
      assert.deepEqual([outcome.grade, ...outcome.frames.flatMap(({ region }) => region ?? [])], ['unvalidated'])
    }
  })
})

describe('a record that is renewed', () => {
  it('each epoch, before anybody has judged the last one, does not keep in a clock that is refused', async () => {
    for (const [n, seed] of SIZES) {
      const refreshNs = 700n * NS_PER_MILLISECOND
      const run = await attesting(n, seed + 30, { play: () => ({}) }, (liars) => liars.slice(0, 1), refreshNs)
      const { cluster, honest, liars, attestation } = run
      assert.deepEqual(await findProblems(cluster, honest, attestation), [], `n = ${n}`)
      const verdicts = (cluster.nodes[0]?.commits ?? []).flatMap(({ block }) =>
        block.outcome.attestation.filter(({ member }) => member === liars[0]).map(({ verdict }) => verdict),
      )
      assert.equal(recordsOf(run, liars[0] ?? 0).size, verdicts.length, `n = ${n}: another one each time`)
      assert.deepEqual(new Set(verdicts.slice(1)), new Set(['refused']), `n = ${n}: ${verdicts.join(' ')}`)
    }
  })

  it('faster than anybody can judge it is never judged, and accuses nobody, whoever dies and starts again in a view', async () => {
    const attestation: VirtualAttestation = { refreshNs: 20n * NS_PER_MILLISECOND, verdicts: Array(4).fill('verified') }
    const cluster = createLiarCluster({ n: 4, seed: 7, delayNsMax: 20_000_000n, attestation }, new Map())
    for (let turn = 0; turn < 40; turn++) {
      await cluster.run(130_000_000n)
      const id = turn % 4
      cluster.crash(id)
      cluster.later(60_000_000n, () => cluster.restart(id))
    }
    await cluster.run(3n * NS_PER_SECOND)
    assert.deepEqual(await findProblems(cluster, [0, 1, 2, 3], attestation), [])
    assert.deepEqual(
      cluster.nodes.flatMap(({ evidence }) => evidence),
      [],
    )
    const blocks = (cluster.nodes[0]?.commits ?? []).map(({ block }) => block)
    assert.ok(blocks.length >= 3, `${blocks.length} blocks`)
    const digests = blocks.flatMap(({ outcome }) => outcome.attestation.map(({ digest }) => digest?.toHex()))
    assert.ok(new Set(digests).size > digests.length / 2, 'they do change')
  })
})
