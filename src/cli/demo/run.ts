import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { checkClusterPlan } from '../../../provisioning/cluster-plan.ts'
import { createCluster } from '../../../provisioning/new-cluster.ts'
import { readLeapTable } from '../../config/leap-seconds.ts'
import type { Membership } from '../../consensus/membership.ts'
import { assert } from '../../core/assert.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { NS_PER_SECOND, plus, type TaiNs, taiNs } from '../../core/time.ts'
import { readMonoNs } from '../../linux/clock.ts'
import type { DemoOptions } from '../demo.ts'
import { createConductor } from './conductor.ts'
import { type Desk, openDesk } from './instruments.ts'
import { freePorts } from './ports.ts'
import { createTeller } from './teller.ts'
import { createWorld, type World } from './world.ts'

/** Epoch 0 is put here, so that the appliances are up at about epoch 1. */
const GENESIS_AHEAD_NS = 3n * NS_PER_SECOND

/**
 * The whole product on one machine, nothing faked but the sky: provisioning, emulated instruments on ptys, one process
 * per appliance. Ends after the epochs asked for, or at Ctrl-C.
 */
export async function runDemo(options: DemoOptions): Promise<Result<void>> {
  const leapTable = readLeapTable(undefined)
  if (!leapTable.ok) return leapTable
  const world = createWorld(leapTable.value)
  if (!world.ok) return world
  const folder = openFolder(options.folder)
  if (!folder.ok) return folder
  const desks: Desk[] = []
  try {
    const prepared = await prepare(options, world.value, folder.value, desks)
    if (!prepared.ok) return prepared
    const teller = createTeller(options, folder.value, prepared.value)
    const conductor = createConductor({
      options,
      folder: folder.value,
      membership: prepared.value,
      world: world.value,
      teller,
      setFault: (node, instrument, name, on) => {
        const desk = desks[node]
        assert(desk !== undefined, `appliance ${node} has a desk`)
        return desk.setFault(instrument, name, on)
      },
    })
    await conductor.play()
    return ok(undefined)
  } finally {
    await Promise.all(desks.map((desk) => desk.close()))
    if (options.folder === undefined) rmSync(folder.value, { recursive: true, force: true })
  }
}

function openFolder(asked: string | undefined): Result<string> {
  try {
    if (asked === undefined) return ok(mkdtempSync(join(tmpdir(), 'quorumtime-demo-')))
    mkdirSync(asked, { recursive: true })
    return ok(resolve(asked))
  } catch (error) {
    return fail(
      'demo.folder',
      `--folder: expected a folder to write to, got ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    )
  }
}

/** Instruments first, since the names of their ptys go into the configurations; then keys, genesis, journals. */
async function prepare(options: DemoOptions, world: World, folder: string, desks: Desk[]): Promise<Result<Membership>> {
  const startedAt = readMonoNs()
  const appliances: object[] = []
  for (const [id, ports] of (await freePorts(options.nodes)).entries()) {
    const name = `ts${id}`
    mkdirSync(join(folder, name, 'state'), { recursive: true })
    const desk = openDesk(
      join(folder, name),
      1_000 + 10 * id,
      world.sky(startedAt, id === options.liar ? options.liarRatePpb : 0n),
    )
    if (!desk.ok) return desk
    desks.push(desk.value)
    appliances.push({
      name,
      site: `site-${id}`,
      address: '127.0.0.1',
      ...ports,
      sources: desk.value.sources,
    })
  }
  const plan = checkClusterPlan({ cluster: 'demo', acceptSingleDomain: ['gnss'], appliances }, 'demo')
  if (!plan.ok) return plan
  const made = createCluster({
    plan: plan.value,
    folder,
    dryRun: false,
    // Ports and ptys of a folder that is used again are others now.
    updateConfigurations: true,
    genesisTai: genesisAfter(world, startedAt),
  })
  if (!made.ok) return made
  assert(made.value.membership !== undefined, 'a run that is not dry makes the membership')
  return ok(made.value.membership)
}

function genesisAfter(world: World, at: ReturnType<typeof readMonoNs>): TaiNs {
  const earliest = plus(world.truth(at), GENESIS_AHEAD_NS)
  return taiNs(earliest - (earliest % NS_PER_SECOND))
}
