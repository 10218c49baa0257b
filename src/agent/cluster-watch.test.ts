import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { createReplicaCluster, START_TAI } from '../../test/support/replica-cluster.ts'
import { unwrap } from '../../test/support/results.ts'
import { EMBEDDED_LEAP_TABLE } from '../core/leap-table.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus, type TaiNs } from '../core/time.ts'
import { createNodeClock } from '../fusion/node-clock.ts'
import { createRangingClock } from '../fusion/ranging-clock.ts'
import type { ServedReading } from '../fusion/served-clock.ts'
import { type EpisodeLog, openEpisodeLog } from '../ledger/episode-log.ts'
import type { AgentEvent } from './agent-event.ts'
import { type ClusterWatch, createClusterWatch } from './cluster-watch.ts'
import { createEpisodeKeeper } from './episode-keeper.ts'
import { createFaultLog } from './fault-log.ts'
import { createMemberClock } from './member-clock.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-watch-'))
after(() => rmSync(folder, { recursive: true }))

/** The cluster is cut 2|2 from here to there, in seconds. A certificate steers for ten epochs. */
const CUT_AT = 6
const HEALED_AT = 45
const END_AT = 60

/** What the own receiver is off by at a second; undefined: it is silent. */
type Receiver = (second: number) => bigint | undefined

interface Run {
  readonly events: readonly AgentEvent[]
  readonly served: readonly (ServedReading & { readonly second: number })[]
  readonly watch: ClusterWatch
  readonly log: EpisodeLog
  readonly path: string
}

const truth = (now: MonoNs): TaiNs => plus(START_TAI, now)
let runs = 0

/** Member 0 with its whole clock in a cluster of four that is cut and healed; served time is read ten times a second. */
async function live(receiver: Receiver): Promise<Run> {
  runs += 1
  let second = 0
  const isCut = (): boolean => second >= CUT_AT && second < HEALED_AT
  const sees = (a: number, b: number): boolean => !isCut() || a % 2 === b % 2
  const cluster = createReplicaCluster({
    n: 4,
    seed: 8,
    passes: sees,
    reading: (id, _epoch, honest) => ({
      ...honest,
      links: [0, 1, 2, 3]
        .filter((peer) => peer !== id)
        .map((peer) => ({ peer, up: sees(id, peer), roundTripNs: 200_000n, lossPpm: 0 })),
    }),
  })
  const { membership } = cluster
  const [node] = cluster.nodes
  assert.ok(node !== undefined)
  const events: AgentEvent[] = []
  const report = (event: AgentEvent): void => {
    events.push(event)
  }
  const nodeClock = createNodeClock({
    oscillator: 'crystal',
    sources: [{ name: 'gnss0', class: 'gnss', role: 'time', domain: 'gnss' }],
  })
  const clock = createMemberClock({
    self: 0,
    membership,
    nodeClock,
    rangingClock: createRangingClock(new Uint8Array(16).fill(1), 200n, monoNs(0n)),
    leapTable: EMBEDDED_LEAP_TABLE,
    report,
    start: monoNs(0n),
    floorPpb: 200n,
  })
  clock.bootstrap(START_TAI, monoNs(0n))
  const path = join(folder, `episodes-${runs}.sqlite`)
  const log = unwrap(openEpisodeLog(path))
  const watch = createClusterWatch({
    membership,
    replica: node.replica,
    clock,
    episodes: createEpisodeKeeper(log, report, createFaultLog(report)),
    peersUp: () => (isCut() ? 1 : 3),
    report,
    start: monoNs(0n),
  })
  const served: (ServedReading & { second: number })[] = []
  let followed = 0
  for (second = 0; second < END_AT; second++) {
    const mark = monoNs(BigInt(second) * NS_PER_SECOND)
    const errorNs = receiver(second)
    if (errorNs !== undefined) {
      const taiNs = plus(truth(mark), errorNs)
      const sample = { source: 'gnss0', monoNs: mark, taiNs, accuracyNs: 300n, precisionNs: 100n }
      nodeClock.observe({ kind: 'time', ...sample, quality: 'locked' })
    }
    if (second > 0) clock.measure(second, mark, [], [])
    for (let tenth = 0; tenth < 10; tenth++) {
      await cluster.run(NS_PER_SECOND / 10n)
      const now = cluster.now()
      for (const { block } of node.commits.slice(followed)) {
        clock.follow(block, node.replica, now)
        watch.committed(block, now)
      }
      followed = node.commits.length
      const reading = clock.served(now)
      if (reading !== undefined) served.push({ ...reading, second: second + tenth / 10 })
    }
    watch.look(cluster.now())
  }
  return { events, served, watch, log, path }
}

