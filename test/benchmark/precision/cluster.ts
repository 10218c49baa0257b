import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { EmulatorContext } from '../../../drivers/driver.ts'
import { checkClusterPlan } from '../../../provisioning/cluster-plan.ts'
import { createCluster } from '../../../provisioning/new-cluster.ts'
import { openDesk } from '../../../src/cli/demo/instruments.ts'
import { createWorld, type World } from '../../../src/cli/demo/world.ts'
import { readLeapTable } from '../../../src/config/leap-seconds.ts'
import { type MonoNs, NS_PER_SECOND, plus, taiNs } from '../../../src/core/time.ts'
import { readMonoNs } from '../../../src/linux/clock.ts'
import { type AgentRun, startAgent } from '../../support/agent-process.ts'
import { unwrap } from '../../support/results.ts'
import { createFalseTime, distortionOf, type FalseTime } from './distortion.ts'
import { falseEnvironment } from './false-process.ts'
import { type BenchmarkWorld, NODES } from './world.ts'

export interface Appliance {
  readonly agent: AgentRun
  readonly falseTime: FalseTime
}

export interface Cluster {
  readonly appliances: readonly Appliance[]
  readonly world: World
}

/** From `since` on the instruments of this member walk away from the truth. */
export interface Walk {
  readonly member: number
  readonly since: MonoNs
  readonly ratePpb: bigint
}

/**
 * Four agents as an operator would run them, each in its namespace with its own false clock. Their instruments are
 * emulated on real ptys by this process, whose clock is the true one; their pulses are told as they were meant, and not
 * as late as a busy machine would have stamped them.
 */
export function startCluster({ scope, network, folder }: BenchmarkWorld, walk: Walk): Cluster {
  const world = unwrap(createWorld(unwrap(readLeapTable(undefined))))
  const startedAt = readMonoNs()
  const appliances = NODES.map((id) => {
    const own = join(folder, `ts${id}`)
    mkdirSync(join(own, 'state'), { recursive: true })
    const sky = id === walk.member ? walkingSky(world, walk) : world.sky(startedAt, 0n)
    const desk = unwrap(openDesk(own, 1_000 + 10 * id, sky))
    scope.after(() => desk.close())
    return { name: `ts${id}`, site: `site-${id}`, address: network.address(id), sources: desk.sources }
  })
  const plan = unwrap(checkClusterPlan({ cluster: 'precision', acceptSingleDomain: ['gnss'], appliances }, 'plan'))
  const earliest = plus(world.truth(startedAt), 5n * NS_PER_SECOND)
  const genesisTai = taiNs(earliest - (earliest % NS_PER_SECOND))
  unwrap(createCluster({ plan, folder, dryRun: false, updateConfigurations: true, genesisTai }))
  return {
    world,
    appliances: NODES.map((id) => {
      const distortion = distortionOf(id, startedAt)
      const configuration = join(folder, `ts${id}`, 'config.toml')
      const agent = startAgent(scope, configuration, falseEnvironment(distortion), network.within(id))
      return { agent, falseTime: createFalseTime(distortion) }
    }),
  }
}

/** Tells the truth until the walk begins. */
function walkingSky(world: World, { since, ratePpb }: Walk): EmulatorContext {
  const walking = world.sky(since, ratePpb)
  return {
    ...walking,
    skyTai: (at) => (at <= since ? world.truth(at) : walking.skyTai(at)),
    skyMono: (tai) => (tai <= world.truth(since) ? world.mono(tai) : walking.skyMono(tai)),
  }
}
