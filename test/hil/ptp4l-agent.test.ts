import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Desk, openDesk } from '../../src/cli/demo/instruments.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { provision, quorumtime, type ReportedEvent, startAgent } from '../support/agent-process.ts'
import { keepPtyNumbers } from '../support/pty-number.ts'
import { unwrap } from '../support/results.ts'
import { scopeIn } from '../support/scope.ts'
import { nextEvent } from './attested-agents.ts'
import { missingPrograms } from './daemon.ts'
import { askByPmc, startPtp4l, untilAnswers } from './linuxptp.ts'
import { createNetworkNamespaces } from './network-namespaces.ts'

const missing = await missingPrograms('ptp4l', 'pmc', 'ip', 'setpriv')

/**
 * Two appliances with emulated instruments, and a real ptp4l that serves the system's clock: UTC, so of the arbitrary time
 * scale, whose classes are 13, 14 and 58 where those of PTP's are 6, 7 and 52.
 */
test('an agent that loses its instruments has ptp4l announce holdover, and one that loses its cluster, that nobody vouches for it', {
  skip: missing,
}, async (context) => {
  const t = scopeIn(context)
  const network = await createNetworkNamespaces(1)
  if ('absent' in network) return context.skip(network.absent)
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-ptp4l-agent-'))
  const sky = unwrap(createWorld(EMBEDDED_LEAP_TABLE)).sky(readMonoNs(), 0n)
  const [own, others] = [0, 1].map((id) => {
    mkdirSync(join(folder, `ts${id}`, 'state'), { recursive: true })
    return unwrap(openDesk(join(folder, `ts${id}`), 1_000 + 10 * id, sky))
  }) as [Desk, Desk]
  const plugged = new Set([own, others])
  const unplug = async (desk: Desk): Promise<void> => {
    if (!plugged.delete(desk)) return
    keepPtyNumbers(t, desk)
    await desk.close()
  }
  t.after(async () => {
    await Promise.all([own, others].map(unplug))
    await network.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  await provision({ folder, sources: [own.sources, others.sources] })
  const settings = ['masterOnly 1', 'logAnnounceInterval 0']
  const { socket } = startPtp4l(t, { folder, name: 'ptp4l', within: network.within(0), settings })
  await untilAnswers(socket)
  const config = join(folder, 'ts0', 'config.toml')
  appendFileSync(config, `\n[outputs.ptp4l]\nsocket = "${socket}"\n`)
  const agent = startAgent(t, config)
  const other = startAgent(t, join(folder, 'ts1', 'config.toml'))
  const told = (clockClass: number) => (event: ReportedEvent) =>
    event['type'] === 'grandmaster' && event['clockClass'] === clockClass
  const look = async (...names: readonly string[]): Promise<readonly (string | undefined)[]> => {
    const found = await askByPmc(socket, 'GRANDMASTER_SETTINGS_NP')
    return names.map((name) => found[name])
  }

  await agent.until(told(13))
  assert.deepEqual(await look('clockClass', 'ptpTimescale', 'timeTraceable', 'timeSource', 'currentUtcOffset'), [
    '13',
    '0',
    '1',
    '0x20',
    '37',
  ])
  const { stdout } = await quorumtime('status', '--config', config, '--json')
  const { ptp4l } = JSON.parse(stdout) as { ptp4l: { scale: string; faults: object } }
  assert.equal(ptp4l.scale, 'utc')
  // Where the machine is busy it may have waited for an answer in vain.
  assert.deepEqual(
    Object.keys(ptp4l.faults).filter((code) => !code.endsWith('silent')),
    [],
  )

  // From now on: while a cluster begins, nobody vouches for an appliance either.
  const holdover = nextEvent(agent, told(14))
  await unplug(own)
  const inHoldover = await holdover
  const unvouched = nextEvent(agent, told(58))
  other.signal('SIGKILL')
  const alone = await unvouched
  const order = agent.events.filter(({ type }) => type === 'mode' || type === 'cluster' || type === 'grandmaster')
  context.diagnostic(order.map((event) => String(event['mode'] ?? event['state'] ?? event['clockClass'])).join(' → '))
  assert.ok(order.indexOf(inHoldover) < order.indexOf(alone))
  assert.deepEqual(await look('clockClass', 'clockAccuracy', 'timeTraceable', 'timeSource'), [
    '58',
    '0xfe',
    '0',
    '0xa0',
  ])

  agent.signal('SIGTERM')
  assert.equal((await agent.ended).code, 0)
  assert.deepEqual(await look('clockClass', 'clockAccuracy'), ['248', '0xfe'])
})
