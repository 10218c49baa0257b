import { z } from 'zod'
import { explain, integer, table } from '../../drivers/options.ts'
import { MEMBERS_MAX, OPERATORS_MAX } from '../consensus/membership.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { INSTANT_LIMIT_NS, NS_PER_SECOND } from '../core/time.ts'
import { name } from './schema.ts'
import { readToml } from './toml.ts'

/** What an operator writes down to change the membership of a cluster; what is not named stays as it is. */

const EXPECTED_SIGNING_KEY = 'an ML-DSA-87 public key: hexadecimal digits, or a PEM file'
const EXPECTED_TLS_KEY = 'the SHA-384 of a TLS public key: hexadecimal digits, or the PEM file of that key'
const keys = {
  signingKey: z.string(EXPECTED_SIGNING_KEY).min(1, EXPECTED_SIGNING_KEY),
  tlsKeyHash: z.string(EXPECTED_TLS_KEY).min(1, EXPECTED_TLS_KEY),
}

function tables<T extends z.core.$ZodLooseShape>(shape: T) {
  return z
    .array(table(shape), 'a list of tables')
    .max(MEMBERS_MAX, `a list of at most ${MEMBERS_MAX} tables`)
    .default([])
}

const changesSchema = table({
  remove: tables({ name }),
  /** Of a member that stays, under the same name and in the same place. */
  replaceKey: tables({ name, ...keys }),
  add: tables({ name, site: name, ...keys }),
  targetPrecisionNs: integer(1, 1_000_000_000).optional(),
  acceptSingleDomain: z.array(name, 'a list of names').max(16, 'a list of at most 16 names').optional(),
  operatorThreshold: integer(1, OPERATORS_MAX).optional(),
  /** The way out of a wrong future: epochs are counted anew, from this second of TAI (since 1970) on. */
  raiseEra: table({ genesisTaiSeconds: integer(0, Number(INSTANT_LIMIT_NS / NS_PER_SECOND)) }).optional(),
})

export type MembershipChanges = z.infer<typeof changesSchema>

/** Reads a file of changes (TOML). The fault holds a line for each mistake: `file.unreadable`, `config.*`. */
export function readMembershipChanges(file: string): Result<MembershipChanges> {
  const read = readToml(file, 'changes of a membership')
  if (!read.ok) return read
  const checked = changesSchema.safeParse(read.value)
  if (checked.success) return ok(checked.data)
  const sentences = explain(checked.error, read.value, '')
  return fail('config.value', sentences.map((sentence) => `${file}: ${sentence}`).join('\n'))
}
