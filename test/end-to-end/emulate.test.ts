import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, lstatSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { LineSettings } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import { LINE_FAULTS } from '../../drivers/line/line-faults.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import type { LabelSample, TimeSample } from '../../src/core/sample.ts'
import { createClockBridge } from '../../src/device/clock-bridge.ts'
import { runDriver } from '../../src/device/driver-shell.ts'
import { probeLine } from '../../src/device/line-probe.ts'
import { openSerialWire } from '../../src/device/serial.ts'
import { openSockReceiver } from '../../src/device/sock.ts'
import { readClockPair } from '../../src/linux/clock.ts'
import { familiesUnderTest } from '../conformance/families-under-test.ts'
import { quorumtime } from '../support/agent-process.ts'
import { keepPtyNumber } from '../support/pty-number.ts'
import { unwrap } from '../support/results.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'quorumtime-emulate-'))
after(() => rmSync(folder, { recursive: true, force: true }))

interface Emulation {
  readonly child: ChildProcess
  /** The next line on standard output. */
  line(): Promise<string>
  order(text: string): void
  complaints(): string
  /** Ends it as an operator does; its exit code. */
  end(): Promise<number | null>
}

function emulate(t: TestContext, ...words: readonly string[]): Emulation {
  const child = spawn(process.execPath, [MAIN, 'emulate', ...words], { stdio: 'pipe' })
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString()
  })
  return {
    child,
    line: async () => {
      const { value } = await lines.next()
      assert.equal(typeof value, 'string', complaints)
      return String(value)
    },
    order: (text) => child.stdin.write(`${text}\n`),
    complaints: () => complaints,
    end: () =>
      new Promise((resolve) => {
        child.once('exit', resolve)
        child.kill('SIGTERM')
      }),
  }
}

/** The agent's own reading of the device at `path`: resolves when the driver understands, or with its first samples. */
function listen(t: TestContext, kind: string, path: string, candidates: readonly LineSettings[]) {
  const family = families.find((each) => each.kind === kind)
  assert.ok(family !== undefined)
  const options = unwrap(family.parseOptions({}, 'options'))
  const understood = Promise.withResolvers<LineSettings>()
  const samples: (LabelSample | TimeSample)[] = []
  const waiting: (() => void)[] = []
  let settings = candidates[0]
  const probed = probeLine(candidates, (now, handlers) =>
    openSerialWire(() => {
      settings = now()
      return { path, ...now() }
    }, handlers),
  )
  const shell = runDriver(
    {
      createDriver: () => family.create(options, { source: 'source0', leapTable: EMBEDDED_LEAP_TABLE }),
      openWire: probed.openWire,
      wakeBy: 'clock',
    },
    {
      onSample: (sample) => {
        samples.push(sample)
        for (const look of waiting) look()
      },
      onStatus: () => undefined,
      onFault: () => undefined,
      onUnderstood: () => {
        probed.onUnderstood()
        if (settings !== undefined) understood.resolve(settings)
      },
      onReset: () => undefined,
      onWire: () => undefined,
    },
  )
  t.after(() => shell.close())
  return {
    understood: understood.promise,
    validSample: () =>
      new Promise<void>((resolve) => {
        waiting.push(() => {
          if (samples.some((sample) => sample.kind === 'time' || sample.valid)) resolve()
        })
      }),
  }
}

function settingsOf(kind: string): LineSettings {
  const serial = families.find((each) => each.kind === kind)?.serial
  assert.ok(serial !== undefined)
  return { baudRate: serial.baudRate, parity: serial.parity, dataBits: serial.dataBits }
}

test('every family has its faults listed, with those of the line', async () => {
  for (const { kind, faults } of families) {
    const { code, stdout } = await quorumtime('emulate', kind, '--list-faults', '--json')
    assert.equal(code, 0)
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { name: string }).name)
    assert.deepEqual(names, [...Object.keys(faults), ...Object.keys(LINE_FAULTS)])
  }
})

test('what is wrong on the command line is said in one sentence', async () => {
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [['no-such-kind'], /^quorumtime: <kind>: expected one of .+, got "no-such-kind"\n$/],
    [['smartclock', '--options', '[1]'], /--options: expected a JSON object, got \[1\]/],
    [['smartclock', '--options', '{"x":1}'], /--options\.x: expected one of .+, got an unknown key/],
    [['smartclock', '--seed', 'lucky'], /--seed: expected an integer from 0 to 4294967295, got "lucky"/],
    [['smartclock', '--fault', 'gremlins'], /expected one of .+, got gremlins/],
    [['smartclock', '--link', '/nowhere/at/all'], /--link \/nowhere\/at\/all: expected to make it a link/],
  ]
  for (const [words, expected] of refusals) {
    const { code, stderr } = await quorumtime('emulate', ...words)
    assert.equal(code, 1)
    assert.match(stderr, expected)
  }
})

