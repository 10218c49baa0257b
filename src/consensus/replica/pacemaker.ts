import { max, min } from '../../core/integer.ts'
import { NS_PER_MILLISECOND } from '../../core/time.ts'

/** Δ on a LAN, and where it stops doubling. */
const DELTA_BASE_NS = 50n * NS_PER_MILLISECOND
const DELTA_MAX_NS = 2_000n * NS_PER_MILLISECOND

/** Δ, the bound on message delay that view timers are multiples of: doubles per nullified view, decays per finalization. */
export interface Pacemaker {
  deltaNs(): bigint
  viewNullified(): void
  viewFinalized(): void
  /** Δ stays at or above twice the measured time to receive and verify. */
  setReceiveP99(receiveP99Ns: bigint): void
}

export function createPacemaker(): Pacemaker {
  let backedOffNs = DELTA_BASE_NS
  let floorNs = DELTA_BASE_NS
  const deltaNs = (): bigint => min(max(backedOffNs, floorNs), DELTA_MAX_NS)
  return {
    deltaNs,
    viewNullified: () => {
      backedOffNs = min(deltaNs() * 2n, DELTA_MAX_NS)
    },
    viewFinalized: () => {
      backedOffNs = max(backedOffNs - backedOffNs / 8n, DELTA_BASE_NS)
    },
    setReceiveP99: (receiveP99Ns) => {
      floorNs = max(DELTA_BASE_NS, 2n * receiveP99Ns)
    },
  }
}
