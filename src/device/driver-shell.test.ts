import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Driver, DriverAction } from '../../drivers/driver.ts'
import { utf8 } from '../core/bytes.ts'
import { fail, ok } from '../core/fault.ts'
import { type MonoNs, monoNs, plus, taiNs } from '../core/time.ts'
import { readMonoNs } from '../linux/clock.ts'
import { openPty } from '../linux/pty.ts'
import { type DriverShell, type DriverShellHandlers, runDriver } from './driver-shell.ts'
import { openReplay } from './replay.ts'
import { openSerialWire } from './serial.ts'
import type { OpenWire, WireHandlers } from './wire.ts'

const folder = mkdtempSync(join(tmpdir(), 'driver-shell-'))
after(() => rmSync(folder, { recursive: true }))

/** Does what each byte says, and asks `?` whenever it is woken, which is `periodNs` after it last was. */
function createByteDriver(firstWakeAt: MonoNs | undefined, periodNs = 0n): Driver {
  let wakeAt = firstWakeAt
  const obey = (byte: number, receivedAt: MonoNs): DriverAction => {
    switch (String.fromCharCode(byte)) {
      case 's': {
        const sample = { kind: 'time', source: 'x', accuracyNs: 0n, precisionNs: 0n, quality: 'locked' } as const
        return { type: 'sample', sample: { ...sample, monoNs: receivedAt, taiNs: taiNs(receivedAt) } }
      }
      case 'h':
        return { type: 'status', status: { quality: 'locked', dependsOn: 'sky', alarms: [], details: {} } }
      case 'r':
        return { type: 'reset', reason: 'it said r' }
      case 'w':
        return { type: 'write', bytes: utf8('w') }
      default:
        return {
          type: 'fault',
          fault: { code: 'byte.unknown', message: `expected s, h, r or w, got ${byte}`, line: 1 },
        }
    }
  }
  return {
    receive: (bytes, receivedAt) => [...bytes].map((byte) => obey(byte, receivedAt)),
    wake: (now) => {
      if (wakeAt === undefined || now < wakeAt) return []
      wakeAt = periodNs === 0n ? undefined : plus(wakeAt, periodNs)
      return [{ type: 'write', bytes: utf8('?') }]
    },
    nextWakeAt: () => wakeAt,
  }
}

interface Bench {
  readonly shell: DriverShell
  readonly log: string[]
  readonly written: string[]
  /** The instrument's side of a wire that is played by hand, so that the order of things is known. */
  readonly hand: WireHandlers
}

function setUp(createDriver: () => Driver, wakeBy: 'clock' | 'arrivals', isUp = () => true): Bench {
  const log: string[] = []
  const written: string[] = []
  let hand: WireHandlers | undefined
  const openWire: OpenWire = (wireHandlers) => {
    hand = wireHandlers
    return {
      write: (bytes) => {
        if (!isUp()) return fail('wire.down', 'expected it up, got it down')
        written.push(Buffer.from(bytes).toString())
        return ok(undefined)
      },
      reopen: (reason) =>
        wireHandlers.onState({ type: 'down', at: monoNs(0n), fault: { code: 'wire.restarted', message: reason } }),
      close: () => Promise.resolve(),
    }
  }
  const shell = runDriver({ createDriver, openWire, wakeBy }, logging(log))
  assert.ok(hand !== undefined)
  return { shell, log, written, hand }
}

function logging(log: string[]): DriverShellHandlers {
  return {
    onSample: (sample) => log.push(`sample ${sample.taiNs}`),
    onStatus: (status) => log.push(`status ${status.quality}`),
    onFault: (fault, seen) => log.push(`fault ${fault.code} ${seen}`),
    onReset: (reason) => log.push(`reset ${reason}`),
    onWire: (event) => log.push(event.type),
  }
}

const UP = { type: 'up', reason: 'by hand' } as const

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2)
}

test('each action goes where it belongs, and faults are counted by code', () => {
  const { shell, log, written, hand } = setUp(() => createByteDriver(undefined), 'arrivals')
  hand.onState({ ...UP, at: monoNs(1n) })
  hand.onBytes(utf8('shw!!'), monoNs(7n))
  assert.deepEqual(log, ['up', 'sample 7', 'status locked', 'fault byte.unknown 1', 'fault byte.unknown 2'])
  assert.deepEqual(written, ['w'])
  assert.deepEqual([...shell.faultCounts()], [['byte.unknown', 2]])
})

test('a write that the wire refuses is a fault', () => {
  const { log, hand } = setUp(
    () => createByteDriver(undefined),
    'arrivals',
    () => false,
  )
  hand.onState({ ...UP, at: monoNs(1n) })
  hand.onBytes(utf8('w'), monoNs(2n))
  assert.deepEqual(log, ['up', 'fault wire.down 1'])
})

test('a reset restarts the wire, and what the old driver still had to say is dropped', () => {
  let created = 0
  const { log, hand } = setUp(() => {
    created += 1
    return createByteDriver(undefined)
  }, 'arrivals')
  hand.onState({ ...UP, at: monoNs(1n) })
  hand.onBytes(utf8('srs'), monoNs(2n))
  hand.onBytes(utf8('s'), monoNs(3n))
  assert.deepEqual(log, ['up', 'sample 2', 'reset it said r', 'down'])
  hand.onState({ ...UP, at: monoNs(4n) })
  hand.onBytes(utf8('s'), monoNs(5n))
  assert.deepEqual(log.slice(4), ['up', 'sample 5'])
  assert.equal(created, 2)
})

