import { leaderOf, membershipHash, quorumOf } from '../../src/consensus/membership.ts'
import { decodeEnvelope } from '../../src/consensus/messages.ts'
import type { Outgoing } from '../../src/consensus/replica/types.ts'
import { commandLine } from '../support/command-line.ts'
import { createReplicaCluster, type ReplicaCluster } from '../support/replica-cluster.ts'

/**
 * How long after its leader died a cluster has the next certificate, in virtual time on a LAN (a frame takes 0.1 to 2 ms,
 * Δ is 50 ms): from the death, or from the mark of the epoch when that comes later, until every survivor has it.
 */
const MS = 1_000_000n
const MARK_NS = 3_000n * MS

type Moment = 'before the mark' | 'after its proposal' | 'after its block' | 'while votes are under way'
const MOMENTS: readonly Moment[] = [
  'before the mark',
  'after its proposal',
  'after its block',
  'while votes are under way',
]

interface Case {
  readonly name: string
  readonly members: number
  readonly limitMs: number
  /** Makes a cluster whose leaders fail, run up to just before that. */
  prepare(seed: number): Promise<{ readonly cluster: ReplicaCluster; diedAtNs(): bigint | undefined }>
}

function leaderAt(cluster: ReplicaCluster, later: number): number {
  const view = Math.max(...cluster.nodes.map(({ replica }) => replica.status().view)) + later
  return leaderOf(view, quorumOf(cluster.nodes.length), membershipHash(cluster.membership))
}

function typeOf(id: number, { message }: Outgoing): string | undefined {
  const decoded = message.kind === 'signed' ? decodeEnvelope(message.value) : undefined
  return decoded?.ok === true && decoded.value.header.sender === id ? decoded.value.type : undefined
}

function oneDies(moment: Moment): Case {
  return {
    name: `n = 4, the leader dies ${moment}`,
    members: 4,
    limitMs: 500,
    prepare: async (seed) => {
      let doomed: number | undefined
      let died: bigint | undefined
      const cluster: ReplicaCluster = createReplicaCluster({
        n: 4,
        seed,
        delayNsMax: 1_900_000n,
        said: (id, outgoing) => {
          const word = moment === 'after its proposal' ? 'proposal' : 'block'
          if (id !== doomed || died !== undefined || typeOf(id, outgoing) !== word) return
          // A vote is one frame, a notarization another: within four milliseconds it has been made somewhere.
          const lateNs = moment === 'while votes are under way' ? (BigInt(seed % 40) * MS) / 10n : 0n
          died = cluster.now() + lateNs
          cluster.later(lateNs, () => cluster.crash(id))
        },
      })
      await cluster.run(MARK_NS - BigInt(1 + (seed % 400)) * MS)
      const leader = leaderAt(cluster, 0)
      if (moment === 'before the mark') {
        cluster.crash(leader)
        died = cluster.now()
      } else doomed = leader
      return { cluster, diedAtNs: () => died }
    },
  }
}

const TWO_DIE: Case = {
  name: 'n = 7, two leaders in a row die before the mark',
  members: 7,
  limitMs: 1_000,
  prepare: async (seed) => {
    const cluster = createReplicaCluster({ n: 7, seed, delayNsMax: 1_900_000n })
    await cluster.run(MARK_NS - BigInt(1 + (seed % 400)) * MS)
    for (const id of [leaderAt(cluster, 0), leaderAt(cluster, 1)]) cluster.crash(id)
    const died = cluster.now()
    return { cluster, diedAtNs: () => died }
  },
}

const ONE_DIES_ONE_IS_MUTE: Case = {
  name: 'n = 4, the leader is dead and the block of the next reaches nobody',
  members: 4,
  limitMs: 1_000,
  prepare: async (seed) => {
    let mute: number | undefined
    const cluster = createReplicaCluster({
      n: 4,
      seed,
      delayNsMax: 1_900_000n,
      tamper: (id, outgoing) => (id === mute && typeOf(id, outgoing) === 'block' ? [] : [outgoing]),
    })
    await cluster.run(MARK_NS - BigInt(1 + (seed % 400)) * MS)
    mute = leaderAt(cluster, 1)
    cluster.crash(leaderAt(cluster, 0))
    const died = cluster.now()
    return { cluster, diedAtNs: () => died }
  },
}

/** Milliseconds, to a tenth, until all survivors have a certificate that they did not have; undefined: not within 3 s. */
async function measure(each: Case, seed: number): Promise<number | undefined> {
  const { cluster, diedAtNs } = await each.prepare(seed)
  const before = new Map(cluster.nodes.map(({ id, commits }) => [id, commits.length]))
  for (let tenths = 0; tenths < 30_000; tenths++) {
    const survivors = cluster.nodes.filter(({ up }) => up)
    const died = diedAtNs()
    if (died !== undefined && died <= cluster.now() && survivors.length < each.members) {
      const have = survivors.every(({ id, commits }) => commits.length > (before.get(id) ?? 0))
      const from = died > MARK_NS ? died : MARK_NS
      if (have) return Math.max(0, Number((cluster.now() - from) / 100_000n) / 10)
    }
    await cluster.run(100_000n)
  }
  return undefined
}

async function main(): Promise<number> {
  const { seeds, json } = commandLine({
    command: 'npm run -s bench:failover',
    about: `How long after its leader died a cluster has the next certificate, in virtual time on a LAN. Exits with 1 when one took longer
than it should.`,
    options: {
      seeds: { kind: 'number', default: 200, min: 1, isWhole: true, help: 'of each case' },
      json: { kind: 'flag', help: 'one JSON array on standard output' },
    },
    examples: ['', '--seeds 20 --json'],
  })
  const rows: Record<string, unknown>[] = []
  let tooLate = 0
  for (const each of [...MOMENTS.map(oneDies), ONE_DIES_ONE_IS_MUTE, TWO_DIE]) {
    const taken: number[] = []
    let never = 0
    for (let seed = 1; seed <= seeds; seed++) {
      const ms = await measure(each, seed)
      if (ms === undefined) never += 1
      else taken.push(ms)
    }
    const sorted = taken.toSorted((a, b) => a - b)
    const over = never + sorted.filter((ms) => ms > each.limitMs).length
    tooLate += over
    const [min, median, max] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
    rows.push({ case: each.name, seeds, minMs: min, medianMs: median, maxMs: max, limitMs: each.limitMs, over })
    if (!json)
      console.log(
        `${each.name}: ${min} / ${median} / ${max} ms (min / median / max of ${seeds}), ${over} over ${each.limitMs} ms`,
      )
  }
  if (json) console.log(JSON.stringify(rows, null, 2))
  return tooLate === 0 ? 0 : 1
}

process.exitCode = await main()
