import { parentPort } from 'node:worker_threads'
import { assert } from '../core/assert.ts'
import { readClockPair, readMonoNs } from '../linux/clock.ts'
import { createMessageReader } from '../linux/message-reader.ts'
import { createClockBridge } from './clock-bridge.ts'
import { openPhcBridge } from './phc-bridge.ts'
import type { StampNews, StampOrder, WatchedSocket } from './stamp-messages.ts'
import { createStampPump, type PumpedSocket } from './stamp-pump.ts'
import { createUserStamps } from './user-stamp.ts'

/**
 * The thread that reads all stamped sockets of the process: whatever the event loop of the agent does meanwhile, a stamp is
 * brought to the local oscillator microseconds after it was taken. It ends when its last socket is gone.
 */

/**
 * How long it sleeps between two looks at its sockets: by this much packets and stamps come later, which costs no accuracy,
 * since each carries its own time. It does not wait for them in `poll`, because then every transmit stamp would wake it
 * while the packet itself is still on its way through the kernel, after its stamp: 10 µs of round trip on a virtual cable,
 * where there are 3 µs without. It is also how often the clocks are compared, and the longest that an order waits.
 */
const NAP_MS = 10
/** So many at once are a burst, behind which more is expected: no nap. */
const BURST = 32
const napper = new Int32Array(new SharedArrayBuffer(4))

assert(parentPort !== null, 'this file is a thread, not a program')
const port = parentPort
const tell = (news: StampNews): void => port.postMessage(news)
const pump = createStampPump({
  reader: createMessageReader(),
  bridge: createClockBridge(readClockPair),
  stampNow: createUserStamps(readMonoNs),
})
const watched = new Map<number, PumpedSocket & { close(): void }>()
let started = false

function watch({ id, fd, clockPath, taken }: WatchedSocket): void {
  const clock = clockPath === undefined ? undefined : openPhcBridge(clockPath)
  const count = new Int32Array(taken)
  const socket = {
    id,
    fd,
    hardware: clock?.ok ? clock.value.bridge : undefined,
    taken: () => Atomics.load(count, 0),
    close: () => clock?.ok && clock.value.close(),
  }
  watched.set(id, socket)
  pump.add(socket)
  tell({ type: 'watching', id, fault: clock?.ok === false ? clock.fault : undefined })
  if (!started) setImmediate(turn)
  started = true
}

function release(id: number): void {
  pump.remove(id)
  watched.get(id)?.close()
  watched.delete(id)
  tell({ type: 'released', id })
}

port.on('message', (order: StampOrder) => {
  if (order.type === 'watch') watch(order.socket)
  else release(order.id)
})

function turn(): void {
  if (watched.size === 0) {
    port.close()
    return
  }
  const batches = pump.turn(0)
  for (const batch of batches) tell({ type: 'batch', batch })
  if (!batches.some(({ packets, sent }) => packets.length + sent.length >= BURST)) Atomics.wait(napper, 0, 0, NAP_MS)
  setImmediate(turn)
}
