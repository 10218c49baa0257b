import { type Block, blockHash } from '../../src/consensus/block.ts'
import { decodeEnvelope } from '../../src/consensus/messages.ts'
import type { Measurement } from '../../src/consensus/replica/types.ts'
import type { WireMessage } from '../../src/consensus/wire-message.ts'
import { toHex } from '../../src/core/bytes.ts'
import { max } from '../../src/core/integer.ts'
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
      const part = parts.get(id)
      if (part === undefined) for (const other of parts.values()) other.witness?.(id, outgoing)
      liars.get(id)?.hear(outgoing.message)
      return part?.say?.(outgoing) ?? options.tamper?.(id, outgoing) ?? [outgoing]
    },
    reading: (id, epoch, honest) => {
      const measured = options.reading?.(id, epoch, honest) ?? honest
      const part = parts.get(id)
      return part === undefined ? ranged(parts, id, epoch, measured) : (part.read?.(epoch, measured) ?? measured)
    },
  })
  for (const [id, adversary] of cast) {
    const liar = createLiar(cluster, id, options)
    liars.set(id, liar)
    parts.set(id, adversary.play(liar))
  }
  return cluster
}

/** What an honest member measures when some of those that it ranges lie to it. */
function ranged(parts: ReadonlyMap<number, Part>, id: number, epoch: number, measured: Measurement): Measurement {
  const ranging = measured.ranging.map((entry) => {
    const told = parts.get(entry.peer)?.answer?.(id, epoch, entry) ?? entry
    return { ...told, uncertaintyNs: max(told.uncertaintyNs, entry.uncertaintyNs) }
  })
  return { ...measured, ranging }
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
    send: ({ to, message }) => {
      for (const { id: other } of cluster.membership.members) {
        if (other !== id && (to === 'all' || to === other)) cluster.inject(id, other, message)
      }
    },
    later: cluster.later,
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
