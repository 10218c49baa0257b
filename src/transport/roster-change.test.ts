import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  closeAll,
  createIdentities,
  faultsOf,
  type Node,
  peerOf,
  startCluster,
  startNode,
  until,
  untilAllUp,
} from './mesh-fixture.ts'

/** A mesh knows one membership: when that changes, its owner closes it and opens the next one at the same port. */
const [zero, one, rotated] = createIdentities(3) as [never, never, never]
const running: Node[] = []
after(() => closeAll(running))

/** Members 0 and 1, linked; 0 dials. */
async function pair(): Promise<readonly [Node, Node]> {
  const nodes = await startCluster([zero, one])
  running.push(...nodes)
  await untilAllUp(nodes)
  return nodes as [Node, Node]
}

test('a member that is removed loses its link when the membership changes, and begins no handshake any more', async () => {
  const [removed, left] = await pair()
  await left.mesh.close()
  await until('its link is down', () => !removed.mesh.peers()[0]!.up)
  const next = await startNode(1, one, [], { listen: left.mesh.address })
  running.push(next)
  await until('it has come again', () => (next.mesh.inbound().refused['transport.stranger'] ?? 0) >= 3)
  assert.equal(next.mesh.inbound().begun, 0)
  assert.equal(removed.mesh.peers()[0]!.linksUp, 1)
  await closeAll([removed, next])
})

test('when the TLS key of a member changes, the old key is nobody from then on and the new one is let in', async () => {
  const [old, left] = await pair()
  await left.mesh.close()
  const next = await startNode(1, one, [peerOf(0, rotated)], { listen: left.mesh.address })
  running.push(next)
  await until('the old key is refused', () => (next.mesh.inbound().refused['transport.wrong-key'] ?? 0) >= 1)
  assert.equal(next.mesh.peers()[0]!.linksUp, 0)
  await old.mesh.close()
  const renewed = await startNode(0, rotated, [peerOf(1, one, left.mesh.address.port)])
  running.push(renewed)
  await untilAllUp([next, renewed])
  await closeAll([next, renewed])
})

test('when the TLS key of a member that is dialled changes, the dialler takes the new one alone', async () => {
  const [dialler, old] = await pair()
  await dialler.mesh.close()
  const next = await startNode(0, zero, [peerOf(1, rotated, old.mesh.address.port)])
  running.push(next)
  await until('the old key is refused', () => faultsOf(next, 1).includes('transport.wrong-key'))
  assert.equal(next.mesh.peers()[0]!.linksUp, 0)
  await old.mesh.close()
  const renewed = await startNode(1, rotated, [peerOf(0, zero)], { listen: old.mesh.address })
  running.push(renewed)
  await untilAllUp([next, renewed])
  await closeAll([next, renewed])
})