function statesOf(events: readonly AgentEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'cluster' ? [event.state] : []))
}

interface EpisodeRecord {
  readonly reason: string
  readonly lastCertified: { readonly epoch: number }
  readonly samples: readonly { readonly sinceNs: string; readonly boundNs: string }[]
  readonly ended: {
    readonly how: string
    readonly durationNs: string
    readonly divergence?: { readonly meets: boolean }
  }
}

function episodesOf({ log }: Run): readonly EpisodeRecord[] {
  return unwrap(log.newest(9)).map(({ record }) => JSON.parse(record) as EpisodeRecord)
}

/** The served clock never goes back, and runs no more than 500 ppm faster or slower than true time. */
function assertSlewed(served: Run['served']): void {
  for (const [index, reading] of served.entries()) {
    const before = served[index - 1]
    if (before === undefined) continue
    const [elapsed, walked] = [reading.monoNs - before.monoNs, reading.taiNs - before.taiNs]
    const slewNs = walked > elapsed ? walked - elapsed : elapsed - walked
    assert.ok(walked > 0n && slewNs * 1_000_000n <= elapsed * 501n, `${reading.second} s: ${slewNs} ns in ${elapsed}`)
  }
}

const missesTruth = ({ taiNs, monoNs: now, boundNs }: ServedReading): boolean => {
  const errorNs = taiNs - truth(now)
  return (errorNs < 0n ? -errorNs : errorNs) > boundNs
}

describe('an appliance whose cluster is cut in two, and whose receiver falls silent', async () => {
  const run = await live((second) => (second < 12 ? 50n : undefined))

  it('goes through every state, and falls back when the last certificate is void', () => {
    const states = ['synced', 'degraded', 'hardware-fallback', 'rejoining', 'synced']
    assert.deepEqual(statesOf(run.events), states)
    const fallback = run.served.filter(({ origin }) => origin === 'own-hardware')
    assert.ok((fallback[0]?.second ?? 0) >= CUT_AT + 8 && (fallback.at(-1)?.second ?? 0) < HEALED_AT + 8)
    assert.ok(fallback.every(({ flags }) => flags.includes('hardware-fallback')))
  })

  it('serves time that never steps and whose bound holds, before, in and after the fallback', () => {
    assertSlewed(run.served)
    assert.deepEqual(run.served.filter(missesTruth), [])
  })

  it('serves a bound that grows with every reading of its fallback', () => {
    const bounds = run.served.filter(({ origin }) => origin === 'own-hardware').map(({ boundNs }) => boundNs)
    assert.ok(bounds.length > 200)
    for (const [index, bound] of bounds.entries()) assert.ok(bound >= (bounds[index - 1] ?? 0n))
    assert.ok((bounds.at(-1) ?? 0n) > 2n * (bounds[0] ?? 0n), `${bounds[0]} to ${bounds.at(-1)} ns`)
  })

  it('records the episode: why, since which certificate, growing samples, and how far off it was', () => {
    const [episode, ...more] = episodesOf(run)
    assert.ok(episode !== undefined)
    assert.deepEqual(more, [])
    assert.match(episode.reason, /^no certificate has steered for 1\d epochs$/)
    assert.ok(episode.lastCertified.epoch >= 4 && episode.lastCertified.epoch <= CUT_AT)
    assert.ok(episode.samples.length >= 8 && episode.samples.length <= 20)
    for (const [index, { boundNs }] of episode.samples.entries()) {
      assert.ok(BigInt(boundNs) >= BigInt(episode.samples[index - 1]?.boundNs ?? 0n))
    }
    assert.equal(episode.ended.how, 'certificate')
    assert.ok(Number(episode.ended.durationNs) / 1e9 > HEALED_AT - CUT_AT - 12)
    assert.equal(episode.ended.divergence?.meets, true)
    const [told] = run.events.flatMap((event) => (event.type === 'divergence' ? [event] : []))
    assert.ok(told?.meets === true && told.durationNs > 0n && told.ownBoundNs > 0n)
    assert.ok(!run.events.some((event) => event.type === 'alarm' && event.code === 'partition.bound-missed'))
  })

  it('tells how the network fell apart and came together, as its members said', () => {
    const changes = run.events.flatMap((event) => (event.type === 'partition' ? [event] : []))
    const whole = [['node0', 'node1', 'node2', 'node3']]
    const halves = [
      ['node0', 'node2'],
      ['node1', 'node3'],
    ]
    // While it lasts the other two are not heard: for this member each of them is alone.
    const cut = [['node0', 'node2'], ['node1'], ['node3']]
    const seen = changes.map(({ after }) => JSON.stringify(after))
    assert.deepEqual(changes[0]?.before, whole)
    assert.ok(seen.includes(JSON.stringify(cut)), seen.join(' '))
    assert.ok(seen.slice(0, -1).every((parts) => [cut, halves].some((known) => JSON.stringify(known) === parts)))
    assert.deepEqual(changes.at(-1)?.after, whole)
    assert.deepEqual([changes[0]?.affected, changes.at(-1)?.affected], [whole[0], []])
    const answer = run.watch.partitions() as { components: unknown; history: unknown[]; links: unknown[] }
    assert.deepEqual([answer.components, answer.history.length, answer.links.length], [whole, changes.length, 6])
  })
})

