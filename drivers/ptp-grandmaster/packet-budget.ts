import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'

/** How many packets are looked at: so many a second of the chosen port, and so many of all others, who cannot use up its share. */
export interface PacketBudget {
  /** False: the packet is not looked at, only counted. */
  admit(ofChosen: boolean, now: MonoNs): boolean
  /** How many were left out in the worst of the last two seconds; 0 when none were. */
  leftOut(now: MonoNs): number
}

/** Syncs, Follow_Ups and answers at the fastest rates of the standard, 128 a second, for a few receivers. */
const PACKETS_A_SECOND_MAX = 2_000

export function createPacketBudget(): PacketBudget {
  let endsAt: MonoNs | undefined
  let admitted = { chosen: 0, others: 0 }
  let leftOut = 0
  let leftOutBefore = 0

  const turn = (now: MonoNs): void => {
    if (endsAt !== undefined && now < endsAt) return
    const following = endsAt !== undefined && now < plus(endsAt, NS_PER_SECOND)
    leftOutBefore = following ? leftOut : 0
    leftOut = 0
    admitted = { chosen: 0, others: 0 }
    endsAt = plus(now, NS_PER_SECOND)
  }

  return {
    admit: (ofChosen, now) => {
      turn(now)
      const share = ofChosen ? 'chosen' : 'others'
      if (admitted[share] >= PACKETS_A_SECOND_MAX) {
        leftOut += 1
        return false
      }
      admitted[share] += 1
      return true
    },
    leftOut: (now) => {
      turn(now)
      return Math.max(leftOut, leftOutBefore)
    },
  }
}
