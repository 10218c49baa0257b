import { readFileSync } from 'node:fs'
import { type Membership, membershipCodec } from '../consensus/membership.ts'
import { decode } from '../core/encoding.ts'
import { fail, type Result } from '../core/fault.ts'

/** Reads a genesis file: the canonical encoding of a membership, nothing else. */
export function readGenesis(file: string): Result<Membership> {
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(readFileSync(file))
  } catch (error) {
    return fail(
      'genesis.unreadable',
      `${file}: expected a readable genesis file, got ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    )
  }
  const decoded = decode(membershipCodec, bytes, 'genesis')
  return decoded.ok ? decoded : fail(decoded.fault.code, `${file}: ${decoded.fault.message}`)
}
