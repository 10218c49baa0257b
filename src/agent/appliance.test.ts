import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { families } from '../../drivers/index.ts'
import { keepPtyNumber } from '../../test/support/pty-number.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { type Configuration, configurationSchema } from '../config/schema.ts'
import { EMBEDDED_LEAP_TABLE } from '../core/leap-table.ts'
import { between, monoNs, plus, taiNs } from '../core/time.ts'
import { hostEmulator } from '../device/emulated-instrument.ts'
import { readMonoNs } from '../linux/clock.ts'
import { bindUnixDatagram } from '../linux/unix-datagram.ts'
import type { AgentEvent } from './agent-event.ts'
import { openAppliance } from './appliance.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-appliance-'))
after(() => rmSync(folder, { recursive: true }))

function configuration(...sources: readonly object[]): Configuration {
  const path = '/nowhere'
  const node = { name: 'ts0', genesis: path, signingKey: path, tlsKey: path, stateDirectory: path, controlSocket: path }
  const cluster = { listen: '127.0.0.1:1', rangingListen: '127.0.0.1:1', peers: [] }
  return configurationSchema.parse({ node, cluster, sources })
}

function gnss(name: string, device: string): object {
  return {
    name,
    kind: 'nmea-receiver',
    class: 'gnss',
    domain: 'gnss',
    device,
    pulseSocket: join(folder, `${name}.sock`),
  }
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 20) {
    assert.ok(waitedMs < 30_000, `still waiting: ${what}`)
    await sleep(20)
  }
}

test('a receiver on a real line, with its pulses, locks the node clock to its sky, its delay taken off, until it is unplugged', async (t) => {
  const aheadNs = 1_600_000_000_000_000_000n
  const family = families.find(({ kind }) => kind === 'nmea-receiver')
  assert.ok(family !== undefined)
  const sky = {
    leapTable: EMBEDDED_LEAP_TABLE,
    skyTai: (at: bigint) => taiNs(at + aheadNs),
    skyMono: (tai: bigint) => monoNs(tai - aheadNs),
  }
  const options = unwrap(family.parseOptions({ floorDate: null, emulator: { coldStartSeconds: 0 } }, 'options'))
  let plugged = true
  const emulator = family.emulate(options, 1, sky)
  const instrument = unwrap(hostEmulator({ emulator, sockPath: join(folder, 'gnss0.sock') }, () => undefined))
  const events: AgentEvent[] = []
  const delay = { delayNs: 2_000_000, delayUncertaintyNs: 700_000 }
  const source = { ...gnss('gnss0', instrument.ptyPath), ...delay, options: { floorDate: null } }
  const appliance = unwrap(
    await openAppliance(configuration(source), EMBEDDED_LEAP_TABLE, (event) => events.push(event)),
  )
  try {
    await until('the node clock has an estimate', () => appliance.nodeClock.read(readMonoNs()).estimate !== undefined)
    const now = readMonoNs()
    const { estimate } = appliance.nodeClock.read(now)
    assert.ok(estimate !== undefined)
    // The pulses of this line have no delay: those that are put earlier by one make a clock that is ahead by it.
    const truth = plus(taiNs(now), aheadNs + 2_000_000n)
    assert.ok(estimate.boundNs >= 700_000n, `a bound of ${estimate.boundNs} ns`)
    assert.ok(
      estimate.interval.lo <= truth && truth <= estimate.interval.hi,
      `${between(truth, estimate.taiNs)} ns off`,
    )
    const [report] = appliance.reports()
    assert.deepEqual([report?.name, report?.link, report?.status?.quality], ['gnss0', 'up', 'locked'])
    assert.equal(report?.delayNs, 2_000_000n)
    assert.ok((report?.samples ?? 0) > 0 && (report?.pulses ?? 0) > 0)
    plugged = false
    keepPtyNumber(t, instrument.ptyPath)
    await instrument.close()
    await until('the source is down', () => appliance.reports()[0]?.link === 'down')
    const states = events.flatMap((event) => (event.type === 'source' ? [event.state] : []))
    assert.deepEqual(states.slice(0, 2), ['up', 'down'])
  } finally {
    await appliance.close()
    if (plugged) await instrument.close()
  }
})

test('a pulse socket in use is a fault, and what was opened before it is let go', async () => {
  const taken = unwrap(bindUnixDatagram(join(folder, 'gnss2.sock'), 0o600))
  const sources = [gnss('gnss1', join(folder, 'absent-1')), gnss('gnss2', join(folder, 'absent-2'))]
  const open = () => openAppliance(configuration(...sources), EMBEDDED_LEAP_TABLE, () => undefined)
  assert.equal(faultOf(await open()).code, 'unix.in-use')
  taken.close()
  await unwrap(await open()).close()
})
