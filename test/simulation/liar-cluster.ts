import { type Block, blockHash } from '../../src/consensus/block.ts'
import { decodeEnvelope } from '../../src/consensus/messages.ts'
import type { WireMessage } from '../../src/consensus/wire-message.ts'
import { toHex } from '../../src/core/bytes.ts'
import { createPrng } from '../../src/core/prng.ts'
import { type ClusterOptions, createReplicaCluster, type ReplicaCluster, testSign } from '../support/replica-cluster.ts'
import type { Adversary, Liar, Part } from './byzantine/liar.ts'

/** Frames and blocks that a liar remembers. */
const HEARD_MAX = 400
const BLOCKS_MAX = 32

/** A cluster in which some members lie, each in its own way. */
export function createLiarCluster(options: ClusterOptions, cast: ReadonlyMap<number, Adversary>): ReplicaCluster {
  const liars = new Map<number, RememberingLiar>()
  const parts = new Map<number, Part>()
  const cluster = createReplicaCluster({
    ...options,
    overhear: (id, message) => liars.get(id)?.hear(message),
    tamper: (id, outgoing) => {
      liars.get(id)?.hear(outgoing.message)
      return parts.get(id)?.say?.(outgoing) ?? [outgoing]
    },
    reading: (id, epoch, honest) => {
      const measured = options.reading?.(id, epoch, honest) ?? honest
      return parts.get(id)?.read?.(epoch, measured) ?? measured
    },
  })
  for (const [id, adversary] of cast) {
    const liar = createLiar(cluster, id, options)
    liars.set(id, liar)
    parts.set(id, adversary.play(liar))
  }
  return cluster
}

interface RememberingLiar extends Liar {
  hear(message: WireMessage): void
}

function createLiar(cluster: ReplicaCluster, id: number, { seed, signatures }: ClusterOptions): RememberingLiar {
  const sign = signatures?.sign ?? testSign
  const node = cluster.nodes[id]
  if (node === undefined) throw new Error(`expected one of ${cluster.nodes.length} members, got ${id}`)
  const heard: WireMessage[] = []
  const blocks = new Map<string, Block>()
  return {
    id,
    membership: cluster.membership,
    prng: createPrng(seed * 100 + id),
    replica: () => node.replica,
    sign: (type, content) => sign(id, type, content),
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
