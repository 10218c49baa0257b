import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { faultOf, unwrap } from '../../test/support/results.ts'
import type { Stamp } from '../core/stamp.ts'
import { readMonoNs } from '../linux/clock.ts'
import { type KernelSocketOptions, type KernelStampedSocket, openKernelSocket } from './kernel-stamped-socket.ts'
import type { StampedSocketEvents } from './stamped-socket.ts'

const LOOPBACK: KernelSocketOptions = { local: { address: '127.0.0.1', port: 0 }, hardware: 'off' }
const ignored: StampedSocketEvents<string> = {
  onPacket: () => undefined,
  onSent: () => undefined,
  onFault: ({ code, message }) => assert.fail(`${code}: ${message}`),
}

async function opened(
  t: TestContext,
  events: Partial<StampedSocketEvents<string>> = {},
  options: Partial<KernelSocketOptions> = {},
): Promise<KernelStampedSocket<string>> {
  const socket = unwrap(await openKernelSocket({ ...LOOPBACK, ...options }, { ...ignored, ...events }))
  t.after(() => socket.close())
  return socket
}

/** Resolves when `done` holds, which something that was started brings about. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await sleep(5)
}

test('packets carry the stamps of the kernel, each with its own token, even while the event loop stands still', async (t) => {
  const sent = new Map<string, Stamp>()
  const received: { readonly text: string; readonly stamp: Stamp }[] = []
  const from = await opened(t, { onSent: (token, stamp) => sent.set(token, stamp) })
  const to = await opened(t, {
    onPacket: (bytes, { port }, stamp) => {
      assert.equal(port, from.local.port)
      received.push({ text: Buffer.from(bytes).toString(), stamp })
    },
  })
  assert.deepEqual(from.stamping, { kind: 'kernel', reason: undefined })
  const send = async (text: string): Promise<void> => {
    from.send(Buffer.from(text), to.local, text)
    await until(() => received.at(-1)?.text === text && sent.has(text))
  }
  for (let tries = 0; received.at(-1)?.stamp.kind !== 'kernel'; tries++) await send(`warm ${tries}`)
  const before = readMonoNs()
  for (const text of ['a', 'b', 'c']) from.send(Buffer.from(text), to.local, text)
  // This event loop stands still; the thread sends, and the kernel stamps.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
  const stoodStillUntil = readMonoNs()
  await until(() => sent.has('c') && received.at(-1)?.text === 'c')
  for (const text of ['a', 'b', 'c']) {
    const [left, came] = [sent.get(text), received.find((packet) => packet.text === text)?.stamp]
    assert.ok(left?.kind === 'kernel' && came?.kind === 'kernel')
    assert.ok(before <= left.at + left.errorNs && left.at - left.errorNs <= came.at + came.errorNs)
    assert.ok(came.at - came.errorNs <= stoodStillUntil, 'a stamp of the packet, not of the event loop')
  }
  assert.equal(from.lost().get('stamp.late'), undefined)
})

test('what is less than the best says why', async (t) => {
  const nameless = await opened(t, {}, { hardware: { prefer: 'ptp' } })
  assert.deepEqual([nameless.stamping.kind, nameless.stamping.reason?.code], ['kernel', 'stamp.no-interface'])
  const cardless = await opened(t, {}, { hardware: { prefer: 'all' }, interface: 'lo' })
  assert.deepEqual([cardless.stamping.kind, cardless.stamping.reason?.code], ['kernel', 'stamp.no-hardware'])
  assert.match(cardless.stamping.reason?.message ?? '', /^network interface lo: expected a card that stamps packets/)
  assert.equal(
    faultOf(await openKernelSocket({ ...LOOPBACK, interface: 'none-such' }, ignored)).code,
    'socket.interface',
  )
  const taken = await openKernelSocket({ ...LOOPBACK, local: nameless.local }, ignored)
  assert.equal(faultOf(taken).code, 'socket.port-in-use')
})

test('equal packets to one receiver cannot be told apart: their stamps are those of this program, and counted', async (t) => {
  const sent: Stamp[] = []
  const from = await opened(t, { onSent: (_token, stamp) => sent.push(stamp) })
  const to = await opened(t)
  const before = readMonoNs()
  for (const token of ['one', 'two']) from.send(Uint8Array.of(1), to.local, token)
  const after = readMonoNs()
  // The thread tells of what it cannot match at its own time.
  await until(() => sent.length === 2 && (from.lost().get('stamp.unmatched') ?? 0) >= 2)
  for (const { at, kind } of sent) assert.ok(kind === 'user' && before <= at && at <= after)
  assert.deepEqual(Object.fromEntries(from.lost()), { 'stamp.unmatched': 2, 'stamp.late': 2 })
})

test('a packet that cannot be sent is a fault, has no stamp, and spoils no other', async (t) => {
  const faults: string[] = []
  const sent: string[] = []
  const from = await opened(t, {
    onSent: (token, { kind }) => sent.push(`${token} ${kind}`),
    onFault: ({ code }) => faults.push(code),
  })
  const to = await opened(t)
  from.send(new Uint8Array(70_000), to.local, 'too long')
  from.send(Uint8Array.of(1), { address: '::1', port: 9 }, 'other family')
  from.send(Uint8Array.of(2), { address: 'localhost', port: 9 }, 'a name')
  from.send(Uint8Array.of(3), to.local, 'good')
  await until(() => sent.length > 0)
  assert.deepEqual(faults, ['socket.address', 'socket.address', 'socket.send'])
  assert.deepEqual(sent, ['good kernel'])
})

test('a closed socket is silent, its port is free at once, and the last one ends the thread', async (t) => {
  const heard: string[] = []
  const socket = await opened(t, { onPacket: () => heard.push('packet'), onSent: () => heard.push('sent') })
  const other = await opened(t)
  socket.send(Uint8Array.of(1), socket.local, 'to itself')
  const closed = socket.close()
  socket.send(Uint8Array.of(2), socket.local, 'after the end')
  assert.equal(socket.close(), closed)
  await closed
  const again = await opened(t, {}, { local: socket.local })
  other.send(Uint8Array.of(3), socket.local, 'to its successor')
  await other.close()
  await again.close()
  assert.equal(heard.length, 0)
  const afresh = await opened(t, { onSent: () => heard.push('afresh') })
  afresh.send(Uint8Array.of(4), afresh.local, 'of a new thread')
  await until(() => heard.length === 1)
})
