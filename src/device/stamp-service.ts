import { Worker } from 'node:worker_threads'
import type { Fault } from '../core/fault.ts'
import type { StampBatch, StampNews, StampOrder, WatchedSocket } from './stamp-messages.ts'

/** A socket in the care of the thread that stamps. */
export interface WatchedSocketHandle {
  /** The thread has it; with a fault where the clock of its card cannot be read. */
  readonly watching: Promise<Fault | undefined>
  /** Resolves when the thread has let go of it: its descriptor may be closed from then on, not before. */
  release(): Promise<void>
}

export interface WatchedSocketEvents {
  onBatch(batch: StampBatch): void
  /** Fault `stamp.thread`: it ended by itself. The next one has the socket a second later; what comes until then waits in the kernel. */
  onFault(fault: Fault): void
}

export type SocketToWatch = Omit<WatchedSocket, 'id' | 'taken'>

interface Care {
  readonly socket: WatchedSocket
  readonly taken: Int32Array
  readonly events: WatchedSocketEvents
  readonly watching: PromiseWithResolvers<Fault | undefined>
  readonly released: PromiseWithResolvers<void>
}

/** One thread, the sockets that it has, and those that it is to let go of. */
interface Thread {
  readonly worker: Worker
  readonly cares: Map<number, Care>
  readonly releasing: Map<number, Care>
  readonly ended: Promise<undefined>
}

const RESTART_MS = 1_000
/** What it holds is small: a reader, some hundred pairs, packets under way. */
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 }

let nextId = 0
/** There is one for the whole process, while any socket is open. */
let current: Thread | undefined

/** Gives a socket into the care of the thread, which is started for the first one. */
export function watchSocket(socket: SocketToWatch, events: WatchedSocketEvents): WatchedSocketHandle {
  nextId += 1
  const taken = new SharedArrayBuffer(4)
  const care: Care = {
    socket: { ...socket, id: nextId, taken },
    taken: new Int32Array(taken),
    events,
    watching: Promise.withResolvers(),
    released: Promise.withResolvers(),
  }
  current ??= startThread(new Map())
  current.cares.set(care.socket.id, care)
  order(current, { type: 'watch', socket: care.socket })
  return { watching: care.watching.promise, release: () => release(care) }
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

function startThread(cares: Map<number, Care>): Thread {
  const worker = new Worker(new URL('./stamp-worker.ts', import.meta.url), { name: 'stamps', resourceLimits: LIMITS })
  const ended = Promise.withResolvers<undefined>()
  const thread: Thread = { worker, cares, releasing: new Map(), ended: ended.promise }
  let reason = 'it stopped'
  worker.on('message', (news: StampNews) => hear(thread, news))
  worker.on('error', (error) => {
    reason = `it failed: ${error instanceof Error ? error.message : String(error)}`
  })
  worker.on('exit', () => {
    ended.resolve(undefined)
    if (cares.size > 0 && current === thread) replace(thread, reason)
  })
  for (const { socket } of cares.values()) order(thread, { type: 'watch', socket })
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
  Atomics.add(care.taken, 0, news.batch.packets.length)
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

function order({ worker }: Thread, what: StampOrder): void {
  worker.postMessage(what)
}
