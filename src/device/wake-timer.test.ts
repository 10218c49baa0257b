import assert from 'node:assert/strict'
import { type AddressInfo, createServer, Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type MonoNs, monoNs, plus } from '../core/time.ts'
import { readMonoNs } from '../linux/clock.ts'
import { createWakeTimer, dueActions } from './wake-timer.ts'

test('a timer never fires before its instant, and fires for one in the past', async () => {
  for (const aheadNs of [0n, 1n, 999_999n, 1_000_001n, 3_700_000n, -5_000_000_000n]) {
    const at = plus(readMonoNs(), aheadNs)
    const firedAt = await new Promise<MonoNs>((resolve) => createWakeTimer(resolve).arm(at))
    assert.ok(firedAt >= at)
  }
})

test('arming again replaces, arming with undefined disarms', async () => {
  const fired: string[] = []
  const timer = createWakeTimer(() => fired.push('timer'))
  timer.arm(readMonoNs())
  timer.arm(plus(readMonoNs(), 1n << 61n))
  await sleep(20)
  timer.arm(readMonoNs())
  timer.arm(undefined)
  await sleep(20)
  assert.deepEqual(fired, [])
})

test('one that acts on silence is woken after what came in a stall was read, and not kept waiting twice', async () => {
  const order: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = createWakeTimer(() => {
    order.push('wake')
    if (order.length > 2) resolve()
    else timer.arm(plus(readMonoNs(), -100_000_000n))
  }, 10)
  const [reader, writer] = await connectedSockets()
  reader.on('data', () => order.push('read'))
  timer.arm(plus(readMonoNs(), 5_000_000n))
  writer.write('x')
  // Until the bytes are there and the timer is due for longer than a free process ever is.
  const end = plus(readMonoNs(), 100_000_000n)
  while (readMonoNs() < end);
  await promise
  reader.destroy()
  writer.destroy()
  assert.deepEqual(order, ['read', 'wake', 'wake'])
})

function connectedSockets(): Promise<readonly [Socket, Socket]> {
  return new Promise((resolve) => {
    const server = createServer((reader) => {
      server.close()
      resolve([reader, writer])
    }).listen(0, '127.0.0.1')
    const writer = new Socket()
    server.once('listening', () => writer.connect((server.address() as AddressInfo).port, '127.0.0.1'))
  })
}

test('a machine is woken for everything that is due and for nothing else', () => {
  const due = [10n, 20n, 30n, 40n].map(monoNs)
  const machine = { wake: () => [due.shift()], nextWakeAt: () => due[0] }
  assert.deepEqual([...dueActions(machine, monoNs(30n))], [10n, 20n, 30n])
  assert.deepEqual([...dueActions(machine, monoNs(30n))], [])
})

test('a machine that is due for ever is a broken invariant', () => {
  const machine = { wake: () => [], nextWakeAt: () => monoNs(1n) }
  assert.throws(() => [...dueActions(machine, monoNs(1n))], { name: 'InvariantError' })
})
