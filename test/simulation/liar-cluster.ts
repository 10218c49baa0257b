import { type Block, blockHash } from '../../src/consensus/block.ts'
import { decodeEnvelope } from '../../src/consensus/messages.ts'
import type { WireMessage } from '../../src/consensus/wire-message.ts'
import { toHex } from '../../src/core/bytes.ts'
import { createPrng } from '../../src/core/prng.ts'
import { type ClusterOptions, createReplicaCluster, type ReplicaCluster } from '../support/replica-cluster.ts'
import type { Liar, Lie } from './liars.ts'

/** Frames and blocks that a liar remembers. */
const HEARD_MAX = 400
const BLOCKS_MAX = 32

/** A cluster in which some members lie, each in its own way. */
export function createLiarCluster(options: ClusterOptions, lies: ReadonlyMap<number, Lie>): ReplicaCluster {
  const liars = new Map<number, RememberingLiar>()
  const cluster = createReplicaCluster({
    ...options,
    overhear: (id, message) => liars.get(id)?.hear(message),
    tamper: (id, outgoing) => {
      const liar = liars.get(id)
      const lie = lies.get(id)
      if (liar === undefined || lie === undefined) return [outgoing]
      liar.hear(outgoing.message)
      return lie(liar, outgoing)
    },
  })
  for (const id of lies.keys()) liars.set(id, createLiar(cluster, id, options.seed))
  return cluster
}

interface RememberingLiar extends Liar {
  hear(message: WireMessage): void
}

function createLiar(cluster: ReplicaCluster, id: number, seed: number): RememberingLiar {
  const node = cluster.nodes[id]
  if (node === undefined) throw new Error(`expected one of ${cluster.nodes.length} members, got ${id}`)
  const heard: WireMessage[] = []
  const blocks = new Map<string, Block>()
  return {
    id,
    membership: cluster.membership,
    prng: createPrng(seed * 100 + id),
    replica: () => node.replica,
    heard,
    blocks,
    hear: (message) => {
      heard.push(message)
      if (heard.length > HEARD_MAX) heard.shift()
      const decoded = message.kind === 'signed' ? decodeEnvelope(message.value) : undefined
      if (decoded?.ok !== true || decoded.value.type !== 'block') return
      blocks.set(toHex(blockHash(decoded.value.body)), decoded.value.body)
      const [oldest] = blocks.keys()
      if (blocks.size > BLOCKS_MAX && oldest !== undefined) blocks.delete(oldest)
    },
  }
}
