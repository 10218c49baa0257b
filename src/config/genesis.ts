import { type Membership, membershipCodec } from '../consensus/membership.ts'
import { decode } from '../core/encoding.ts'
import type { Result } from '../core/fault.ts'
import { readNamedFile } from './read-file.ts'

/** A hundred members with their keys take a quarter of this. */
const GENESIS_BYTES_MAX = 1_048_576

/** Reads a genesis file: the canonical encoding of a membership, nothing else. Faults say where it is not. */
export function readGenesis(file: string): Result<Membership> {
  const bytes = readNamedFile(file, { what: 'a genesis file', bytesMax: GENESIS_BYTES_MAX })
  return bytes.ok ? decode(membershipCodec, bytes.value, `${file}: genesis`) : bytes
}
