import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { utf8 } from '../core/bytes.ts'
import type { Fault } from '../core/fault.ts'
import { abs } from '../core/integer.ts'
import type { PulseSample } from '../core/sample.ts'
import { type MonoNs, plus } from '../core/time.ts'
import { type ClockPair, readClockPair, readMonoNs } from '../linux/clock.ts'
import { openUnixDatagram } from '../linux/unix-datagram.ts'
import { createClockBridge } from './clock-bridge.ts'
import { openSockReceiver, type SockReceiver } from './sock.ts'
import { encodeSockSample, pulseAt } from './sock-sample.ts'
import { openSockSender } from './sock-sender.ts'

const folder = mkdtempSync(join(tmpdir(), 'sock-'))
after(() => rmSync(folder, { recursive: true }))

interface Listening {
  readonly path: string
  readonly receiver: SockReceiver
  readonly pulses: readonly PulseSample[]
  readonly faults: readonly Fault[]
}

function listen(t: TestContext, name: string): Listening {
  const path = join(folder, name)
  const pulses: PulseSample[] = []
  const faults: Fault[] = []
  const receiver = openSockReceiver(
    { path, mode: 0o600, source: 'gnss', bridge: createClockBridge(readClockPair) },
    { onPulse: (pulse) => pulses.push(pulse), onFault: (fault) => faults.push(fault) },
  )
  assert.ok(receiver.ok, receiver.ok ? '' : receiver.fault.message)
  t.after(() => receiver.value.close())
  return { path, receiver: receiver.value, pulses, faults }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2)
}

function sendBytes(path: string, ...datagrams: readonly Uint8Array[]): void {
  const socket = openUnixDatagram()
  assert.ok(socket.ok)
  for (const datagram of datagrams) socket.value.sendTo(path, datagram)
  socket.value.close()
}

test('an edge told by the sender comes out where it was, within what is promised', async (t) => {
  const { path, pulses, faults } = listen(t, 'edge')
  let used: ClockPair | undefined
  const sender = openSockSender(path, () => {
    used = readClockPair()
    return used
  })
  assert.ok(sender.ok)
  await sleep(100)
  for (let turn = 0; turn < 10; turn++) {
    const edgeAt = readMonoNs()
    assert.ok(sender.value.send(edgeAt).ok)
    await until(() => pulses.length > turn || faults.length > 0)
    assert.deepEqual(faults, [])
    const pulse = pulses[turn]
    assert.ok(pulse !== undefined && pulse.source === 'gnss')
    // The sender's own comparison of the clocks is no better than its bracket, of which the receiver cannot know.
    const errorNs = abs(pulse.monoNs - edgeAt)
    assert.ok(
      errorNs <= pulse.uncertaintyNs + (used?.bracketNs ?? 0n),
      `${errorNs} ns, ${pulse.uncertaintyNs} promised`,
    )
    await sleep(7)
  }
  sender.value.close()
})

test('an edge that waits is handed out at once to who asks, and only once', async (t) => {
  const { path, receiver, pulses, faults } = listen(t, 'asked')
  await sleep(100)
  const sender = openSockSender(path)
  assert.ok(sender.ok)
  assert.ok(sender.value.send(readMonoNs()).ok)
  // No turn of the loop has passed: nobody else can have read it.
  receiver.poll()
  assert.deepEqual([pulses.length, faults], [1, []])
  await sleep(100)
  assert.equal(pulses.length, 1)
  await receiver.close()
  receiver.poll()
  sender.value.close()
})

test('an edge told early is handed out when it has been', async (t) => {
  const { path, pulses, faults } = listen(t, 'early')
  const sender = openSockSender(path)
  assert.ok(sender.ok)
  const edgeAt = plus(readMonoNs(), 150_000_000n)
  assert.ok(sender.value.send(edgeAt).ok)
  await until(() => pulses.length > 0)
  assert.ok(readMonoNs() >= edgeAt)
  assert.deepEqual(faults, [])
  sender.value.close()
})

