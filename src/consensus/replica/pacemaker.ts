import { max, min } from '../../core/integer.ts'
import { NS_PER_MILLISECOND } from '../../core/time.ts'

/** Δ on a LAN, and where it stops doubling. */
export const DELTA_BASE_NS = 50n * NS_PER_MILLISECOND
const DELTA_MAX_NS = 2_000n * NS_PER_MILLISECOND
/**
 * What measured latency may raise Δ to by itself: 3Δ after the proposal deadline a view with a dead leader is given up, and
 * that has to leave time for the next leader before 0.7 of an epoch. Beyond it only doubling helps.
 */
const DELTA_FLOOR_NS_MAX = 125n * NS_PER_MILLISECOND
/**
 * What has grown with Δ is patience with leaders. Members that are apart have to find each other long before those in the newer
 * view lose theirs: its leader may be among the ones behind, and then a view that everybody could have voted in is lost.
 */
const RETRY_NS_MAX = 500n * NS_PER_MILLISECOND

/**
 * Δ, the bound on message delay that view timers are multiples of: decays by an eighth per finalization, and doubles with
 * a nullified view while more than f members have failed in the view that each led last, for then one of them is correct
 * and time was too short. Up to f may be at fault themselves; if they counted, one dead member would drive Δ to its cap
 * and cost four epochs each time it should lead.
 */
export interface Pacemaker {
  deltaNs(): bigint
  /** How long a request or an answer is not repeated: Δ, at most half a second. */
  retryNs(): bigint
  viewNullified(leader: number): void
  viewFinalized(leader: number): void
  /** Δ stays at or above twice the measured time to receive and verify, as far as an epoch allows that. */
  setReceiveP99(receiveP99Ns: bigint): void
}

export function createPacemaker(f: number): Pacemaker {
  const failedLast = new Set<number>()
  let backedOffNs = DELTA_BASE_NS
  let floorNs = DELTA_BASE_NS
  const deltaNs = (): bigint => min(max(backedOffNs, floorNs), DELTA_MAX_NS)
  return {
    deltaNs,
    retryNs: () => min(deltaNs(), RETRY_NS_MAX),
    viewNullified: (leader) => {
      failedLast.add(leader)
      if (failedLast.size > f) backedOffNs = min(deltaNs() * 2n, DELTA_MAX_NS)
    },
    viewFinalized: (leader) => {
      failedLast.delete(leader)
      backedOffNs = max(backedOffNs - backedOffNs / 8n, DELTA_BASE_NS)
    },
    setReceiveP99: (receiveP99Ns) => {
      floorNs = min(max(DELTA_BASE_NS, 2n * receiveP99Ns), DELTA_FLOOR_NS_MAX)
    },
  }
}
