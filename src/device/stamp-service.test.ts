import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { unwrap } from '../../test/support/results.ts'
import type { StampKind } from '../core/stamp.ts'
import { type KernelSocketOptions, openKernelSocket } from './kernel-stamped-socket.ts'
import { watchSocket } from './stamp-service.ts'

const LOOPBACK: KernelSocketOptions = { local: { address: '127.0.0.1', port: 0 }, hardware: 'off' }

const PATIENCE_MS = 30_000

async function until(what: string, done: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!done()) {
    assert.ok(performance.now() < end, `expected ${what} within ${PATIENCE_MS} ms`)
    await sleep(5)
  }
}

/** What no caller can pass: the thread fails on it, as it would on a mistake of its own. */
const POISON = { fd: -1, clockPath: 1 as unknown as string, mayWait: false }

test('a thread that fails is a fault of every socket, and the next one has them again', async (t) => {
  const faults: string[] = []
  const sent: StampKind[] = []
  let received = 0
  const socket = unwrap(
    await openKernelSocket<number>(LOOPBACK, {
      onPacket: () => {
        received += 1
      },
      onSent: (_token, { kind }) => sent.push(kind),
      onFault: ({ code }) => faults.push(code),
    }),
  )
  t.after(() => socket.close())
  const send = (token: number): void => socket.send(Uint8Array.of(token), socket.local, token)
  send(1)
  await until('the first packet and its stamp', () => sent.length === 1 && received === 1)

  const poisoned: string[] = []
  const poison = watchSocket(POISON, { onBatch: () => undefined, onFault: ({ message }) => poisoned.push(message) })
  assert.equal((await poison.watching)?.code, 'stamp.thread')
  assert.deepEqual(faults, ['stamp.thread'])
  assert.match(poisoned.join(), /^the thread that stamps packets: expected it to run, it failed: .*path/)
  await poison.release()

  // What is sent while there is no thread goes nowhere, and has a stamp that says so little.
  send(2)
  await until('a stamp of what went nowhere', () => sent.length === 2)
  assert.equal(sent[1], 'user')
  // Stamps come in any order with those of what was sent too early and is given up: some packet has its own in the end.
  let token = 2
  const hasStampsAgain = (): boolean => {
    token += 1
    send(token)
    return received > 1 && sent.slice(2).includes('kernel')
  }
  await until('a packet with a stamp of the kernel', hasStampsAgain)
  assert.deepEqual(faults, ['stamp.thread'])
})

test('a socket that is given to a thread that fails at once can be closed', async () => {
  const poison = watchSocket(POISON, { onBatch: () => undefined, onFault: () => undefined })
  await poison.watching
  await poison.release()
  await poison.release()
})

test('nothing is left of the thread when its last socket is closed', async () => {
  const socket = unwrap(
    await openKernelSocket<number>(LOOPBACK, {
      onPacket: () => undefined,
      onSent: () => undefined,
      onFault: () => undefined,
    }),
  )
  const again = [socket.close(), socket.close()]
  await Promise.all(again)
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker'),
    [],
  )
})
