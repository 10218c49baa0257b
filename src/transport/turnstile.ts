import { createTokenBucket, type TokenBucket } from './token-bucket.ts'

/** What handshakes may cost: each takes its listener some milliseconds of processor time. */
export interface TurnstileLimits {
  /** Begun per second over time, and at once, whoever asks. */
  readonly handshakesPerSecond: number
  readonly handshakesBurst: number
  /** The same for each member that may come from a place. */
  readonly memberPerSecond: number
  readonly memberBurst: number
  /** Handshakes that are not finished, of all places together. */
  readonly unfinishedMax: number
  /** How long a handshake is not given up for somebody who waits. */
  readonly patienceMs: number
}

/** An address from which members may come. */
export interface Place {
  readonly address: string
  /** How many members may come from here; and whether all of them have a link already. */
  readonly members: number
  isLinked(): boolean
}

export interface Turns<V> {
  readonly begin: readonly V[]
  /** Their unfinished handshakes make room. */
  readonly oust: readonly V[]
  /** Somebody waits: ask again then. */
  readonly wakeAtMs: number | undefined
}

/**
 * Who may begin a handshake, and when. Everybody at one place waits in the queue of that place, and places take turns: those
 * with a member that has no link first, and of these the one whose last turn is longest ago. So a flood from one place, a
 * member's own included, takes the turns of that place, and the others have theirs within one turn each. Pure; `nowMs` is
 * monotonic.
 */
export interface Turnstile<V> {
  /** Whether `enqueue` would be false. */
  isFull(place: Place): boolean
  /** False: enough of this place wait already. */
  enqueue(place: Place, visitor: V): boolean
  /** It is up, or gone: it waits no more and has no handshake under way. */
  leave(visitor: V): void
  turns(nowMs: number): Turns<V>
}

/** So many more than its members may wait at a place, and have a handshake under way. */
const WAITING_EXTRA = 3
const UNFINISHED_EXTRA = 4
const WAKE_AFTER_MS = 20

interface Stand<V> {
  place: Place
  readonly waiting: Set<V>
  /** When each handshake that is under way began; the oldest first. */
  readonly unfinished: Map<V, number>
  readonly bucket: TokenBucket
  servedAtMs: number
}

interface State<V> {
  readonly limits: TurnstileLimits
  readonly stands: Map<string, Stand<V>>
  readonly standOf: Map<V, Stand<V>>
  readonly bucket: TokenBucket
  unfinished: number
}

export function createTurnstile<V>(limits: TurnstileLimits): Turnstile<V> {
  const state: State<V> = {
    limits,
    stands: new Map(),
    standOf: new Map(),
    bucket: createTokenBucket(limits.handshakesPerSecond, limits.handshakesBurst),
    unfinished: 0,
  }
  const isFull = (place: Place): boolean => standAt(state, place).waiting.size >= place.members + WAITING_EXTRA
  return {
    isFull,
    enqueue: (place, visitor) => {
      if (isFull(place)) return false
      const stand = standAt(state, place)
      stand.waiting.add(visitor)
      state.standOf.set(visitor, stand)
      return true
    },
    leave: (visitor) => leave(state, visitor),
    turns: (nowMs) => turns(state, nowMs),
  }
}

/** Stands are as many as there are places, and a place that is gone and comes back finds its own: its turns are used up. */
function standAt<V>({ stands, limits }: State<V>, place: Place): Stand<V> {
  const known = stands.get(place.address)
  if (known !== undefined) {
    known.place = place
    return known
  }
  const stand: Stand<V> = {
    place,
    waiting: new Set(),
    unfinished: new Map(),
    bucket: createTokenBucket(limits.memberPerSecond * place.members, limits.memberBurst * place.members),
    servedAtMs: Number.NEGATIVE_INFINITY,
  }
  stands.set(place.address, stand)
  return stand
}

function leave<V>(state: State<V>, visitor: V): void {
  const stand = state.standOf.get(visitor)
  if (stand === undefined) return
  state.standOf.delete(visitor)
  stand.waiting.delete(visitor)
  if (stand.unfinished.delete(visitor)) state.unfinished -= 1
}

function turns<V>(state: State<V>, nowMs: number): Turns<V> {
  const begin: V[] = []
  const oust: V[] = []
  for (;;) {
    const queue = [...state.stands.values()].filter(({ waiting }) => waiting.size > 0)
    if (queue.length === 0) return { begin, oust, wakeAtMs: undefined }
    const stand = queue.toSorted(byTurn).find((each) => mayBegin(state, each, nowMs))
    const [visitor] = stand?.waiting ?? []
    if (stand === undefined || visitor === undefined) return { begin, oust, wakeAtMs: nowMs + WAKE_AFTER_MS }
    const outgoing = makeRoom(state, stand, nowMs)
    if (outgoing !== undefined) {
      leave(state, outgoing)
      oust.push(outgoing)
    }
    state.bucket.take(nowMs)
    stand.bucket.take(nowMs, costAt(state, stand.place))
    stand.waiting.delete(visitor)
    stand.unfinished.set(visitor, nowMs)
    stand.servedAtMs = nowMs
    state.unfinished += 1
    begin.push(visitor)
  }
}

function byTurn<V>(one: Stand<V>, other: Stand<V>): number {
  const linked = Number(one.place.isLinked()) - Number(other.place.isLinked())
  return linked === 0 ? one.servedAtMs - other.servedAtMs : linked
}

function mayBegin<V>(state: State<V>, stand: Stand<V>, nowMs: number): boolean {
  if (!state.bucket.has(nowMs) || !stand.bucket.has(nowMs, costAt(state, stand.place))) return false
  return hasRoom(state, stand) || makeRoom(state, stand, nowMs) !== undefined
}

/** A place whose members all have a link gets a turn only when it had none for long: mostly it is not them who come. */
function costAt<V>({ limits }: State<V>, { members, isLinked }: Place): number {
  return isLinked() ? limits.memberBurst * members : 1
}

function hasRoom<V>({ unfinished, limits }: State<V>, stand: Stand<V>): boolean {
  return unfinished < limits.unfinishedMax && !isBusy(stand)
}

function isBusy<V>({ unfinished, place }: Stand<V>): boolean {
  return unfinished.size >= place.members + UNFINISHED_EXTRA
}

/** Whose handshake is given up: the oldest of a place that is full, else the oldest of all, once it has had its time. */
function makeRoom<V>(state: State<V>, stand: Stand<V>, nowMs: number): V | undefined {
  if (hasRoom(state, stand)) return undefined
  const from = isBusy(stand) ? [stand] : [...state.stands.values()]
  const oldest = from.flatMap(({ unfinished }) => [...unfinished].slice(0, 1)).toSorted((a, b) => a[1] - b[1])[0]
  return oldest !== undefined && nowMs - oldest[1] >= state.limits.patienceMs ? oldest[0] : undefined
}
