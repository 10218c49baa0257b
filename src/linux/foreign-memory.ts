import koffi from 'koffi'
import { assert } from '../core/assert.ts'

/** Memory outside of the heap of JavaScript: it stays where it is, so structures in it may point at each other. */
export interface ForeignMemory {
  readonly address: bigint
  readonly bytes: Uint8Array
  readonly view: DataView
}

/** Zeroed. It is never given back: whoever allocates keeps it for as long as its thread runs. */
export function allocateForeign(byteLength: number): ForeignMemory {
  const address: unknown = koffi.alloc('uint8_t', byteLength)
  assert(typeof address === 'bigint', 'koffi has pointers as bigint')
  const buffer = koffi.view(address, byteLength)
  const bytes = new Uint8Array(buffer)
  bytes.fill(0)
  return { address, bytes, view: new DataView(buffer) }
}