test('an edge that is not to be for more than a second is a fault', async (t) => {
  const { path, pulses, faults } = listen(t, 'future')
  const sender = openSockSender(path)
  assert.ok(sender.ok)
  assert.ok(sender.value.send(plus(readMonoNs(), 30_000_000_000n)).ok)
  await until(() => faults.length > 0)
  assert.equal(faults[0]?.code, 'clock.stamp-too-new')
  assert.equal(pulses.length, 0)
  sender.value.close()
})

test('wrong datagrams are counted by kind and do not disturb the right ones', async (t) => {
  const { path, receiver, pulses, faults } = listen(t, 'wrong')
  const { shownNs } = readClockPair()
  const good = encodeSockSample(pulseAt(shownNs))
  const foreign = Uint8Array.from(good)
  foreign[39] = 0
  sendBytes(path, utf8('hello'), new Uint8Array(0), new Uint8Array(500), foreign, good)
  await until(() => pulses.length > 0)
  assert.deepEqual(
    [...receiver.faultCounts()],
    [
      ['sock.length', 3],
      ['sock.magic', 1],
    ],
  )
  assert.deepEqual(
    faults.map((fault) => fault.message.replace(/^.*got /, 'got ')),
    ['got 5', 'got 0', 'got 500', 'got 0x4f434b'],
  )
})

test('a flood is taken in small portions and costs its sender the queue', async (t) => {
  const { path, receiver } = listen(t, 'flood')
  const socket = openUnixDatagram()
  assert.ok(socket.ok)
  let refused = false
  let sent = 0
  while (!refused && sent < 100_000) {
    refused = !socket.value.sendTo(path, utf8('x')).ok
    if (!refused) sent += 1
  }
  assert.ok(refused)
  const seen = (): number => receiver.faultCounts().get('sock.length') ?? 0
  await until(() => seen() > 0)
  assert.ok(seen() <= 16)
  await until(() => seen() === sent)
  socket.value.close()
})

test('a path that is in use is a fault, and closing frees it', (t) => {
  const { path, receiver } = listen(t, 'busy')
  const bridge = createClockBridge(readClockPair)
  const handlers = { onPulse: () => undefined, onFault: () => undefined }
  const rival = openSockReceiver({ path, mode: 0o600, source: 'rival', bridge }, handlers)
  assert.ok(!rival.ok && rival.fault.code === 'unix.in-use')
  assert.ok(existsSync(path))
  assert.equal(receiver.faultCounts().size, 0)
})

const pythonAnswers = spawnSync('python3', ['--version']).status === 0

test('a pulse packed and sent by Python comes out between its own readings of the raw clock', {
  skip: pythonAnswers ? false : 'python3 is not installed',
}, async (t) => {
  const { path, pulses, faults } = listen(t, 'python')
  const program = `
import socket, struct, sys, time
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for pulse in (0, 1):
    earliest = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
    edge = time.clock_gettime_ns(time.CLOCK_REALTIME)
    latest = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
    to_second = round(edge / 1e9) * 10**9 - edge
    packed = struct.pack('<qqdiiii', edge // 10**9, edge % 10**9 // 1000, to_second / 1e9, pulse, 0, 0, 0x534f434b)
    sock.sendto(packed, sys.argv[1])
    print(earliest, latest)
    time.sleep(0.05)
`
  const child = spawn('python3', ['-c', program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const printed: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => printed.push(bytes))
  await new Promise((resolve) => child.once('close', resolve))
  await until(() => pulses.length + faults.length >= 2)
  assert.deepEqual(faults, [])
  const windows = Buffer.concat(printed).toString().trim().split('\n')
  for (const [index, window] of windows.entries()) {
    const [earliest, latest] = window.split(' ').map((ns) => BigInt(ns) as MonoNs)
    const pulse = pulses[index]
    assert.ok(pulse !== undefined && earliest !== undefined && latest !== undefined)
    assert.ok(pulse.monoNs + pulse.uncertaintyNs >= earliest && pulse.monoNs - pulse.uncertaintyNs <= latest)
  }
})
