import {
  bigintCodec,
  blobCodec,
  booleanCodec,
  bytesCodec,
  type Codec,
  decode,
  encode,
  literalCodec,
  optionalCodec,
  recordCodec,
  uintCodec,
} from '../core/encoding.ts'
import { ok, type Result } from '../core/fault.ts'
import type { KnownNode } from './node-history.ts'
import { digestCodec, nameCodec } from './record-codecs.ts'
import { NAME_BYTES_MAX, type TpmClockInfo } from './tpm-attest.ts'

/** How a verifier keeps what it remembers of a node: on its own disk, for nobody else. */

const U64_MAX = (1n << 64n) - 1n
const U32_MAX = 2 ** 32 - 1
const BOOT_ID_BYTES = 16

const keptCodec: Codec<KnownNode & { readonly format: 'quorumtime-known-node-1' }> = recordCodec<
  KnownNode & { readonly format: 'quorumtime-known-node-1' }
>({
  format: literalCodec('quorumtime-known-node-1'),
  name: nameCodec,
  clock: recordCodec<TpmClockInfo>({
    clockMs: bigintCodec(0n, U64_MAX),
    resetCount: uintCodec(U32_MAX),
    restartCount: uintCodec(U32_MAX),
    safe: booleanCodec,
  }),
  bootId: bytesCodec(BOOT_ID_BYTES),
  height: optionalCodec(uintCodec()),
  enrolmentSerial: uintCodec(),
  enrolmentDigest: digestCodec,
  keyName: blobCodec(NAME_BYTES_MAX),
  endorsementDigest: digestCodec,
})

export function encodeKnownNode(known: KnownNode): Uint8Array {
  return encode(keptCodec, { format: 'quorumtime-known-node-1', ...known })
}

/** Strict. Faults: `encoding.*`. */
export function decodeKnownNode(bytes: Uint8Array): Result<KnownNode> {
  const decoded = decode(keptCodec, bytes, 'known node')
  if (!decoded.ok) return decoded
  const { format: _, ...known } = decoded.value
  return ok(known)
}
