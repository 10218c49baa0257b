import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { families } from '../../drivers/index.ts'
import { emulateUnit } from '../../src/cli/emulated-unit.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { createPrng } from '../../src/core/prng.ts'
import { monoNs, taiNs } from '../../src/core/time.ts'
import { unwrap } from '../support/results.ts'
import { scopeIn } from '../support/scope.ts'

/** An agent's hardware half that is stopped (SIGSTOP) again and again, at any time, on real ttys and sockets. */

const JUDGED = fileURLToPath(new URL('judged-appliance.ts', import.meta.url))
const AHEAD_NS = 1_790_000_000_000_000_000n
const STOPS = 16
/** Every so many stops the appliances are opened anew: one that knows nothing yet is misled most easily. */
const STOPS_A_START = 4
const RECEIVERS = [
  { name: 'gnss0', kind: 'nmea-receiver', options: {} },
  { name: 'gnss1', kind: 'nmea-receiver', options: { names: 'following-pulse' } },
  { name: 'gnss2', kind: 'trimble-tsip', options: {} },
] as const

test('an agent that is stopped for fractions of a second and seconds never serves a time outside its bound', async (own) => {
  const t = scopeIn(own)
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-stalled-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const sky = {
    leapTable: EMBEDDED_LEAP_TABLE,
    skyTai: (at: bigint) => taiNs(at + AHEAD_NS),
    skyMono: (tai: bigint) => monoNs(tai - AHEAD_NS),
  }
  const sources = RECEIVERS.map(({ name, kind, options }, index) => {
    const family = families.find((each) => each.kind === kind)
    assert.ok(family !== undefined)
    const emulated = kind === 'nmea-receiver' ? { ...options, emulator: { coldStartSeconds: 0 } } : options
    const sockPath = join(folder, `${name}.sock`)
    const parsed = unwrap(family.parseOptions(emulated, name))
    const unit = unwrap(emulateUnit({ family, options: parsed, seed: index, sky, sockPath })(() => undefined))
    t.after(() => unit.close())
    return { name, kind, options, class: 'gnss', domain: 'gnss', device: unit.ptyPath, pulseSocket: sockPath }
  })
  const child = spawn(process.execPath, [JUDGED, String(AHEAD_NS), JSON.stringify(sources)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const said: string[] = []
  const all = Promise.withResolvers<void>()
  const hasLocked = (name: string): boolean => said.some((line) => line.includes('"locked"') && line.includes(name))
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line)
    if (RECEIVERS.every(({ name }) => hasLocked(name))) all.resolve()
  })
  child.once('exit', () => all.reject(new Error(`expected it to run on, it ended; it said:\n${said.join('\n')}`)))
  await all.promise
  const prng = createPrng(Number(process.env['QUORUMTIME_SEED'] ?? 1))
  for (let stop = 1; stop <= STOPS; stop++) {
    child.kill('SIGSTOP')
    await sleep(100 + 1_900 * prng.nextUnit() ** 2)
    child.kill('SIGCONT')
    if (stop % STOPS_A_START === 0) child.stdin.write('\n')
    await sleep(100 + 1_500 * prng.nextUnit())
  }
  assert.deepEqual(
    said.filter((line) => line.includes('"outside"')),
    [],
  )
})
