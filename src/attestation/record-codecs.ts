import { REFUSED } from '../core/cbor-reader.ts'
import type { Codec } from '../core/encoding.ts'
import {
  bytesCodec,
  choiceCodec,
  listCodec,
  recordCodec,
  refinedCodec,
  textCodec,
  uintCodec,
} from '../core/encoding.ts'
import { PCR_COUNT, type PcrSelection } from './pcr-selection.ts'
import { type HashName, SHA256, SHA384, SHA512 } from './tpm-algorithm.ts'

/** What records, enrolments and policies are written with alike. */

/** SHA-384, 48 bytes. */
const DIGEST_BYTES = 48
/** SHA-384. */
export const digestCodec = bytesCodec(DIGEST_BYTES)
/** The names of clusters, fleets and nodes, as the membership has them. */
export const nameCodec = textCodec(64)

const HASHES = { sha256: SHA256, sha384: SHA384, sha512: SHA512 }
/** In the order of the format. */
export const BANKS = Object.keys(HASHES) as readonly HashName[]

/** Numbers of registers, ascending, each once. */
export function registersCodec(minLength: number): Codec<readonly number[]> {
  return refinedCodec(listCodec(uintCodec(PCR_COUNT - 1), PCR_COUNT, minLength), (pcrs) =>
    isAscending(pcrs) ? undefined : 'registers in ascending order, each once',
  )
}

const namedSelectionCodec = recordCodec<{ readonly hash: HashName; readonly pcrs: readonly number[] }>({
  hash: choiceCodec(BANKS),
  pcrs: registersCodec(1),
})

/** At least one register of one bank. */
export const selectionCodec: Codec<PcrSelection> = {
  write: (to, { hash, pcrs }) => namedSelectionCodec.write(to, { hash: hash.name, pcrs }),
  read: (from) => {
    const named = namedSelectionCodec.read(from)
    return named === REFUSED ? REFUSED : { hash: HASHES[named.hash], pcrs: named.pcrs }
  },
}

export function isAscending(values: readonly (number | bigint | string)[]): boolean {
  return values.every((value, index) => index === 0 || (values[index - 1] ?? value) < value)
}
