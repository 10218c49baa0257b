import type { Outgoing } from '../../../src/consensus/replica/types.ts'
import { max } from '../../../src/core/integer.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND } from '../../../src/core/time.ts'
import { type Fate, type ReplicaCluster, testMembership } from '../../support/replica-cluster.ts'
import type { Memo } from '../../support/shared-compose.ts'
import { TEST_TERMS } from '../../support/virtual-attestation.ts'
import { ADVERSARIES } from '../byzantine/adversaries.ts'
import type { VoteWitness } from '../checkers/fork-culprits.ts'
import { createMonotonicChecker, type MonotonicChecker } from '../checkers/monotonic.ts'
import { createValidityChecker, type ValidityChecker } from '../checkers/validity.ts'
import { createLiarCluster } from '../liar-cluster.ts'
import { createStations, type Stations, type Witness } from '../world/station.ts'
import { isSound } from './cast.ts'
import { type Scenario, type SeedOptions, scenarioOfSeed } from './scenario-of-seed.ts'
import type { RunSignatures } from './signatures.ts'

export interface Simulation extends SeedOptions {
  readonly signatures: RunSignatures
  readonly trace: Trace | undefined
  /** Whether members share what they compose. */
  readonly memo: Memo
  /** Hears everything that honest members let in. A run that forks is run again with one, unless it has one. */
  readonly votes?: VoteWitness
  /** Changes what the seed meant, behind the back of the checkers: a planted violation, for the tests of them. */
  plant?(scenario: Scenario): Scenario
}

/** Told what happens, for people. */
export interface Trace extends Pick<Witness, 'decided' | 'marked'> {
  begin(cluster: ReplicaCluster): void
  said(id: number, outgoing: Outgoing): void
  power(id: number, what: 'on' | 'off' | Fate): void
}

/** A cluster in its world, with everybody who watches it. */
export interface Run {
  readonly scenario: Scenario
  readonly simulation: Simulation
  readonly cluster: ReplicaCluster
  readonly stations: Stations
  readonly validity: ValidityChecker
  readonly monotonic: MonotonicChecker
  readonly end: MonoNs
  restarts: number
  lookedAt: MonoNs
}

export function createRun(simulation: Simulation): Run {
  const { n, seed, epochs, signatures, trace, votes, memo } = simulation
  const drawn = scenarioOfSeed(simulation)
  const scenario = simulation.plant?.(drawn) ?? drawn
  const { cast, network, disk, prng, calmAt, attestation } = scenario
  const membership = testMembership(n, signatures, attestation && TEST_TERMS)
  const observers = new Set(isSound(cast) ? cast.honest : [])
  const right = new Set([...observers, ...cast.dead].filter((id) => !cast.wrong.has(id) && !cast.spoofed.includes(id)))
  const validity = createValidityChecker(membership, { right, observers })
  const monotonic = createMonotonicChecker(observers)
  const witness: Witness = {
    marked: (mark) => {
      validity.marked(mark)
      trace?.marked(mark)
    },
    served: monotonic.served,
    decided: (node, commit) => {
      if (!cast.liars.has(node.id)) validity.decided(node, commit)
      trace?.decided(node, commit)
    },
  }
  const { oscillators, hardware, ranging, latenessNsMax } = scenario
  const stations = createStations({
    membership,
    prng,
    oscillators,
    hardware,
    climate: ranging,
    liars: new Set(cast.liars.keys()),
    witness,
    reaches: network.reaches,
  })
  const lies = [...cast.liars].flatMap(([id, name]) => {
    const adversary = ADVERSARIES[name]
    return adversary === undefined ? [] : [[id, adversary] as const]
  })
  const cluster = createLiarCluster(
    {
      n,
      seed,
      signatures,
      memo,
      attestation,
      arrivals: network.arrivals,
      fate: (id, now) => {
        const fate = disk.fate(id, now)
        if (fate !== 'lives') trace?.power(id, fate)
        return fate
      },
      oscillator: (id) => oscillators[id] ?? VIRTUAL_TIME,
      station: stations.create,
      latenessNs: () => BigInt(Math.floor(Number(latenessNsMax) * prng.nextUnit())),
      ...(trace && { said: trace.said }),
      ...(votes && {
        admitted: (id, input) => {
          if (!cast.liars.has(id)) votes.admitted(input)
        },
      }),
    },
    new Map(lies),
  )
  trace?.begin(cluster)
  const end = max(calmAt, monoNs(BigInt(epochs) * NS_PER_SECOND - 100n * NS_PER_MILLISECOND))
  return { scenario, simulation, cluster, stations, validity, monotonic, end, restarts: 0, lookedAt: monoNs(0n) }
}

const VIRTUAL_TIME = { at: (virtual: MonoNs) => virtual, whenShows: (local: MonoNs) => local }

export function honestNodes({ cluster, scenario }: Run): ReplicaCluster['nodes'] {
  return scenario.cast.honest.flatMap((id) => cluster.nodes[id] ?? [])
}
