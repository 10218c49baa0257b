import type { Membership } from '../consensus/membership.ts'
import type { Fault } from '../core/fault.ts'
import type { MeshEvent } from '../transport/mesh-options.ts'
import type { Report } from './agent-event.ts'
import type { FaultLog } from './fault-log.ts'
import type { RangingPort } from './ranging-port.ts'

/** What waiting does not mend: a peer with another key or another genesis, or somebody who pretends to be a peer. */
const SUSPICIOUS = ['transport.wrong-key', 'transport.no-certificate', 'transport.hello-refused']

export interface PeerEventsOptions {
  readonly membership: Membership
  readonly ranging: Pick<RangingPort, 'setKeys' | 'dropKeys'>
  readonly report: Report
  readonly faults: FaultLog
}

/**
 * Follows the links: keys for ranging come and go with them, and the world is told. A peer that can not be reached is
 * tried again for ever and told of once per reason.
 */
export function createPeerEvents({
  membership,
  ranging,
  report,
  faults,
}: PeerEventsOptions): (event: MeshEvent) => void {
  /** The reason last told of a peer that is down. */
  const told = new Map<number, string>()
  const down = (peer: number, { code, message }: Fault): void => {
    if (told.get(peer) === code) return
    told.set(peer, code)
    report({ type: 'peer', peer: memberName(membership, peer), state: 'down', reason: message })
  }
  return (event) => {
    const { peer } = event
    if (event.type === 'up') {
      told.delete(peer)
      ranging.setKeys(peer, event.rangingKeys)
      report({ type: 'peer', peer: memberName(membership, peer), state: 'up', reason: 'link authenticated' })
    } else if (event.type === 'down') {
      ranging.dropKeys(peer)
      down(peer, event.fault)
    } else if (SUSPICIOUS.includes(event.fault.code)) {
      faults.note(`peer ${memberName(membership, peer)}`, event.fault)
    } else {
      faults.count(`peer ${memberName(membership, peer)}`, event.fault.code)
      down(peer, event.fault)
    }
  }
}

export function memberName({ members }: Membership, id: number): string {
  return members[id]?.name ?? `member ${id}`
}
