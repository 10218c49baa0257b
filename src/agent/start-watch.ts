import type { SignedMessage } from '../consensus/messages.ts'
import type { FaultLog } from './fault-log.ts'

/**
 * Whether a member comes back with a start before the one that it came with last. An appliance counts its starts, and the links
 * of one that is gone never come after those of the next; so then two of them run under one key: the copy of a disk beside the original, or a
 * restored backup beside what was to be replaced. Both learn from the others' last words that they must not speak;
 * this says it to those who see no more of them than that they are gone.
 */
export interface StartWatch {
  /** A link is up, and this is the Hello that it began with. Fault told: `peer.two-places`. */
  linked(hello: Pick<SignedMessage<'hello'>, 'header'>): void
}

export interface StartWatchOptions {
  nameOf(member: number): string
  readonly faults: Pick<FaultLog, 'note'>
}

export function createStartWatch({ nameOf, faults }: StartWatchOptions): StartWatch {
  const newest = new Map<number, number>()
  return {
    linked: ({ header: { sender, bootCount } }) => {
      const before = newest.get(sender) ?? bootCount
      newest.set(sender, Math.max(before, bootCount))
      if (bootCount >= before) return
      const message = `hello: expected start ${before} or a later one, as it came with before, got start ${bootCount}: its key is used in two places, by a copy of its disk or a restored backup; replace the key of this member`
      faults.note(`peer ${nameOf(sender)}`, { code: 'peer.two-places', message })
    },
  }
}
