import type { Stamp } from '../../src/core/stamp.ts'
import { INSTANT_LIMIT_NS, type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverFault } from '../driver.ts'
import { correctionNs, type OneWay } from './protocol.ts'

/** When the grandmaster sent something, and what switches added on the way, as one message has it. */
export interface Origin {
  readonly sequenceId: number
  readonly originNs: bigint
  readonly correctionScaledNs: bigint
}

/**
 * Brings Syncs and their Follow_Ups together, in whichever order they come. Faults: `ptp.follow-up`, one without its
 * Sync; `ptp.correction`; `ptp.timestamp`.
 */
export interface SyncPairing {
  sync(sync: Origin & { readonly twoStep: boolean }, received: Stamp): Paired
  followUp(followUp: Origin, now: MonoNs): Paired
  /** Gives up what waited too long. */
  expire(now: MonoNs): readonly DriverFault[]
  /** Two-step Syncs in a row that had no Follow_Up. */
  missed(): number
  duplicates(): number
}

export interface Paired {
  readonly oneWay?: OneWay
  readonly faults: readonly DriverFault[]
}

const NOTHING: Paired = { faults: [] }
const WAITS_NS = 2n * NS_PER_SECOND
/** Of the fastest Syncs, 128 a second, those of a quarter of a second. */
const WAITING_MAX = 32
const REMEMBERED_MAX = 64

interface Waiting {
  readonly until: MonoNs
  readonly sync?: { readonly origin: Origin; readonly received: Stamp }
  readonly followUp?: Origin
}

export function createSyncPairing(): SyncPairing {
  const waiting = new Map<number, Waiting>()
  let done: readonly number[] = []
  let missed = 0
  let duplicates = 0

  const isDuplicate = (sequenceId: number): boolean => {
    const known = done.includes(sequenceId)
    if (known) duplicates += 1
    return known
  }
  const complete = (sequenceId: number, received: Stamp, origins: readonly Origin[]): Paired => {
    waiting.delete(sequenceId)
    done = [...done, sequenceId].slice(-REMEMBERED_MAX)
    return pair(received, origins)
  }
  const wait = (sequenceId: number, entry: Waiting): Paired => {
    waiting.set(sequenceId, entry)
    const [oldest] = waiting.keys()
    if (waiting.size > WAITING_MAX && oldest !== undefined) return { faults: giveUp(oldest) }
    return NOTHING
  }
  const giveUp = (sequenceId: number): readonly DriverFault[] => {
    const entry = waiting.get(sequenceId)
    waiting.delete(sequenceId)
    if (entry?.sync !== undefined) missed += 1
    if (entry?.followUp === undefined) return []
    const message = `Follow_Up ${sequenceId}: expected a Sync of the same number, got none`
    return [{ code: 'ptp.follow-up', message }]
  }

  return {
    sync: (sync, received) => {
      const { sequenceId, twoStep } = sync
      if (isDuplicate(sequenceId)) return NOTHING
      if (!twoStep) {
        missed = 0
        return complete(sequenceId, received, [sync])
      }
      const known = waiting.get(sequenceId)
      if (known?.sync !== undefined) {
        duplicates += 1
        return NOTHING
      }
      if (known?.followUp !== undefined) {
        missed = 0
        return complete(sequenceId, received, [{ ...sync, originNs: 0n }, known.followUp])
      }
      return wait(sequenceId, { until: plus(received.at, WAITS_NS), sync: { origin: sync, received } })
    },
    followUp: (followUp, now) => {
      const { sequenceId } = followUp
      if (isDuplicate(sequenceId)) return NOTHING
      const known = waiting.get(sequenceId)
      if (known?.sync === undefined) return wait(sequenceId, { until: plus(now, WAITS_NS), followUp })
      missed = 0
      return complete(sequenceId, known.sync.received, [{ ...known.sync.origin, originNs: 0n }, followUp])
    },
    expire: (now) => [...waiting].flatMap(([sequenceId, { until }]) => (until <= now ? giveUp(sequenceId) : [])),
    missed: () => missed,
    duplicates: () => duplicates,
  }
}

/** The precise origin of a two-step Sync is that of its Follow_Up alone; the corrections of both count (11.2). */
function pair(received: Stamp, origins: readonly Origin[]): Paired {
  const originNs = origins.reduce((sum, origin) => sum + origin.originNs, 0n)
  const scaledNs = origins.reduce((sum, origin) => sum + origin.correctionScaledNs, 0n)
  const addedNs = correctionNs(scaledNs)
  const { sequenceId = 0 } = origins[0] ?? {}
  if (addedNs === undefined) {
    const message = `Sync ${sequenceId}: expected corrections within a second, got ${scaledNs >> 16n} ns`
    return { faults: [{ code: 'ptp.correction', message }] }
  }
  if (originNs >= INSTANT_LIMIT_NS) {
    const message = `Sync ${sequenceId}: expected a time before 2116, got ${originNs} ns since 1970`
    return { faults: [{ code: 'ptp.timestamp', message }] }
  }
  const { at, errorNs } = received
  return { oneWay: { at, limitNs: originNs + addedNs - at, errorNs }, faults: [] }
}
