/**
 * A set of numbers below 2^53 in the order in which they came, each with the place of its predecessor. Millions of them:
 * open addressing over flat arrays, which grow by doubling.
 */
export interface StateSet {
  readonly size: number
  keyAt(index: number): number
  /** The place of the state that this one was reached from first, and how. */
  cameFrom(index: number): { readonly parent: number; readonly move: number }
  /** Adds a state unless it is there; says whether it was new. */
  add(key: number, parent: number, move: number): boolean
}

const EMPTY = -1

export function createStateSet(): StateSet {
  let keys = new Float64Array(1 << 12)
  let parents = new Int32Array(1 << 12)
  let moves = new Int32Array(1 << 12)
  let slots = new Int32Array(1 << 13).fill(EMPTY)
  let size = 0

  const place = (key: number): number => {
    const mask = slots.length - 1
    let at = mix(key) & mask
    for (let held = slots[at]; held !== undefined && held !== EMPTY; held = slots[at]) {
      if (keys[held] === key) return at
      at = (at + 1) & mask
    }
    return at
  }
  const grow = (): void => {
    keys = copyInto(new Float64Array(keys.length * 2), keys)
    parents = copyInto(new Int32Array(parents.length * 2), parents)
    moves = copyInto(new Int32Array(moves.length * 2), moves)
    slots = new Int32Array(slots.length * 2).fill(EMPTY)
    for (let index = 0; index < size; index++) slots[place(keys[index] ?? 0)] = index
  }
  return {
    get size() {
      return size
    },
    keyAt: (index) => keys[index] ?? 0,
    cameFrom: (index) => ({ parent: parents[index] ?? -1, move: moves[index] ?? 0 }),
    add: (key, parent, move) => {
      if (slots[place(key)] !== EMPTY) return false
      if (size === keys.length) grow()
      slots[place(key)] = size
      keys[size] = key
      parents[size] = parent
      moves[size] = move
      size += 1
      return true
    },
  }
}

function copyInto<T extends Float64Array | Int32Array>(larger: T, smaller: T): T {
  larger.set(smaller)
  return larger
}

/** Both halves of a number of 53 bits, stirred. */
function mix(key: number): number {
  const high = Math.floor(key / 0x1_0000_0000)
  let hash = Math.imul((key | 0) ^ Math.imul(high, 0x9e37_79b1), 0x85eb_ca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
