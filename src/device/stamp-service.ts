import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { Fault } from '../core/fault.ts'
import { type EventFd, openEventFd, raiseEvent } from '../linux/event-fd.ts'
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

export type SocketToWatch = Omit<WatchedSocket, 'id' | 'counts'>

interface Care {
  readonly socket: WatchedSocket
  readonly counts: Int32Array
  /** How many packets were handed to the thread so far, modulo 2^32. */
  handed: number
  readonly events: WatchedSocketEvents
  readonly watching: PromiseWithResolvers<Fault | undefined>
  readonly released: PromiseWithResolvers<void>
}

/** One thread, the sockets that it has, and those that it is to let go of. */
interface Thread {
  readonly orders: MessagePort
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
  nextId += 1
  const counts = new SharedArrayBuffer(8)
  const care: Care = {
    socket: { ...socket, id: nextId, counts },
    counts: new Int32Array(counts),
    handed: 0,
    events,
    watching: Promise.withResolvers(),
    released: Promise.withResolvers(),
  }
  current ??= startThread(new Map())
  current.cares.set(care.socket.id, care)
  order(current, { type: 'watch', socket: care.socket })
  return { watching: care.watching.promise, send: (packet) => send(care, packet), release: () => release(care) }
}

async function release(care: Care): Promise<void> {
  const thread = current
  if (thread?.cares.delete(care.socket.id) !== true) return
  // The thread ends with its last socket; one that is opened meanwhile gets a new one.
  const last = thread.cares.size === 0
  if (last) current = undefined
  thread.releasing.set(care.socket.id, care)
  order(thread, { type: 'release', id: care.socket.id })
  await Promise.race([care.released.promise, thread.ended])
  if (last) await thread.ended
}

function send(care: Care, packet: PacketToSend): boolean {
  const { id } = care.socket
  if (current?.cares.has(id) !== true) return false
  if (((care.handed - Atomics.load(care.counts, SENT_AT)) | 0) >= SENDS_MAX) return false
  care.handed = (care.handed + 1) | 0
  order(current, { type: 'send', id, packet })
  return true
}

function startThread(cares: Map<number, Care>): Thread {
  const wake = openEventFd()
  const { port1: orders, port2 } = new MessageChannel()
  const data: StampThreadData = { orders: port2, wakeFd: wake.ok ? wake.value.fd : -1 }
  const worker = new Worker(new URL('./stamp-worker.ts', import.meta.url), {
    name: 'stamps',
    workerData: data,
    transferList: [port2],
    resourceLimits: LIMITS,
  })
  const ended = Promise.withResolvers<undefined>()
  const thread: Thread = {
    orders,
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
    order(thread, { type: 'watch', socket: care.socket })
  }
  return thread
}

function hear({ cares, releasing }: Thread, news: StampNews): void {
  if (news.type === 'released') {
    releasing.get(news.id)?.released.resolve()
    releasing.delete(news.id)
    return
  }
  const care = cares.get(news.type === 'batch' ? news.batch.id : news.id)
  if (care === undefined) return
  if (news.type === 'watching') {
    care.watching.resolve(news.fault)
    return
  }
  Atomics.add(care.counts, TAKEN_AT, news.batch.packets.length)
  care.events.onBatch(news.batch)
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
function order({ orders, wake }: Thread, what: StampOrder): void {
  orders.postMessage(what)
  if (wake !== undefined) raiseEvent(wake.fd)
}
