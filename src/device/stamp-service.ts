import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { unreachable } from '../core/assert.ts'
import type { Fault } from '../core/fault.ts'
import { type EventFd, openEventFd, raiseEvent } from '../linux/event-fd.ts'
import type { RangingOrder, RangingSpec, RangingTold } from './ranging-messages.ts'
import {
  type PacketToSend,
  SENT_AT,
  type StampBatch,
  type StampNews,
  type StampOrder,
  type StampThreadData,
  TAKEN_AT,
  type WatchedSocket,
} from './stamp-messages.ts'

/** A socket in the care of the thread that stamps. */
export interface WatchedSocketHandle {
  /** The thread has it; with a fault where the clock of its card cannot be read. */
  readonly watching: Promise<Fault | undefined>
  /** Has the thread send it. False where too many wait for that already: it is dropped. */
  send(packet: PacketToSend): boolean
  /** Resolves when the thread has let go of it: its descriptor may be closed from then on, not before. */
  release(): Promise<void>
}

export interface WatchedSocketEvents {
  onBatch(batch: StampBatch): void
  /** Fault `stamp.thread`: it ended by itself. The next one has the socket a second later; what comes until then waits in the kernel. */
  onFault(fault: Fault): void
}

export type SocketToWatch = Omit<WatchedSocket, 'id' | 'counts' | 'ranging'>

/** A descriptor that the thread waits for. */
export interface WatchedDescriptorHandle {
  /** It has been read, and may be waited for again. */
  taken(): void
  /** As of a socket. */
  release(): Promise<void>
}

export interface WatchedDescriptorEvents {
  /** There is something to read. Nothing more is said before `taken`, and no more than 50 times a second. */
  onReadable(): void
  onFault(fault: Fault): void
}

/** A socket over which the thread ranges. */
export interface RangingHandle extends Omit<WatchedSocketHandle, 'send'> {
  order(order: RangingOrder): void
}

export interface RangingHandleEvents extends Pick<WatchedSocketEvents, 'onFault'> {
  onTold(told: RangingTold): void
}

/** All that a thread has to know to range as the one before it did. */
export interface StandingRanging {
  readonly spec: RangingSpec
  readonly orders: readonly RangingOrder[]
}

interface Care {
  readonly id: number
  /** What a thread is told to have it. */
  readonly watch: () => readonly StampOrder[]
  readonly counts: Int32Array
  /** How many packets were handed to the thread so far, modulo 2^32. */
  handed: number
  readonly events: Partial<WatchedSocketEvents & WatchedDescriptorEvents & RangingHandleEvents> &
    Pick<WatchedSocketEvents, 'onFault'>
  readonly watching: PromiseWithResolvers<Fault | undefined>
  readonly released: PromiseWithResolvers<void>
}

/** One thread, the sockets that it has, and those that it is to let go of. */
interface Thread {
  readonly orders: MessagePort
  readonly raised: Int32Array
  wake: EventFd | undefined
  readonly cares: Map<number, Care>
  readonly releasing: Map<number, Care>
  readonly ended: Promise<undefined>
}

const RESTART_MS = 1_000
/** So many packets of one socket may wait to be sent. */
const SENDS_MAX = 256
/**
 * What it holds is small, 5 MiB with the program: a reader, some hundred pairs, packets under way. What is free beyond that
 * V8 would let grow to half of its limit before it collects any.
 */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 }

let nextId = 0
/** There is one for the whole process, while any socket is open. */
let current: Thread | undefined

/** Gives a socket into the care of the thread, which is started for the first one. */
export function watchSocket(socket: SocketToWatch, events: WatchedSocketEvents): WatchedSocketHandle {
  const care = takeIntoCare(events, (own) => [{ type: 'watch', socket: { ...socket, ...own } }])
  return { watching: care.watching.promise, send: (packet) => send(care, packet), release: () => release(care) }
}

/** Has the thread range over a socket, and the next one go on as `standing` says then. */
export function rangeOver(
  socket: SocketToWatch,
  standing: () => StandingRanging,
  events: RangingHandleEvents,
): RangingHandle {
  const care = takeIntoCare(events, (own) => {
    const { spec, orders } = standing()
    const watch: StampOrder = { type: 'watch', socket: { ...socket, ...own, ranging: spec } }
    return [watch, ...orders.map((each): StampOrder => ({ type: 'ranging', id: own.id, order: each }))]
  })
  return {
    watching: care.watching.promise,
    order: (what) => {
      if (current?.cares.has(care.id) === true) order(current, { type: 'ranging', id: care.id, order: what })
    },
    release: () => release(care),
  }
}