test('woken by arrivals, a driver is woken in the time of the bytes, before the bytes', () => {
  const { written, hand } = setUp(() => createByteDriver(monoNs(100n), 50n), 'arrivals')
  hand.onState({ ...UP, at: monoNs(1n) })
  hand.onBytes(utf8('w'), monoNs(99n))
  assert.deepEqual(written, ['w'])
  hand.onBytes(utf8('w'), monoNs(220n))
  assert.deepEqual(written, ['w', '?', '?', '?', 'w'])
})

test('woken by the clock, a driver is woken at its instants until the wire goes down', async () => {
  const { written, hand } = setUp(() => createByteDriver(readMonoNs(), 5_000_000n), 'clock')
  hand.onState({ ...UP, at: readMonoNs() })
  await until(() => written.length >= 4)
  hand.onState({ type: 'down', at: readMonoNs(), fault: { code: 'wire.lost', message: 'by hand' } })
  const count = written.length
  await sleep(30)
  assert.equal(written.length, count)
})

test('on a pty the driver hears and answers the instrument, and is made anew when the line is', async () => {
  const heard: string[] = []
  const pty = openPty({
    onBytes: (bytes) => heard.push(Buffer.from(bytes).toString()),
    onFault: (fault) => assert.fail(fault.message),
  })
  assert.ok(pty.ok)
  const log: string[] = []
  const line = { path: pty.value.path, baudRate: 9600, parity: 'none', dataBits: 8 } as const
  const shell = runDriver(
    {
      createDriver: () => createByteDriver(monoNs(0n)),
      openWire: (handlers) => openSerialWire(line, handlers),
      wakeBy: 'clock',
    },
    logging(log),
  )
  await until(() => heard.join('') === '?')
  pty.value.write(utf8('wr'))
  await until(() => heard.join('') === '?w?')
  assert.deepEqual(log, ['up', 'reset it said r', 'down', 'up'])
  await shell.close()
  await pty.value.close()
})

test('an order goes to the driver of the link that is up, and what it writes to the instrument', () => {
  const steerable = (): Driver => ({
    ...createByteDriver(undefined),
    steer: ({ fractionE15 }) =>
      fractionE15 > 9n ? fail('unit.steering', 'too far') : ok([{ type: 'write', bytes: utf8(`=${fractionE15}`) }]),
  })
  const { shell, written, hand } = setUp(steerable, 'arrivals')
  const code = (fractionE15: bigint): string | undefined => {
    const steered = shell.steer({ fractionE15 }, monoNs(2n))
    return steered.ok ? undefined : steered.fault.code
  }
  assert.equal(code(7n), 'wire.down')
  hand.onState({ ...UP, at: monoNs(1n) })
  assert.equal(code(7n), undefined)
  assert.equal(code(10n), 'unit.steering')
  assert.deepEqual(written, ['=7'])
  const other = setUp(() => createByteDriver(undefined), 'arrivals')
  other.hand.onState({ ...UP, at: monoNs(1n) })
  const cannot = other.shell.steer({ fractionE15: 7n }, monoNs(2n))
  assert.ok(!cannot.ok && cannot.fault.code === 'driver.cannot-steer')
})

test('a replay gives the same samples each time', async () => {
  const path = join(folder, 'recording')
  writeFileSync(path, 's..h.s'.repeat(500))
  const run = (): Promise<string[]> =>
    new Promise((resolve) => {
      const log: string[] = []
      const onWire: DriverShellHandlers['onWire'] = (event) => event.type === 'down' && resolve(log)
      runDriver(
        {
          createDriver: () => createByteDriver(monoNs(0n), 10_000_000n),
          openWire: (handlers) => openReplay({ path, bytesPerSecond: 960, pace: 'full' }, handlers),
          wakeBy: 'arrivals',
        },
        { ...logging(log), onWire },
      )
    })
  const [first, second] = [await run(), await run()]
  assert.equal(first.filter((line) => line.startsWith('sample')).length, 1000)
  assert.deepEqual(first, second)
})

test('a broken invariant in a driver ends the process', () => {
  const path = join(folder, 'fatal')
  writeFileSync(path, 'x')
  const at = (file: string): string => JSON.stringify(import.meta.resolve(file))
  const program = `import { runDriver } from ${at('./driver-shell.ts')}
    import { openReplay } from ${at('./replay.ts')}
    import { assert } from ${at('../core/assert.ts')}
    const driver = { receive: () => assert(false, 'the sum is off'), wake: () => [], nextWakeAt: () => undefined }
    const quiet = () => undefined
    runDriver({
      createDriver: () => driver,
      openWire: (handlers) => openReplay({ path: ${JSON.stringify(path)}, bytesPerSecond: 960, pace: 'full' }, handlers),
      wakeBy: 'arrivals',
    }, { onSample: quiet, onStatus: quiet, onFault: quiet, onReset: quiet, onWire: quiet })
    setTimeout(() => console.log('alive'), 5000)`
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
  assert.notEqual(child.status, 0)
  assert.match(child.stderr, /InvariantError: the sum is off/)
  assert.equal(child.stdout, '')
})
