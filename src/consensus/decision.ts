import { type Codec, encode, literalCodec, recordCodec, uintCodec } from '../core/encoding.ts'
import { leafHash } from '../core/merkle.ts'
import { digestCodec } from './proposal.ts'

/** A leaf of the decision log: which block was decided for which epoch. Never its signatures. */
export interface Decision {
  readonly format: 'quorumtime-decision-1'
  readonly era: number
  readonly epoch: number
  readonly view: number
  readonly blockHash: Uint8Array
}

export const decisionCodec: Codec<Decision> = recordCodec<Decision>({
  format: literalCodec('quorumtime-decision-1'),
  era: uintCodec(),
  epoch: uintCodec(),
  view: uintCodec(),
  blockHash: digestCodec,
})

/** The leaf data of a block's decision, canonical CBOR. */
export function decisionBytes(
  block: { readonly era: number; readonly epoch: number; readonly view: number },
  blockHash: Uint8Array,
): Uint8Array {
  const { era, epoch, view } = block
  return encode(decisionCodec, { format: 'quorumtime-decision-1', era, epoch, view, blockHash })
}

/** RFC 6962 leaf hash of a block's decision, 32 bytes. */
export function decisionLeafHash(
  block: { readonly era: number; readonly epoch: number; readonly view: number },
  blockHash: Uint8Array,
): Uint8Array {
  return leafHash(decisionBytes(block, blockHash))
}
