import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { interval } from '../core/interval.ts'
import { EMBEDDED_LEAP_TABLE } from '../core/leap-table.ts'
import { taiNs } from '../core/time.ts'
import type { ServedReading } from '../fusion/served-clock.ts'
import { readRealtimeNs } from '../linux/clock.ts'
import { bindUnixDatagram } from '../linux/unix-datagram.ts'
import type { AgentEvent } from './agent-event.ts'
import { openOutputs } from './outputs.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-outputs-'))
after(() => rmSync(folder, { recursive: true }))

/** Serves what the system shows, give or take a millisecond, once it is let. */
function setUp() {
  const events: AgentEvent[] = []
  let hasTime = false
  const served = (now: ServedReading['monoNs']): ServedReading | undefined => {
    const tai = taiNs(readRealtimeNs() + 37_000_000_000n)
    const within = interval(tai - 1_000_000n, tai + 1_000_000n)
    const reading = { monoNs: now, taiNs: tai, targetTaiNs: tai, interval: within, boundNs: 1_000_000n } as const
    return hasTime ? { ...reading, origin: 'certified', flags: [] } : undefined
  }
  const world = { clock: { served }, leapTable: EMBEDDED_LEAP_TABLE, report: (event: AgentEvent) => events.push(event) }
  return {
    events,
    world,
    start: () => {
      hasTime = true
    },
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 20) {
    if (holds()) return
    await sleep(20)
  }
  assert.fail('expected it within 20 s')
}

test('outputs are told the served time as soon as there is one, and nobody is alarmed before', async () => {
  const { events, world, start } = setUp()
  const path = join(folder, 'shm0')
  const outputs = unwrap(openOutputs({ clockbound: { path, driftPpmMax: 1_000 } }, world))
  const generation = (): number => readFileSync(path).readUInt16LE(14)
  await until(() => generation() > 0)
  assert.equal(readFileSync(path).readInt32LE(68), 0)
  assert.deepEqual(outputs.describe()[0]?.told, 0)
  assert.match(outputs.describe()[0]?.fault ?? '', /got none yet/)
  start()
  await until(() => readFileSync(path).readInt32LE(68) !== 0)
  assert.ok(readFileSync(path).readBigInt64LE(48) >= 1_000_000n)
  assert.equal(outputs.describe()[0]?.fault, null)
  outputs.close()
  assert.deepEqual(events, [])
  const closed = generation()
  await sleep(250)
  assert.equal(generation(), closed)
})

test('a chronyd that is not there is told of again and again, and alarmed about once', async () => {
  const { events, world, start } = setUp()
  start()
  const path = join(folder, 'chrony.sock')
  const outputs = unwrap(openOutputs({ chronySock: { path, boundNsMax: 2_000_000, fallback: false } }, world))
  await until(() => events.length > 0)
  assert.ok(events[0]?.type === 'alarm' && events[0].code === 'unix.send')
  const socket = unwrap(bindUnixDatagram(path, 0o600))
  const datagram = new Uint8Array(64)
  await until(() => unwrap(socket.receive(datagram)) === 40)
  socket.close()
  outputs.close()
  assert.equal(events.length, 1)
})

test('an output that cannot be opened closes those that were', () => {
  const { world } = setUp()
  const path = join(folder, 'missing', 'shm0')
  assert.equal(faultOf(openOutputs({ clockbound: { path, driftPpmMax: 1 } }, world)).code, 'shm.file')
})
