import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkClusterPlan } from '../../../provisioning/cluster-plan.ts'
import { createCluster } from '../../../provisioning/new-cluster.ts'
import { unwrap } from '../../../test/support/results.ts'
import { taiNs } from '../../core/time.ts'
import { freePorts } from './ports.ts'
import { type AgentProcess, createAgentProcess } from './processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-processes-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** What a process has said, and a promise for the next thing of a kind that it says. */
function listen(configFile: string) {
  const heard: string[] = []
  const waiting: { readonly pattern: RegExp; readonly resolve: () => void }[] = []
  const hear = (text: string): void => {
    heard.push(text)
    for (const { pattern, resolve } of waiting) if (pattern.test(text)) resolve()
  }
  const process: AgentProcess = createAgentProcess(7, configFile, {
    onEvent: (id, event) => hear(`${id} event ${JSON.stringify(event)}`),
    onTrouble: (id, text) => hear(`${id} trouble ${text}`),
  })
  const next = (pattern: RegExp): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ pattern, resolve })
    })
  return { process, heard, next }
}

test('a process that ends by itself says why, and nobody starts it again', async () => {
  const { process, heard, next } = listen(join(folder, 'absent.toml'))
  const ended = next(/ended by itself/)
  process.start()
  assert.equal(process.alive(), true)
  await ended
  assert.equal(process.alive(), false)
  assert.match(
    heard[0] ?? '',
    /^7 trouble quorumtime: .*absent\.toml: expected a configuration file, got no such file$/,
  )
  assert.deepEqual(heard.slice(1), ['7 trouble ended by itself: exit code 1'])
  await process.stop()
})

test('there is never more than one process, whatever is asked for in which order', async () => {
  const appliances = [{ name: 'ts0', site: 'desk', address: '127.0.0.1', ...(await freePorts(1))[0], sources: [] }]
  const plan = unwrap(checkClusterPlan({ cluster: 'test', appliances }, 'plan'))
  const options = { plan, folder, dryRun: false, updateConfigurations: false, genesisTai: taiNs(0n) }
  unwrap(createCluster(options))
  const { process, heard, next } = listen(join(folder, 'ts0', 'config.toml'))
  const started = /"type":"started"/
  let running = next(started)
  process.start()
  process.start()
  await running
  running = next(started)
  process.start()
  process.kill()
  process.start()
  await running
  assert.equal(process.alive(), true)
  process.kill()
  process.start()
  await process.stop()
  assert.equal(process.alive(), false)
  const bootCounts = heard.flatMap((text) => /"bootCount":(\d+)/.exec(text)?.[1] ?? [])
  assert.deepEqual(bootCounts, ['1', '2'])
  assert.deepEqual(
    heard.filter((text) => text.includes(' trouble ')),
    [],
  )
})
