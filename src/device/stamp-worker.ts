import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { assert, unreachable } from '../core/assert.ts'
import { divCeil } from '../core/integer.ts'
import { between, NS_PER_MILLISECOND } from '../core/time.ts'
import { hmacSha256 } from '../crypto/hmac.ts'
import { readClockPair, readMonoNs } from '../linux/clock.ts'
import { createMessageReader } from '../linux/message-reader.ts'
import { pollDescriptors } from '../linux/poll.ts'
import { createClockBridge } from './clock-bridge.ts'
import { openPhcBridge } from './phc-bridge.ts'
import type { RangingSpec } from './ranging-messages.ts'
import { createRangingRun, type RangingRun } from './ranging-run.ts'
import { createReadableWatch } from './readable-watch.ts'
import {
  type PacketToSend,
  SENT_AT,
  type StampBatch,
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
 * Over some of them it ranges by itself, for its answers are the sooner and nobody else is woken for them.
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
/**
 * After requests it rests so long: their answers come together then, with the transmit stamps, in place of a wake each. All stamps
 * are the kernel's; whoever asks meanwhile is answered so much later, which costs what clocks drift apart in that time.
 */
const GATHER_MS = 2
/** What anybody can cause is told no more often. */
const TELL_MS_MIN = 250

assert(parentPort !== null, 'this file is a thread, not a program')
const port = parentPort
const { orders, wakeFd, raised } = workerData as StampThreadData
const raisedFlag = new Int32Array(raised)
const tell = (news: StampNews): void => port.postMessage(news)
const stampNow = createUserStamps(readMonoNs)
const readable = createReadableWatch(() => performance.now())
const pump = createStampPump({
  reader: createMessageReader(),
  bridge: createClockBridge(readClockPair),
  stampNow,
  wakeFd,
  others: {
    descriptors: readable.descriptors,
    hear: (ready) => {
      const ids = readable.hear(ready)
      if (ids.length > 0) tell({ type: 'readable', ids })
    },
  },
})
interface Watched extends PumpedSocket {
  readonly mayWait: boolean
  countTaken(packets: number): void
  close(): void
}

const watched = new Map<number, Watched>()
const descriptors = new Set<number>()
const ranging = new Map<number, RangingRun>()
let toldAtMs = 0
const outbox = createStampOutbox(
  (id) => watched.get(id)?.mayWait === true,
  () => performance.now(),
)
let ended = false

function watch({ id, fd, clockPath, counts, mayWait, ranging: spec }: WatchedSocket): void {
  const clock = clockPath === undefined ? undefined : openPhcBridge(clockPath)
  const shared = new Int32Array(counts)
  const socket = {
    id,
    fd,
    mayWait,
    hardware: clock?.ok ? clock.value.bridge : undefined,
    taken: () => Atomics.load(shared, TAKEN_AT),
    countSent: () => Atomics.add(shared, SENT_AT, 1),
    countTaken: (packets: number) => Atomics.add(shared, TAKEN_AT, packets),
    close: () => clock?.ok && clock.value.close(),
  }
  watched.set(id, socket)
  pump.add(socket)
  if (spec !== undefined) range(id, spec)
  tell({ type: 'watching', id, fault: clock?.ok === false ? clock.fault : undefined })
}

function range(id: number, spec: RangingSpec): void {
  const send = (packet: PacketToSend): void => pump.send(id, packet)
  ranging.set(id, createRangingRun(spec, { mac: hmacSha256, now: readMonoNs, stampNow, send }))
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
  ranging.delete(id)
  descriptors.delete(id)
  ended = watched.size + descriptors.size === 0
  tell({ type: 'released', id })
}

function obey(order: StampOrder): void {
  if (order.type === 'send') pump.send(order.id, order.packet)
  else if (order.type === 'watch') watch(order.socket)
  else if (order.type === 'watch-descriptor') watchDescriptor(order.descriptor)
  else if (order.type === 'ranging') ranging.get(order.id)?.obey(order.order)
  else if (order.type === 'release') release(order.id)
  else unreachable(order)
}

function takeBatch(batch: StampBatch): void {
  const run = ranging.get(batch.id)
  if (run === undefined) outbox.add([batch])
  else {
    const hasAnswered = run.take(batch)
    watched.get(batch.id)?.countTaken(batch.packets.length)
    const sent = hasAnswered ? pump.collectSent(batch.id) : undefined
    if (sent !== undefined) run.take(sent)
  }
}

function rangingWaitMsMax(): number {
  let waitMs = WAIT_MS
  for (const run of ranging.values()) {
    const at = run.nextWakeAt()
    if (at !== undefined) waitMs = Math.min(waitMs, Number(divCeil(between(readMonoNs(), at), NS_PER_MILLISECOND)))
  }
  return Math.max(0, waitMs)
}

function tellOfRanging(): void {
  const nowMs = performance.now()
  if (nowMs - toldAtMs < TELL_MS_MIN) return
  for (const [id, run] of ranging) {
    const told = run.tell()
    if (told === undefined) continue
    toldAtMs = nowMs
    tell({ type: 'ranging', id, told })
  }
}

function turn(): void {
  const batches = pump.turn(Math.min(WAIT_MS, outbox.waitMsMax(), readable.waitMsMax(), rangingWaitMsMax()))
  for (const batch of batches) takeBatch(batch)
  let hasAsked = false
  for (const run of ranging.values()) hasAsked = run.wake(readMonoNs()) || hasAsked
  tellOfRanging()
  const told = outbox.take()
  if (told.length > 0) tell({ type: 'batches', batches: told })
  // Lowered before the orders are looked for: one that comes after that raises it again.
  Atomics.store(raisedFlag, 0, 0)
  for (;;) {
    const next: { readonly message: StampOrder } | undefined = receiveMessageOnPort(orders)
    if (next === undefined) break
    obey(next.message)
  }
  if (hasAsked) pollDescriptors([], GATHER_MS)
}

/** The event loop of the thread has little to do: what V8 leaves to it. */
function run(): void {
  for (let turns = 0; turns < TURNS_IN_A_ROW && !ended; turns++) turn()
  if (!ended) setImmediate(run)
}

run()
