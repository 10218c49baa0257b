import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { BENCH_ATTESTATION, benchTpm, makeBench } from '../../../provisioning/bench.ts'
import { type ClusterPlan, checkClusterPlan } from '../../../provisioning/cluster-plan.ts'
import { createCluster } from '../../../provisioning/new-cluster.ts'
import { openStepLog } from '../../../provisioning/step-log.ts'
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
  const ends: (() => Promise<void>)[] = []
  try {
    const prepared = await prepare(options, world.value, folder.value, { desks, ends })
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
    await Promise.all([...desks.map((desk) => desk.close()), ...ends.map((end) => end())])
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

interface Opened {
  readonly desks: Desk[]
  /** What has to be ended beside them. */
  readonly ends: (() => Promise<void>)[]
}

/** Instruments first, since the names of their ptys go into the configurations; then keys, genesis, journals. */
async function prepare(
  options: DemoOptions,
  world: World,
  folder: string,
  opened: Opened,
): Promise<Result<Membership>> {
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
    opened.desks.push(desk.value)
    appliances.push({
      name,
      site: `site-${id}`,
      address: '127.0.0.1',
      ...ports,
      sources: desk.value.sources,
      ...(options.attest ? { tpm: benchTpm(name) } : {}),
    })
  }
  const asked = options.attest ? { attestation: BENCH_ATTESTATION } : {}
  const plan = checkClusterPlan({ cluster: 'demo', acceptSingleDomain: ['gnss'], ...asked, appliances }, 'demo')
  if (!plan.ok) return plan
  return options.attest
    ? makeAttested(plan.value, folder, world, opened)
    : makePlain(plan.value, folder, genesisAfter(world, startedAt))
}

/** Ports and ptys of a folder that is used again are others now, so configurations are replaced. */
function makePlain(plan: ClusterPlan, folder: string, genesisTai: TaiNs): Result<Membership> {
  const made = createCluster({ plan, folder, dryRun: false, updateConfigurations: true, genesisTai })
  if (!made.ok) return made
  assert(made.value.membership !== undefined, 'a run that is not dry makes the membership')
  return ok(made.value.membership)
}

/** The same with a software TPM for each, enrolled by an authority: as `provisioning/test-bench` does. */
async function makeAttested(
  plan: ClusterPlan,
  folder: string,
  world: World,
  { ends }: Opened,
): Promise<Result<Membership>> {
  const bench = await makeBench({
    plan,
    folder,
    genesisTai: () => genesisAfter(world, readMonoNs()),
    updateConfigurations: true,
    run: { dryRun: false, say: () => undefined, log: openStepLog(join(folder, 'bench.log'), 'demo') },
  })
  if (!bench.ok) return bench
  ends.push(bench.value.stop)
  return ok(bench.value.membership)
}

function genesisAfter(world: World, at: ReturnType<typeof readMonoNs>): TaiNs {
  const earliest = plus(world.truth(at), GENESIS_AHEAD_NS)
  return taiNs(earliest - (earliest % NS_PER_SECOND))
}
