import { type Membership, membershipCodec } from '../consensus/membership.ts'
import { decode } from '../core/encoding.ts'
import { fail, type Result } from '../core/fault.ts'
import { readNamedFile } from './read-file.ts'

/** A hundred members with their keys take a quarter of this. */
const GENESIS_BYTES_MAX = 1_048_576

/**
 * Reads a genesis file: the canonical encoding of a membership that no other one came before, nothing else. Faults say where
 * it is not.
 */
export function readGenesis(file: string): Result<Membership> {
  const bytes = readNamedFile(file, { what: 'a genesis file', bytesMax: GENESIS_BYTES_MAX })
  if (!bytes.ok) return bytes
  const membership = decode(membershipCodec, bytes.value, `${file}: genesis`)
  if (!membership.ok || membership.value.session === 0) return membership
  return fail(
    'genesis.session',
    `${file}: genesis.session: expected 0, got ${membership.value.session}: a membership that came later is worth nothing by itself`,
  )
}
