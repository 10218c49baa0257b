import { equalBytes, toHex } from '../../core/bytes.ts'
import type { Block, ChainRoot } from '../block.ts'
import type { ClusterState } from '../state.ts'

/** A block in its place, or the root that the first block builds on. */
export interface ChainNode {
  readonly hash: Uint8Array
  readonly view: number
  readonly epoch: number
  readonly height: number
  readonly state: ClusterState
  /** Undefined for the root alone. */
  readonly block: Block | undefined
}

/** Finalized blocks that are kept to be handed to members that ask for them. */
const FINALIZED_KEPT = 64

/** The blocks that may still matter: the newest finalized one, some before it, and all candidates after it. */
export interface Chain {
  readonly size: number
  readonly finalized: ChainNode
  get(hash: Uint8Array): ChainNode | undefined
  add(block: Block, hash: Uint8Array): ChainNode
  /**
   * Makes a known block final, with its ancestors. Returns what became final by it, oldest first: as far back as blocks
   * are known and not further than the previous finalized one.
   */
  finalize(hash: Uint8Array): readonly ChainNode[]
}

export function createChain(root: ChainRoot): Chain {
  const rootNode: ChainNode = { ...root, block: undefined }
  const nodes = new Map<string, ChainNode>([[toHex(root.hash), rootNode]])
  let finalized: ChainNode = rootNode
  // The same tip is asked for at every step.
  let found: { readonly hash: Uint8Array; readonly node: ChainNode } | undefined
  const get = (hash: Uint8Array): ChainNode | undefined => {
    if (found?.hash === hash) return found.node
    const node = nodes.get(toHex(hash))
    if (node !== undefined) found = { hash, node }
    return node
  }
  const ancestry = (tip: ChainNode): ChainNode[] => {
    const found: ChainNode[] = []
    for (let node: ChainNode | undefined = tip; node !== undefined; node = node.block && get(node.block.parent)) {
      if (node.height <= finalized.height || equalBytes(node.hash, finalized.hash)) break
      found.push(node)
    }
    return found.reverse()
  }
  const prune = (): void => {
    for (const node of nodes.values()) {
      const stale = node.height <= finalized.height - FINALIZED_KEPT
      const abandoned = node.view < finalized.view && node.height >= finalized.height
      if (stale || abandoned) nodes.delete(toHex(node.hash))
    }
    found = undefined
  }
  return {
    get size() {
      return nodes.size
    },
    get finalized() {
      return finalized
    },
    get,
    add: (block, hash) => {
      const { view, epoch, height, state } = block
      const node: ChainNode = { hash, view, epoch, height, state, block }
      nodes.set(toHex(hash), node)
      found = undefined
      return node
    },
    finalize: (hash) => {
      const node = get(hash)
      if (node === undefined || node.height <= finalized.height) return []
      const newly = ancestry(node)
      finalized = node
      prune()
      return newly
    },
  }
}
