import assert from 'node:assert/strict'
import { cpSync, lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { BENCH_ATTESTATION, benchTpm, makeBench } from '../../provisioning/bench.ts'
import { checkClusterPlan } from '../../provisioning/cluster-plan.ts'
import { findSwtpm } from '../../provisioning/software-tpm.ts'
import { freePorts } from '../../src/cli/demo/ports.ts'
import { taiNs } from '../../src/core/time.ts'
import { startAgent } from '../support/agent-process.ts'
import { unwrap } from '../support/results.ts'
import { openScope } from '../support/scope.ts'

/** A real agent whose keys its TPM gives, and whose starts its TPM counts (swtpm, libtpms). */

const found = findSwtpm()
const skip = found.ok ? false : found.fault.message
const folder = mkdtempSync(join(tmpdir(), 'qt-sealed-'))
const scope = openScope()
after(async () => {
  await scope.close()
  rmSync(folder, { recursive: true, force: true })
})

const own = join(folder, 'ts0')
const start = (): ReturnType<typeof startAgent> => startAgent(scope, join(own, 'config.toml'))

async function bench(): Promise<void> {
  const [ports] = await freePorts(1)
  const appliances = [{ name: 'ts0', site: 'hall', address: '127.0.0.1', ...ports, sources: [], tpm: benchTpm('ts0') }]
  const plan = unwrap(checkClusterPlan({ cluster: 'sealed', attestation: BENCH_ATTESTATION, appliances }, 'plan'))
  const made = await makeBench({
    plan,
    folder,
    genesisTai: () => taiNs(1_900_000_000_000_000_000n),
    updateConfigurations: false,
    run: { dryRun: false, say: () => undefined, log: undefined },
  })
  scope.after(unwrap(made).stop)
}

test('an agent unseals its keys at each start, ends when it is told to during one, and an agent whose state folder was put back is refused', {
  skip,
}, async () => {
  await bench()
  for (const bootCount of [1, 2]) {
    const agent = start()
    const keys = await agent.until(({ type }) => type === 'keys')
    assert.deepEqual([keys['signing'], keys['tls']], [['tpm'], ['tpm']])
    const started = await agent.until(({ type }) => type === 'started')
    assert.equal(started['bootCount'], bootCount)
    if (bootCount === 1) {
      mkdirSync(join(folder, 'backup'))
      cpSync(join(own, 'state'), join(folder, 'backup'), {
        recursive: true,
        filter: (path) => !lstatSync(path).isSocket(),
      })
    }
    agent.signal('SIGTERM')
    const { code, stderr } = await agent.ended
    assert.equal(code, 0, stderr)
    assert.deepEqual(
      agent.events.filter(({ type, code: alarm }) => type === 'alarm' && alarm === 'key.plain'),
      [],
    )
  }
  const early = start()
  await early.until(({ type }) => type === 'keys')
  early.signal('SIGTERM')
  const { code: earlyCode, stderr: earlyWords } = await early.ended
  assert.equal(earlyCode, 0, `told to end while it starts, it does so in good order: ${earlyWords}`)
  rmSync(join(own, 'state'), { recursive: true })
  cpSync(join(folder, 'backup'), join(own, 'state'), { recursive: true })
  const { code, stderr } = await start().ended
  assert.equal(code, 1)
  assert.match(stderr, /expected the count of the TPM, \d+, got a journal that knows \d+: a backup was restored/)
})
