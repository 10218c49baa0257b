import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { createSigningMembers } from '../../test/support/signing-members.ts'
import type { Input } from '../consensus/replica/types.ts'
import { encodeWireMessage } from '../consensus/wire-message.ts'
import type { Fault } from '../core/fault.ts'
import { closeAll, type Node, peerOf, startNode, until, untilAllUp } from '../transport/mesh-fixture.ts'
import { createInbound, isHostile } from './inbound.ts'

const { membership, cluster, members, verifier, envelope } = createSigningMembers(4)
const running: Node[] = []
afterEach(() => closeAll(running.splice(0)))

/** Members 0 and 1 are played by the test, member 3 judges what they send over TLS, as an agent does. */
async function startJudge(): Promise<{ node: Node; accepted: Input[]; refused: Fault[] }> {
  const accepted: Input[] = []
  const refused: Fault[] = []
  const inbound = createInbound({
    membership,
    identity: cluster,
    verify: verifier.verify,
    accept: (input) => accepted.push(input),
    refuse: (from, fault) => {
      refused.push(fault)
      if (isHostile(fault)) node.mesh.bar(from, fault)
    },
  })
  const peers = [0, 1, 2].map((id) => peerOf(id, members[id]!.tls))
  const node = await startNode(3, members[3]!.tls, peers, {
    onFrame: (peer, payload) => {
      inbound.take(peer, payload)
      return inbound.relief(peer)
    },
  })
  running.push(node)
  return { node, accepted, refused }
}

async function dial(id: number, judge: Node): Promise<Node> {
  const node = await startNode(id, members[id]!.tls, [peerOf(3, members[3]!.tls, judge.mesh.address.port)])
  running.push(node)
  await untilAllUp([node])
  return node
}

function signed(bytes: Uint8Array): Uint8Array {
  return encodeWireMessage({ kind: 'signed', value: bytes })
}

test('a wrongly signed or malformed frame costs its sender the link; who passes on the words of others keeps it', async () => {
  const { node: judge, accepted, refused } = await startJudge()
  const [liar, relay] = [await dial(0, judge), await dial(1, judge)]
  const vote = envelope(0, 'nullify', { view: 7 })
  const forged = Uint8Array.from(vote)
  forged[forged.length - 1]! ^= 1
  for (const [index, frame] of [signed(forged), Uint8Array.of(0xff)].entries()) {
    assert.equal(relay.mesh.send(3, signed(vote)).ok, true)
    assert.equal(liar.mesh.send(3, frame).ok, true)
    await until('it is refused', () => refused.length === index + 1)
    assert.equal(judge.mesh.peers()[0]!.up, false)
    await until('it is back', () => judge.mesh.peers()[0]!.up && liar.mesh.peers()[0]!.up)
  }
  await until('the relayed votes are there', () => accepted.length === 2)
  assert.deepEqual(
    refused.map(({ code }) => code),
    ['message.signature', 'encoding.cbor'],
  )
  const { up, linksUp } = judge.mesh.peers()[1]!
  assert.deepEqual([up, linksUp], [true, 1])
  assert.ok(accepted.every((input) => input.type === 'signed' && input.from === 1))
})

test('a flood of frames from one member is read as fast as it is verified, and all of it arrives', async () => {
  const { node: judge, accepted, refused } = await startJudge()
  const sender = await dial(0, judge)
  const votes = Array.from({ length: 100 }, (_, view) => envelope(0, 'nullify', { view }))
  for (const vote of votes) assert.equal(sender.mesh.send(3, signed(vote)).ok, true)
  await until('all are there', () => accepted.length === votes.length)
  assert.deepEqual(refused, [])
  const views = accepted.map((input) =>
    input.type === 'signed' && input.message.type === 'nullify' ? input.message.body.view : -1,
  )
  assert.deepEqual(
    views.sort((a, b) => a - b),
    votes.map((_, view) => view),
  )
})
