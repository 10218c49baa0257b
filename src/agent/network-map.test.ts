import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testMembership } from '../../test/support/replica-cluster.ts'
import { honestMeasurement } from '../../test/support/virtual-measurement.ts'
import type { ListedProposal } from '../consensus/agreement.ts'
import { monoNs, taiNs } from '../core/time.ts'
import type { AgentEvent } from './agent-event.ts'
import { createNetworkMap, type NetworkMap } from './network-map.ts'

const membership = testMembership(4)

/** What these members say in an epoch, each seeing whom `sees` says. */
function proposals(
  members: readonly number[],
  sees: (a: number, b: number) => boolean = () => true,
): readonly ListedProposal[] {
  return members.map((member) => ({
    member,
    attestationDigest: undefined,
    proposal: {
      ...honestMeasurement(member, 4, monoNs(0n), taiNs(0n)),
      era: 1,
      epoch: 1,
      parent: new Uint8Array(48),
      links: [0, 1, 2, 3]
        .filter((peer) => peer !== member)
        .map((peer) => ({ peer, up: sees(member, peer), roundTripNs: 1n, lossPpm: 0 })),
    },
  }))
}

function setUp(): { map: NetworkMap; told: () => readonly string[] } {
  const events: AgentEvent[] = []
  const map = createNetworkMap(membership, (event) => events.push(event))
  map.observe(10, proposals([0, 1, 2, 3]))
  return {
    map,
    told: () =>
      events.flatMap((event) =>
        event.type === 'partition' ? [`${event.epoch}: ${event.after.map((part) => part.join('+')).join(' ')}`] : [],
      ),
  }
}

describe('the map of the network', () => {
  it('takes a member that a block left out for late, and for silent when nothing of it comes for three epochs', () => {
    const { map, told } = setUp()
    for (const epoch of [11, 12]) map.observe(epoch, proposals([0, 1, 2]))
    assert.deepEqual(told(), [])
    map.observe(13, proposals([0, 1, 2]))
    assert.deepEqual(told(), ['13: node0+node1+node2 node3'])
    assert.deepEqual((map.describe() as { silent: unknown }).silent, ['node3'])
    map.observe(14, proposals([0, 1, 2, 3]))
    assert.deepEqual(told().at(-1), '14: node0+node1+node2+node3')
  })

  it('tells at once what members say of links, and who cannot certify', () => {
    const { map, told } = setUp()
    map.observe(
      11,
      proposals([0, 1, 2, 3], (a, b) => a % 2 === b % 2),
    )
    assert.deepEqual(told(), ['11: node0+node2 node1+node3'])
    const { affected, links } = map.describe() as { affected: unknown; links: readonly { state: string }[] }
    assert.deepEqual(affected, ['node0', 'node1', 'node2', 'node3'])
    assert.deepEqual(links.map(({ state }) => state).sort(), ['down', 'down', 'down', 'down', 'up', 'up'])
  })

  it('is not changed by a block that comes late', () => {
    const { map, told } = setUp()
    map.observe(
      9,
      proposals([0, 1, 2, 3], () => false),
    )
    map.observe(11, proposals([0, 1, 2]))
    assert.deepEqual(told(), [])
  })

  it('knows nothing before anything was heard, and says so', () => {
    const empty = createNetworkMap(membership, () => assert.fail('nothing has changed')).describe()
    assert.deepEqual(empty, { epoch: null, components: [], affected: [], silent: [], links: [], history: [] })
  })
})