describe('an appliance whose receiver walks away while nobody can tell it', async () => {
  const run = await live((second) => (second < 20 ? 50n : 50n + BigInt(second - 20) * 20_000n))

  it('is told so when it rejoins: the bound that it served was wrong', () => {
    const [told] = run.events.flatMap((event) => (event.type === 'divergence' ? [event] : []))
    assert.ok(told !== undefined)
    assert.deepEqual([told.meets, told.ownContainsCertified, told.certifiedContainsOwn], [false, false, false])
    assert.ok(told.offsetNs < -400_000n, `${told.offsetNs} ns`)
    const alarms = run.events.flatMap((event) => (event.type === 'alarm' ? [event.code] : []))
    assert.ok(alarms.includes('partition.bound-missed'))
    assert.equal(episodesOf(run)[0]?.ended.divergence?.meets, false)
    const standing = run.watch.standing(monoNs(60n * NS_PER_SECOND)) as { lastDivergence: unknown }
    assert.deepEqual(standing.lastDivergence, (({ type: _type, durationNs: _duration, ...rest }) => rest)(told))
  })

  it('slews back without a step, and from the first certificate on its bound holds again', () => {
    assertSlewed(run.served)
    const back = run.served.filter(({ origin, second }) => origin === 'certified' && second > HEALED_AT)
    assert.ok(back.length > 50)
    assert.deepEqual(back.filter(missesTruth), [])
    const [first, last] = [back[0], back.at(-1)]
    assert.ok(first !== undefined && last !== undefined)
    assert.ok(first.boundNs > 300_000n, 'it still serves the wrong time, and says by how much it may be wrong')
    assert.ok(last.boundNs < 200_000n, `${last.boundNs} ns`)
  })
})

it('an episode that a restart cuts short is closed by the next start, and what was sampled is kept', async () => {
  const path = join(folder, 'interrupted.sqlite')
  const events: AgentEvent[] = []
  const report = (event: AgentEvent): void => {
    events.push(event)
  }
  const began = { beganTai: undefined, reason: 'no certificate', lastCertified: undefined }
  const reading = { boundNs: 70n, targetTaiNs: 5n, taiNs: 3n } as unknown as ServedReading
  const log = unwrap(openEpisodeLog(path))
  const keeper = createEpisodeKeeper(log, report, createFaultLog(report))
  keeper.begin(began, monoNs(0n))
  for (const second of [1n, 2n, 5n]) keeper.sample(reading, monoNs(second * NS_PER_SECOND))
  log.close()

  const reopened = unwrap(openEpisodeLog(path))
  const after = createEpisodeKeeper(reopened, report, createFaultLog(report))
  assert.equal(after.isOpen(), false)
  const [episode] = after.newest() as readonly EpisodeRecord[]
  assert.deepEqual(episode?.ended, { durationNs: '5000000000', how: 'restart' })
  assert.equal(episode?.samples.length, 3)
  after.begin(began, monoNs(0n))
  after.end('stopped', undefined, monoNs(NS_PER_SECOND))
  assert.deepEqual(
    (after.newest() as readonly EpisodeRecord[]).map(({ ended }) => ended.how),
    ['stopped', 'restart'],
  )
  assert.deepEqual(events, [])
  reopened.close()
})
