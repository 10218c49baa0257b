import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Emulator } from '../../drivers/driver.ts'
import { keepPtyNumber } from '../../test/support/pty-number.ts'
import { utf8 } from '../core/bytes.ts'
import { type Fault, fail, ok } from '../core/fault.ts'
import { abs } from '../core/integer.ts'
import type { PulseSample } from '../core/sample.ts'
import { type MonoNs, plus } from '../core/time.ts'
import { readClockPair, readMonoNs } from '../linux/clock.ts'
import { createClockBridge } from './clock-bridge.ts'
import { type EmulatedInstrument, hostEmulator } from './emulated-instrument.ts'
import { openSerialWire } from './serial.ts'
import { openSockReceiver } from './sock.ts'

const folder = mkdtempSync(join(tmpdir(), 'emulated-'))
after(() => rmSync(folder, { recursive: true }))

const PERIOD_NS = 60_000_000n

/**
 * Ticks every 60 ms: a line of text, and a pulse that it announces 10 ms before the edge. Answers in capitals. Of a host that was
 * late it does not make up for what it has missed, unless it is `stubborn`.
 */
function createTicker(edges: MonoNs[], stubborn = false): Emulator {
  let wakeAt = readMonoNs()
  let mute = false
  return {
    receive: (bytes) => [{ type: 'write', bytes: utf8(Buffer.from(bytes).toString().toUpperCase()) }],
    wake: (now) => {
      if (now < wakeAt) return []
      const edge = plus(wakeAt, 10_000_000n)
      wakeAt = plus(stubborn ? wakeAt : now, PERIOD_NS)
      if (mute) return []
      edges.push(edge)
      return [
        { type: 'write', bytes: utf8('tick ') },
        { type: 'pulse', at: edge },
      ]
    },
    nextWakeAt: () => wakeAt,
    setFault: (name, on) => {
      if (name !== 'mute') return fail('ticker.fault', `expected mute, got ${name}`)
      mute = on
      return ok(undefined)
    },
  }
}

function host(t: TestContext, edges: MonoNs[], faults: Fault[], sockPath?: string): EmulatedInstrument {
  const options = sockPath === undefined ? {} : { sockPath }
  const hosted = hostEmulator({ emulator: createTicker(edges), ...options }, (fault) => faults.push(fault))
  assert.ok(hosted.ok)
  t.after(() => hosted.value.close())
  return hosted.value
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2)
}

test('an emulator on a pty is an instrument: its lines arrive, its answers come, its pulses are where it says', async (t) => {
  const sockPath = join(folder, 'pps')
  const edges: MonoNs[] = []
  const faults: Fault[] = []
  const pulses: PulseSample[] = []
  const receiver = openSockReceiver(
    { path: sockPath, mode: 0o600, source: 'ticker', bridge: createClockBridge(readClockPair) },
    { onPulse: (pulse) => pulses.push(pulse), onFault: (fault) => faults.push(fault) },
  )
  assert.ok(receiver.ok)
  t.after(() => receiver.value.close())
  const instrument = host(t, edges, faults, sockPath)

  let heard = ''
  const wire = openSerialWire(
    { path: instrument.ptyPath, baudRate: 9600, parity: 'none', dataBits: 8 },
    {
      onBytes: (bytes) => {
        heard += Buffer.from(bytes).toString()
      },
      onState: (event) => event.type === 'up' && wire.write(utf8('hello ')),
    },
  )
  t.after(() => wire.close())
  await until(() => heard.includes('HELLO ') && heard.includes('tick tick') && pulses.length >= 5)
  // Lines are lost where the host was late; nothing else goes wrong.
  assert.deepEqual(
    faults.filter(({ code }) => code !== 'emulator.late'),
    [],
  )
  for (const pulse of pulses) {
    const errors = edges.map((edge) => abs(pulse.monoNs - edge))
    // The sender's comparison of the clocks adds its own half bracket, which is far below this.
    assert.ok(
      errors.some((errorNs) => errorNs <= pulse.uncertaintyNs + 50_000n),
      errors.join(),
    )
  }
})

test('a fault is switched by its name, an unknown name is refused', async (t) => {
  const edges: MonoNs[] = []
  const instrument = host(t, edges, [])
  await until(() => edges.length >= 2)
  assert.ok(instrument.setFault('mute', true).ok)
  const count = edges.length
  await sleep(150)
  assert.equal(edges.length, count)
  assert.ok(instrument.setFault('mute', false).ok)
  await until(() => edges.length > count)
  const unknown = instrument.setFault('mutee', true)
  assert.ok(!unknown.ok && unknown.fault.code === 'ticker.fault')
})

test('pulses that nobody receives are faults and the instrument goes on', async (t) => {
  const edges: MonoNs[] = []
  const faults: Fault[] = []
  host(t, edges, faults, join(folder, 'nobody'))
  await until(() => faults.length >= 2)
  assert.deepEqual([...new Set(faults.map((fault) => fault.code))], ['unix.send'])
})

test('the emulator hears with which speed the host opens the line', async (t) => {
  const speeds: number[] = []
  const emulator: Emulator = {
    ...createTicker([]),
    lineChanged: ({ baudRate, parity, dataBits }) => {
      assert.deepEqual([parity, dataBits], ['odd', 7])
      speeds.push(baudRate)
    },
  }
  const line = { baudRate: 9600, parity: 'odd', dataBits: 7 } as const
  const hosted = hostEmulator({ emulator, line }, () => undefined)
  assert.ok(hosted.ok)
  t.after(() => hosted.value.close())
  await sleep(150)
  assert.deepEqual(speeds, [], 'until somebody sets it the speed is its own')
  for (const baudRate of [19_200, 115_200, 9600]) {
    const wire = openSerialWire(
      { path: hosted.value.ptyPath, baudRate, parity: 'none', dataBits: 8 },
      { onBytes: () => undefined, onState: () => undefined },
    )
    await until(() => speeds.at(-1) === baudRate)
    await wire.close()
  }
  assert.deepEqual(speeds, [19_200, 115_200, 9600])
})

test('a host that stood still for longer than it has room for pulses goes on', async (t) => {
  const edges: MonoNs[] = []
  const faults: Fault[] = []
  const hosted = hostEmulator({ emulator: createTicker(edges, true), sockPath: join(folder, 'late') }, (fault) =>
    faults.push(fault),
  )
  assert.ok(hosted.ok)
  t.after(() => hosted.value.close())
  const from = edges.length
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000)
  await until(() => edges.length > from + 40)
  assert.deepEqual(new Set(faults.map(({ code }) => code)), new Set(['emulator.late', 'unix.send']))
})

test('closing unplugs it', async (t) => {
  const edges: MonoNs[] = []
  const instrument = host(t, edges, [])
  keepPtyNumber(t, instrument.ptyPath)
  await instrument.close()
  assert.ok(!existsSync(instrument.ptyPath))
  assert.ok(instrument.setFault('mute', false).ok)
  const count = edges.length
  await sleep(150)
  assert.equal(edges.length, count)
})
