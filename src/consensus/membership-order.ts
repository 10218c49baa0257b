import { equalBytes } from '../core/bytes.ts'
import {
  blobCodec,
  bytesCodec,
  type Codec,
  decode,
  encode,
  listCodec,
  literalCodec,
  recordCodec,
  refinedCodec,
  textCodec,
  uintCodec,
} from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import {
  DIGEST_BYTES,
  type Membership,
  membershipCodec,
  membershipHash,
  OPERATORS_MAX,
  SIGNATURE_BYTES,
} from './membership.ts'
import type { Verify } from './quorum-certificate.ts'

/**
 * What the operators of a cluster sign to change its membership: the next one in full, in place of one that they name by
 * its hash. It becomes effective by a certified block, and only while the membership that it names is the present one.
 */
export interface MembershipOrder {
  readonly format: 'quorumtime-membership-1'
  /** Hash of the membership that it takes the place of. */
  readonly previous: Uint8Array
  /** Canonical bytes of the next membership. */
  readonly next: Uint8Array
  /** Sorted by operator, each once. */
  readonly signatures: readonly OrderSignature[]
}

export interface OrderSignature {
  /** Index among the operators of the previous membership. */
  readonly operator: number
  readonly signature: Uint8Array
}

/** A hundred members and sixteen operators with all that they have, with room to spare. */
const MEMBERSHIP_BYTES_MAX = 384 * 1024
/** With all signatures that there can be. */
export const ORDER_BYTES_MAX = MEMBERSHIP_BYTES_MAX + OPERATORS_MAX * (SIGNATURE_BYTES + 16) + 1024

export const membershipOrderCodec: Codec<MembershipOrder> = refinedCodec(
  recordCodec<MembershipOrder>({
    format: literalCodec('quorumtime-membership-1'),
    previous: bytesCodec(DIGEST_BYTES),
    next: blobCodec(MEMBERSHIP_BYTES_MAX),
    signatures: listCodec(
      recordCodec<OrderSignature>({ operator: uintCodec(OPERATORS_MAX - 1), signature: bytesCodec(SIGNATURE_BYTES) }),
      OPERATORS_MAX,
    ),
  }),
  ({ signatures }) =>
    signatures.every(({ operator }, index) => index === 0 || (signatures[index - 1]?.operator ?? -1) < operator)
      ? undefined
      : 'signatures sorted by operator, each operator once',
)

/** The ML-DSA context string of operators: nothing that an appliance signs is ever an order. */
export const ORDER_CONTEXT = 'quorumtime/v1/membership'

interface OrderContent extends Pick<MembershipOrder, 'format' | 'previous' | 'next'> {
  readonly cluster: string
}

export const orderContentCodec: Codec<OrderContent> = recordCodec<OrderContent>({
  format: literalCodec('quorumtime-membership-1'),
  cluster: textCodec(64),
  previous: bytesCodec(DIGEST_BYTES),
  next: blobCodec(MEMBERSHIP_BYTES_MAX),
})

/** The bytes that every operator signs. */
export function orderContent(cluster: string, { format, previous, next }: MembershipOrder): Uint8Array {
  return encode(orderContentCodec, { format, cluster, previous, next })
}

/** SHA-384 of the signed bytes: what a block says of an order. Whichever k operators signed, it is the same order. */
export function orderDigest(cluster: string, order: MembershipOrder): Uint8Array {
  return sha384(orderContent(cluster, order))
}

/** An order that may be carried out: form and signatures have been checked against the membership that it changes. */
export interface VerifiedOrder {
  readonly order: MembershipOrder
  readonly digest: Uint8Array
  readonly next: Membership
}

/** Form and signatures of an order. Faults: `order.*`, `encoding.*`. */
export async function verifyOrder(
  order: MembershipOrder,
  present: Membership,
  verify: Verify,
): Promise<Result<VerifiedOrder>> {
  const next = checkOrder(order, present)
  if (!next.ok) return next
  const { operators, operatorThreshold } = present
  const { signatures } = order
  if (operators.length === 0) {
    return fail('order.no-operators', `order: expected a cluster with operators, got "${present.cluster}" without any`)
  }
  if (signatures.length < operatorThreshold) {
    return fail(
      'order.threshold',
      `order: expected signatures of ${operatorThreshold} operators, got ${signatures.length}`,
    )
  }
  const content = orderContent(present.cluster, order)
  for (const { operator, signature } of signatures) {
    const signer = operators[operator]
    if (signer === undefined) {
      return fail('order.operator', `order: expected operators 0…${operators.length - 1}, got ${operator}`)
    }
    if (!(await verify(signer.signingKey, ORDER_CONTEXT, content, signature))) {
      return fail('order.signature', `order: the signature of operator ${operator} (${signer.name}) does not verify`)
    }
  }
  return ok({ order, digest: sha384(content), next: next.value })
}

/**
 * What can be said of an order without its signatures: it follows the present membership, in the same cluster, by rules
 * that are not older, and changes something. Within an era epochs keep their numbers, so its clock does not change.
 */
export function checkOrder(order: MembershipOrder, present: Membership): Result<Membership> {
  const hash = membershipHash(present)
  if (!equalBytes(order.previous, hash)) {
    return fail('order.previous', 'order: expected a change of the present membership, got one of another')
  }
  const decoded = decode(membershipCodec, order.next, 'order.next')
  if (!decoded.ok) return decoded
  const next = decoded.value
  if (next.cluster !== present.cluster) {
    return fail('order.cluster', `order: expected cluster "${present.cluster}", got "${next.cluster}"`)
  }
  if (next.session !== present.session + 1 || next.previous === undefined || !equalBytes(next.previous, hash)) {
    return fail(
      'order.session',
      `order: expected session ${present.session + 1} after the present membership, got ${next.session}`,
    )
  }
  if (next.rulesVersion < present.rulesVersion) {
    return fail('order.rules', `order: expected rules of at least ${present.rulesVersion}, got ${next.rulesVersion}`)
  }
  const clock = checkClock(next, present)
  if (!clock.ok) return clock
  const { session, previous } = present
  return equalBytes(encode(membershipCodec, { ...next, session, previous }), encode(membershipCodec, present))
    ? fail('order.same', 'order: expected a change, got the present membership')
    : ok(next)
}

function checkClock(next: Membership, present: Membership): Result<void> {
  if (next.era === present.era + 1) return ok(undefined)
  if (next.era !== present.era) {
    return fail('order.era', `order: expected era ${present.era} or the one after it, got ${next.era}`)
  }
  return next.genesisTai === present.genesisTai && next.epochPeriodNs === present.epochPeriodNs
    ? ok(undefined)
    : fail('order.clock', `order: expected the genesisTai and epochPeriodNs of era ${present.era}, got others`)
}
