import { toHex } from '../../core/bytes.ts'

/** A record that a member's header names and that is not here. */
export interface Want {
  readonly member: number
  readonly digest: Uint8Array
  readonly withEventLog: boolean
  /** Since when, ms. */
  readonly sinceMs: number
}

/** Which records are fetched, of whom, and when it is asked again: one of each member, the newest that it names. */
export interface RecordWants {
  /** `withEventLog`: the record is here, and the log that it names is not. */
  want(member: number, digest: Uint8Array, withEventLog: boolean, nowMs: number): void
  drop(member: number): void
  find(digest: Uint8Array): Want | undefined
  /** What is to be asked now, and of whom; each counts as asked. */
  due(nowMs: number): readonly { readonly want: Want; readonly of: number }[]
  /** When something is due next, ms; undefined while nothing is wanted. */
  nextAtMs(): number | undefined
}

interface Entry {
  readonly want: Want
  attempts: number
  nextAtMs: number
}

const FIRST_MS = 500
const LAST_MS = 30_000
/** So many questions leave at once. */
const AT_ONCE_MAX = 8

export function createRecordWants(self: number, members: number): RecordWants {
  const entries = new Map<number, Entry>()
  return {
    want: (member, digest, withEventLog, nowMs) => {
      const before = entries.get(member)?.want
      const isSame = before !== undefined && toHex(before.digest) === toHex(digest)
      if (isSame && before.withEventLog === withEventLog) return
      const sinceMs = isSame ? before.sinceMs : nowMs
      entries.set(member, { want: { member, digest, withEventLog, sinceMs }, attempts: 0, nextAtMs: nowMs })
    },
    drop: (member) => {
      entries.delete(member)
    },
    find: (digest) => {
      const wanted = toHex(digest)
      return [...entries.values()].find(({ want }) => toHex(want.digest) === wanted)?.want
    },
    due: (nowMs) => {
      const due = [...entries.values()].filter(({ nextAtMs }) => nextAtMs <= nowMs).slice(0, AT_ONCE_MAX)
      return due.map((entry) => {
        const of = askedOf(entry, self, members)
        entry.nextAtMs = nowMs + Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(entry.attempts, 10))
        entry.attempts += 1
        return { want: entry.want, of }
      })
    },
    nextAtMs: () => {
      const all = [...entries.values()].map(({ nextAtMs }) => nextAtMs)
      return all.length === 0 ? undefined : Math.min(...all)
    },
  }
}

/** First the member itself, then the others in turn. */
function askedOf({ want, attempts }: Entry, self: number, members: number): number {
  const others = Array.from({ length: members }, (_, step) => (want.member + step) % members).filter(
    (id) => id !== self,
  )
  return others[attempts % others.length] ?? want.member
}
