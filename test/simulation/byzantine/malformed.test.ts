import assert from 'node:assert/strict'
import { it } from 'node:test'
import { decode as decodeCbor, encode as encodeCbor } from 'cborg'
import { createInbound } from '../../../src/agent/inbound.ts'
import { blockCodec } from '../../../src/consensus/block.ts'
import { membershipHash } from '../../../src/consensus/membership.ts'
import { decodeEnvelope, encodeEnvelope, MESSAGE_TYPES, type MessageType } from '../../../src/consensus/messages.ts'
import { encodeWireMessage, type WireMessage } from '../../../src/consensus/wire-message.ts'
import { encode } from '../../../src/core/encoding.ts'
import { createPrng } from '../../../src/core/prng.ts'
import { createReplicaCluster, type ReplicaCluster, testSign, testVerify } from '../../support/replica-cluster.ts'
import { findProblems } from '../invariants.ts'
import { notCanonical } from './malformed.ts'
import { MUTATIONS, mutated, placesIn } from './mutations.ts'

/** The member whose words are changed, and those that get them. */
const LIAR = 3
const HONEST = [0, 1, 2]
const BODY = 6

interface Sample {
  readonly name: string
  /** The item that is mutated. */
  readonly item: unknown
  frame(item: unknown): Uint8Array
}

/** What is sent in a cluster that has worked for a while: the last frame of each kind, and of each type of the liar's own. */
async function collect(): Promise<{ cluster: ReplicaCluster; samples: readonly Sample[] }> {
  const frames = new Map<string, WireMessage>()
  const cluster = createReplicaCluster({
    n: 4,
    seed: 11,
    tamper: (id, outgoing) => {
      const { message } = outgoing
      const decoded = message.kind === 'signed' ? decodeEnvelope(message.value) : undefined
      if (decoded?.ok !== true) frames.set(message.kind, message)
      else if (decoded.value.header.sender === LIAR && id === LIAR) frames.set(decoded.value.type, message)
      return [outgoing]
    },
    // Enough is lost that members ask for things.
    arrivals: (from, to, now) =>
      now < 3_500_000_000n && (from * 7 + to * 3 + Number(now / 1_000_000n)) % 4 === 0 ? [] : [1_000_000n],
  })
  await cluster.run(5_300_000_000n)
  const decided = cluster.nodes[0]?.commits.at(-1)
  assert.ok(decided !== undefined)
  const bytes = encode(blockCodec, decided.block)
  const others: readonly WireMessage[] = [
    { kind: 'want-block', value: decided.blockHash },
    { kind: 'block-bytes', value: bytes },
    { kind: 'want-blocks', value: { newest: decided.blockHash, count: 3 } },
    { kind: 'blocks', value: [bytes, bytes] },
    { kind: 'want-quorums', value: [1, decided.block.view] },
  ]
  for (const message of others) frames.set(message.kind, message)
  const samples = [...frames].flatMap(([name, message]) => samplesOf(name, message))
  return { cluster, samples }
}

function samplesOf(name: string, message: WireMessage): readonly Sample[] {
  const frame: unknown = decodeCbor(encodeWireMessage(message))
  const whole: Sample = { name: `frame of ${name}`, item: frame, frame: encodeCbor }
  const decoded = message.kind === 'signed' ? decodeEnvelope(message.value) : undefined
  if (decoded?.ok !== true) return [whole]
  const { content: bytes, type } = decoded.value
  const content = decodeCbor(bytes) as unknown[]
  const signed = (signable: Uint8Array): Uint8Array =>
    encodeWireMessage({
      kind: 'signed',
      value: encodeEnvelope({ content: signable, signature: testSign(LIAR, type, signable) }),
    })
  return [
    whole,
    {
      name: `envelope of ${name}`,
      item: [bytes, decoded.value.signature],
      frame: (item) => encodeWireMessage({ kind: 'signed', value: encodeCbor(item) }),
    },
    { name: `content of ${name}`, item: content, frame: (item) => signed(encodeCbor(item)) },
    {
      name: `body of ${name}`,
      item: decodeCbor(content[BODY] as Uint8Array),
      frame: (item) => signed(encodeCbor(content.with(BODY, encodeCbor(item)))),
    },
    { name: `${name}, not canonical`, item: 0, frame: () => signed(notCanonical(bytes)) },
  ]
}

it('every field of every message, changed in every way and signed, breaks no rule and stops nobody', async (t) => {
  const { cluster, samples } = await collect()
  const prng = createPrng(5)
  const { membership } = cluster
  const identity = { cluster: membership.cluster, membershipHash: membershipHash(membership), n: 4 }
  const counts = { mutants: 0, refused: 0, accepted: 0 }
  const inbound = createInbound({
    membership,
    identity,
    verify: testVerify,
    accept: (input) => {
      counts.accepted += 1
      for (const id of HONEST) cluster.nodes[id]?.loop.take(input)
    },
    refuse: () => {
      counts.refused += 1
    },
  })
  for (const { item, frame } of samples) {
    for (const place of placesIn(item)) {
      for (const mutation of Object.values(MUTATIONS)) {
        const mutant = mutated(item, place, mutation, prng)
        if (mutant === undefined) continue
        const settled = Promise.withResolvers<void>()
        inbound.take(LIAR, frame(mutant.value), settled.resolve)
        await settled.promise
        counts.mutants += 1
      }
    }
  }
  t.diagnostic(`${samples.length} samples: ${JSON.stringify(counts)}`)
  const types: readonly MessageType[] = MESSAGE_TYPES.filter((type) => type !== 'hello')
  for (const type of types)
    assert.ok(
      samples.some(({ name }) => name === `body of ${type}`),
      `expected a ${type} to change`,
    )
  for (const kind of ['quorum', 'final', 'want-proposals', 'want-block', 'block-bytes', 'want-blocks', 'blocks']) {
    assert.ok(
      samples.some(({ name }) => name === `frame of ${kind}`),
      `expected a ${kind} to change`,
    )
  }
  assert.ok(counts.accepted > 100 && counts.refused > counts.accepted)
  const before = HONEST.map((id) => cluster.nodes[id]?.commits.length ?? 0)
  await cluster.run(6_000_000_000n)
  assert.deepEqual(await findProblems(cluster, HONEST), [])
  for (const [index, id] of HONEST.entries()) {
    assert.ok((cluster.nodes[id]?.commits.length ?? 0) >= (before[index] ?? 0) + 4, `node ${id} stands still`)
  }
})
