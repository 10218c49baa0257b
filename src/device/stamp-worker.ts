import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { assert } from '../core/assert.ts'
import { readClockPair, readMonoNs } from '../linux/clock.ts'
import { createMessageReader } from '../linux/message-reader.ts'
import { createClockBridge } from './clock-bridge.ts'
import { openPhcBridge } from './phc-bridge.ts'
import { createReadableWatch } from './readable-watch.ts'
import {
  SENT_AT,
  type StampNews,
  type StampOrder,
  type StampThreadData,
  TAKEN_AT,
  type WatchedDescriptor,
  type WatchedSocket,
} from './stamp-messages.ts'
import { createStampOutbox } from './stamp-outbox.ts'
import { createStampPump, type PumpedSocket } from './stamp-pump.ts'
import { createUserStamps } from './user-stamp.ts'

/**
 * The thread that has all stamped sockets of the process: whatever the event loop of the agent does meanwhile, a stamp is
 * brought to the local oscillator microseconds after it was taken. It ends when its last socket is gone.
 *
 * It sends, too. The kernel takes a transmit stamp, puts it on the error queue, wakes whoever waits for the socket, and only
 * then does the packet go on its way: with this thread waiting and another one sending, every flight would be longer by
 * the waking. Between network namespaces a round trip takes 13 µs so, and 3 µs where the one that sends is the one that waits.
 */

/**
 * How often the clocks are compared while nothing comes. A stamp is placed between the pair before it and one that is read at
 * once, so this says nothing of its error on a clock that runs evenly, and is what the thread costs while it is idle.
 */
const WAIT_MS = 100
const TURNS_IN_A_ROW = 32

assert(parentPort !== null, 'this file is a thread, not a program')
const port = parentPort
const { orders, wakeFd, raised } = workerData as StampThreadData
const raisedFlag = new Int32Array(raised)
const tell = (news: StampNews): void => port.postMessage(news)
const readable = createReadableWatch(() => performance.now())
const pump = createStampPump({
  reader: createMessageReader(),
  bridge: createClockBridge(readClockPair),
  stampNow: createUserStamps(readMonoNs),
  wakeFd,
  others: {
    descriptors: readable.descriptors,
    hear: (ready) => {
      const ids = readable.hear(ready)
      if (ids.length > 0) tell({ type: 'readable', ids })
    },
  },
})
const watched = new Map<number, PumpedSocket & { readonly stampsWait: boolean; close(): void }>()
const descriptors = new Set<number>()
const outbox = createStampOutbox(
  (id) => watched.get(id)?.stampsWait === true,
  () => performance.now(),
)
let ended = false

function watch({ id, fd, clockPath, counts, stampsWait }: WatchedSocket): void {
  const clock = clockPath === undefined ? undefined : openPhcBridge(clockPath)
  const shared = new Int32Array(counts)
  const socket = {
    id,
    fd,
    stampsWait,
    hardware: clock?.ok ? clock.value.bridge : undefined,
    taken: () => Atomics.load(shared, TAKEN_AT),
    countSent: () => Atomics.add(shared, SENT_AT, 1),
    close: () => clock?.ok && clock.value.close(),
  }
  watched.set(id, socket)
  pump.add(socket)
  tell({ type: 'watching', id, fault: clock?.ok === false ? clock.fault : undefined })
}

function watchDescriptor({ id, fd, counts }: WatchedDescriptor): void {
  const shared = new Int32Array(counts)
  descriptors.add(id)
  readable.add({ id, fd, taken: () => Atomics.load(shared, TAKEN_AT) })
  tell({ type: 'watching', id, fault: undefined })
}

function release(id: number): void {
  pump.remove(id)
  readable.remove(id)
  watched.get(id)?.close()
  watched.delete(id)
  descriptors.delete(id)
  ended = watched.size + descriptors.size === 0
  tell({ type: 'released', id })
}

function obey(order: StampOrder): void {
  if (order.type === 'send') pump.send(order.id, order.packet)
  else if (order.type === 'watch') watch(order.socket)
  else if (order.type === 'watch-descriptor') watchDescriptor(order.descriptor)
  else release(order.id)
}

function turn(): void {
  outbox.add(pump.turn(Math.min(WAIT_MS, outbox.waitMsMax(), readable.waitMsMax())))
  const batches = outbox.take()
  if (batches.length > 0) tell({ type: 'batches', batches })
  // Lowered before the orders are looked for: one that comes after that raises it again.
  Atomics.store(raisedFlag, 0, 0)
  for (;;) {
    const next: { readonly message: readonly StampOrder[] } | undefined = receiveMessageOnPort(orders)
    if (next === undefined) break
    next.message.forEach(obey)
  }
}

/** The event loop of the thread has little to do: what V8 leaves to it. */
function run(): void {
  for (let turns = 0; turns < TURNS_IN_A_ROW && !ended; turns++) turn()
  if (!ended) setImmediate(run)
}

run()
