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

/** How often the clocks are compared while nothing comes; also the longest that an order waits. */
const WAIT_MS = 20

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
  for (const batch of pump.turn(WAIT_MS)) tell({ type: 'batch', batch })
  setImmediate(turn)
}
