import { writeFileSync } from 'node:fs'
import { readGenesis } from '../../config/genesis.ts'
import { readNamedFile } from '../../config/read-file.ts'
import type { Membership } from '../../consensus/membership.ts'
import {
  checkOrder,
  type MembershipOrder,
  membershipOrderCodec,
  ORDER_BYTES_MAX,
  ORDER_CONTEXT,
  orderContent,
} from '../../consensus/membership-order.ts'
import type { Verify } from '../../consensus/quorum-certificate.ts'
import { createSessionChain, type SessionChain, verifySessionChain } from '../../consensus/session-chain.ts'
import { decode, encode } from '../../core/encoding.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { selectMlDsa } from '../../crypto/select.ts'
import { attempt } from '../../linux/attempt.ts'
import { sessionFileCodec } from '../session-file.ts'

/** What an order is read against: the present membership, from the genesis and from how later ones came about. */
export interface Trusted {
  readonly genesis: string
  readonly sessions?: string
}

/** More changes than a cluster lives to see. */
export const SESSIONS_WANTED = { what: 'a sessions file', bytesMax: 67_108_864 }

/** The sessions up to the present one, every signature checked. */
export async function readChain({ genesis, sessions }: Trusted): Promise<Result<SessionChain>> {
  const first = readGenesis(genesis)
  if (!first.ok) return first
  if (sessions === undefined) return ok(createSessionChain(first.value))
  const bytes = readNamedFile(sessions, SESSIONS_WANTED)
  return bytes.ok ? chainIn(sessions, bytes.value, first.value) : bytes
}

export async function chainIn(file: string, bytes: Uint8Array, genesis: Membership): Promise<Result<SessionChain>> {
  const decoded = decode(sessionFileCodec, bytes, 'sessions')
  const chain = decoded.ok ? await verifySessionChain(genesis, decoded.value.steps, verifier()) : decoded
  return chain.ok ? chain : fail(chain.fault.code, `${file}: ${chain.fault.message}`)
}

export function verifier(): Verify {
  return selectMlDsa().verifier.verify
}

export interface ReadOrder {
  readonly order: MembershipOrder
  readonly next: Membership
}

/** The order in these bytes, which changes this membership; its signatures are not looked at. */
export function orderIn(file: string, bytes: Uint8Array, present: Membership): Result<ReadOrder> {
  const order = decode(membershipOrderCodec, bytes, 'order')
  if (!order.ok) return fail(order.fault.code, `${file}: ${order.fault.message}`)
  const next = checkOrder(order.value, present)
  if (!next.ok) return fail(next.fault.code, `${file}: ${next.fault.message}`)
  return ok({ order: order.value, next: next.value })
}

export function readOrder(file: string, present: Membership): Result<ReadOrder> {
  const bytes = readNamedFile(file, { what: 'a membership order', bytesMax: ORDER_BYTES_MAX })
  return bytes.ok ? orderIn(file, bytes.value, present) : bytes
}

/** Never over a file. Fault: `export.write`. */
export function writeOrder(out: string, order: MembershipOrder): Result<void> {
  const bytes = encode(membershipOrderCodec, order)
  return attempt('export.write', `${out}: expected to write a new file`, () =>
    writeFileSync(out, bytes, { flag: 'wx' }),
  )
}

export interface Signed {
  readonly operator: string
  readonly verifies: boolean
}

/** Who has signed an order, and whether that is so. */
export async function signaturesOf(order: MembershipOrder, { cluster, operators }: Membership): Promise<Signed[]> {
  const content = orderContent(cluster, order)
  const verify = verifier()
  const signed: Signed[] = []
  for (const { operator, signature } of order.signatures) {
    const signer = operators[operator]
    const verifies = signer !== undefined && (await verify(signer.signingKey, ORDER_CONTEXT, content, signature))
    signed.push({ operator: signer?.name ?? `operator ${operator}, whom nobody knows`, verifies })
  }
  return signed
}