describe('on a pty', { concurrency: 4 }, () => {
  for (const { kind, timeOfDay } of familiesUnderTest().filter(({ link }) => link === 'serial')) {
    test(`a ${kind} stands on a pty: its driver understands it, and a signal ends it`, async (t) => {
      const emulation = emulate(t, kind, '--json')
      const { path } = JSON.parse(await emulation.line()) as { path: string }
      const agent = listen(t, kind, path, [settingsOf(kind)])
      if (timeOfDay === 'label') await agent.validSample()
      else await agent.understood
      keepPtyNumber(t, path)
      assert.equal(await emulation.end(), 0)
      assert.ok(!existsSync(path))
    })
  }
})

/** A family's first speed, and the next that it would try. */
function speedsOf(kind: string): readonly [LineSettings, LineSettings] | undefined {
  const first = settingsOf(kind)
  const others = families.find((each) => each.kind === kind)?.serial?.probe ?? []
  const second = others.find(({ baudRate }) => baudRate !== first.baudRate)
  // A pty has no parity: the speed is all that is to be found.
  return second === undefined ? undefined : [first, { ...first, baudRate: second.baudRate }]
}

describe('a line of another speed is garbled, until the speed is found by trying', { concurrency: 4 }, () => {
  const cases = familiesUnderTest().flatMap(({ kind, link }) => {
    const speeds = link === 'serial' ? speedsOf(kind) : undefined
    return speeds === undefined ? [] : [{ kind, speeds }]
  })
  for (const { kind, speeds } of cases) {
    const [, { baudRate }] = speeds
    test(`${kind} at ${baudRate}`, async (t) => {
      const emulation = emulate(t, kind, '--baud', String(baudRate))
      const agent = listen(t, kind, await emulation.line(), speeds)
      assert.equal((await agent.understood).baudRate, baudRate)
    })
  }
  test('none is left out', (t) => {
    t.diagnostic(`${cases.length} of ${families.length} families have a second speed to try`)
    assert.ok(families.length > 0)
  })
})

test('faults are switched while it runs, and unplugging makes the pty vanish from behind its name', async (t) => {
  const device = join(folder, 'device')
  const emulation = emulate(t, 'nmea-receiver', '--link', device, '--fault', 'silence')
  const path = await emulation.line()
  assert.equal(readlinkSync(device), path)
  emulation.order('fault silence off')
  assert.equal(await emulation.line(), 'silence off')
  emulation.order('please')
  emulation.order('fault gremlins on')
  emulation.order('fault line-unplugged on')
  assert.equal(await emulation.line(), 'line-unplugged on')
  // They come by another pipe, and may come later.
  while (!emulation.complaints().includes('gremlins')) await sleep(20)
  assert.match(emulation.complaints(), /expected "fault NAME on" or "fault NAME off", got "please"\n.*got gremlins/s)
  assert.ok(lstatSync(device, { throwIfNoEntry: false }) === undefined)
  emulation.order('fault line-unplugged off')
  assert.equal(readlinkSync(await plugged(emulation, device)), readlinkSync(device))
  const agent = listen(t, 'nmea-receiver', device, [settingsOf('nmea-receiver')])
  await agent.validSample()
  assert.equal(await emulation.end(), 0)
  assert.ok(lstatSync(device, { throwIfNoEntry: false }) === undefined)
})

async function plugged(emulation: Emulation, device: string): Promise<string> {
  assert.match(await emulation.line(), /^\/dev\/pts\/\d+$/)
  assert.equal(await emulation.line(), 'line-unplugged off')
  return device
}

test('its pulses are told to whoever has bound the socket', async (t) => {
  const path = join(folder, 'pps.sock')
  const pulse = Promise.withResolvers<void>()
  const receiver = unwrap(
    openSockReceiver(
      { path, mode: 0o600, source: 'source0', bridge: createClockBridge(readClockPair) },
      { onPulse: () => pulse.resolve(), onFault: (fault) => pulse.reject(new Error(fault.message)) },
    ),
  )
  t.after(() => receiver.close())
  emulate(t, 'nmea-receiver', '--pulse-sock', path)
  await pulse.promise
})