/** Has the thread wait for a descriptor that Node cannot wait for, and that this thread reads: a unix datagram socket. */
export function watchDescriptor(fd: number, events: WatchedDescriptorEvents): WatchedDescriptorHandle {
  const care = takeIntoCare(events, (own) => [{ type: 'watch-descriptor', descriptor: { fd, ...own } }])
  return {
    taken: () => {
      Atomics.add(care.counts, TAKEN_AT, 1)
    },
    release: () => release(care),
  }
}

function takeIntoCare(
  events: Care['events'],
  watch: (own: { readonly id: number; readonly counts: SharedArrayBuffer }) => readonly StampOrder[],
): Care {
  nextId += 1
  const counts = new SharedArrayBuffer(8)
  const own = { id: nextId, counts }
  const care: Care = {
    id: nextId,
    watch: () => watch(own),
    counts: new Int32Array(counts),
    handed: 0,
    events,
    watching: Promise.withResolvers(),
    released: Promise.withResolvers(),
  }
  current ??= startThread(new Map())
  current.cares.set(care.id, care)
  for (const each of care.watch()) order(current, each)
  return care
}

async function release(care: Care): Promise<void> {
  const thread = current
  if (thread?.cares.delete(care.id) !== true) return
  // The thread ends with its last socket; one that is opened meanwhile gets a new one.
  const last = thread.cares.size === 0
  if (last) current = undefined
  thread.releasing.set(care.id, care)
  order(thread, { type: 'release', id: care.id })
  await Promise.race([care.released.promise, thread.ended])
  if (last) await thread.ended
}

function send(care: Care, packet: PacketToSend): boolean {
  const { id } = care
  if (current?.cares.has(id) !== true) return false
  if (((care.handed - Atomics.load(care.counts, SENT_AT)) | 0) >= SENDS_MAX) return false
  care.handed = (care.handed + 1) | 0
  order(current, { type: 'send', id, packet })
  return true
}

function startThread(cares: Map<number, Care>): Thread {
  const wake = openEventFd()
  const { port1: orders, port2 } = new MessageChannel()
  const raised = new SharedArrayBuffer(4)
  const data: StampThreadData = { orders: port2, wakeFd: wake.ok ? wake.value.fd : -1, raised }
  const worker = new Worker(new URL('./stamp-worker.ts', import.meta.url), {
    name: 'stamps',
    workerData: data,
    transferList: [port2],
    resourceLimits: LIMITS,
  })
  const ended = Promise.withResolvers<undefined>()
  const thread: Thread = {
    orders,
    raised: new Int32Array(raised),
    wake: wake.ok ? wake.value : undefined,
    cares,
    releasing: new Map(),
    ended: ended.promise,
  }
  let reason = 'it stopped'
  worker.on('message', (news: StampNews) => hear(thread, news))
  worker.on('error', (error) => {
    reason = `it failed: ${error instanceof Error ? error.message : String(error)}`
  })
  worker.on('exit', () => {
    orders.close()
    thread.wake?.close()
    thread.wake = undefined
    ended.resolve(undefined)
    if (cares.size > 0 && current === thread) replace(thread, reason)
  })
  for (const care of cares.values()) {
    // What the last thread was to send is gone with it.
    care.handed = Atomics.load(care.counts, SENT_AT)
    for (const each of care.watch()) order(thread, each)
  }
  return thread
}

function hear({ cares, releasing }: Thread, news: StampNews): void {
  switch (news.type) {
    case 'released':
      releasing.get(news.id)?.released.resolve()
      releasing.delete(news.id)
      break
    case 'watching':
      cares.get(news.id)?.watching.resolve(news.fault)
      break
    case 'batches':
      for (const batch of news.batches) {
        const care = cares.get(batch.id)
        if (care === undefined) continue
        Atomics.add(care.counts, TAKEN_AT, batch.packets.length)
        care.events.onBatch?.(batch)
      }
      break
    case 'ranging':
      cares.get(news.id)?.events.onTold?.(news.told)
      break
    case 'readable':
      for (const id of news.ids) cares.get(id)?.events.onReadable?.()
      break
    default:
      unreachable(news)
  }
}

/** Until there is a new thread, the sockets stay with the one that is gone: they can be released from it, at once. */
function replace(dead: Thread, reason: string): void {
  const fault: Fault = {
    code: 'stamp.thread',
    message: `the thread that stamps packets: expected it to run, ${reason}`,
  }
  for (const { events, watching } of dead.cares.values()) {
    watching.resolve(fault)
    events.onFault(fault)
  }
  setTimeout(() => {
    if (current === dead) current = startThread(dead.cares)
  }, RESTART_MS)
}

/** A thread without a descriptor to wake it has its orders when its wait ends by itself. */
function order({ orders, raised, wake }: Thread, what: StampOrder): void {
  orders.postMessage(what)
  // Whoever has raised it before did so for a thread that has yet to look, and will find this message too.
  if (wake !== undefined && Atomics.exchange(raised, 0, 1) === 0) raiseEvent(wake.fd)
}
