import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { UnicastTlv } from '../ptp/unicast.ts'

/** Whom an emulated grandmaster has granted what. */
export interface EmulatedGrants {
  heard(address: string, tlv: UnicastTlv, now: MonoNs): UnicastTlv | undefined
  /** Who gets a message of this kind now. */
  receivers(of: 'announce' | 'sync', now: MonoNs): readonly string[]
}

const RECEIVERS_MAX = 16

export function createEmulatedGrants(logIntervals: Readonly<Record<'announce' | 'sync', number>>): EmulatedGrants {
  const granted = new Map<string, MonoNs>()
  const keyOf = (of: string, address: string): string => `${of} ${address}`
  return {
    heard: (address, tlv, now) => {
      const { of, kind } = tlv
      if (kind === 'cancel') {
        granted.delete(keyOf(of, address))
        return { kind: 'acknowledge-cancel', of }
      }
      if (kind !== 'request') return undefined
      const key = keyOf(of, address)
      const hasRoom = granted.has(key) || granted.size < 3 * RECEIVERS_MAX
      if (hasRoom) granted.set(key, plus(now, BigInt(tlv.seconds) * NS_PER_SECOND))
      const logInterval = of === 'announce' || of === 'sync' ? logIntervals[of] : tlv.logInterval
      return { kind: 'grant', of, logInterval, seconds: hasRoom ? tlv.seconds : 0, renewal: true }
    },
    receivers: (of, now) =>
      [...granted].flatMap(([key, until]) =>
        key.startsWith(`${of} `) && until > now ? [key.slice(of.length + 1)] : [],
      ),
  }
}
