import { readChain, readOrder, signaturesOf, writeOrder } from '../../agent/orders/order-file.ts'
import type { Membership } from '../../consensus/membership.ts'
import {
  type MembershipOrder,
  ORDER_CONTEXT,
  type OrderSignature,
  orderContent,
} from '../../consensus/membership-order.ts'
import { equalBytes } from '../../core/bytes.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { readKeyFile } from '../../crypto/key-file.ts'
import { selectMlDsa } from '../../crypto/select.ts'
import type { ProposeOptions } from './propose.ts'
import { checkSigned, sayOrder } from './say-order.ts'

export interface SignOptions extends ProposeOptions {
  readonly operator: string
  readonly key: string
}

/** Adds an operator's signature; one that is false spoils the order, so it is not added to. */
export async function sign(file: string, options: SignOptions): Promise<Result<void>> {
  const chain = await readChain(options)
  if (!chain.ok) return chain
  const { membership } = chain.value.present
  const read = readOrder(file, membership)
  if (!read.ok) return read
  const before = await signaturesOf(read.value.order, membership)
  const sound = checkSigned(file, before)
  if (!sound.ok) return sound
  const signature = signatureOf(read.value.order, membership, options)
  if (!signature.ok) return signature
  const others = read.value.order.signatures.filter(({ operator }) => operator !== signature.value.operator)
  const signatures = [...others, signature.value].sort((a, b) => a.operator - b.operator)
  const order = { ...read.value.order, signatures }
  const written = writeOrder(options.out, order)
  if (!written.ok) return written
  const signed = await signaturesOf(order, membership)
  sayOrder({
    file: options.out,
    order,
    present: membership,
    next: read.value.next,
    signed,
    json: options.json === true,
  })
  return ok(undefined)
}

function signatureOf(
  order: MembershipOrder,
  { cluster, operators }: Membership,
  { operator: name, key }: SignOptions,
): Result<OrderSignature> {
  const operator = operators.findIndex((known) => known.name === name)
  const signingKey = operators[operator]?.signingKey
  if (signingKey === undefined) {
    const names = operators.map((known) => known.name).join(', ') || 'none: this cluster has no operators'
    return fail('order.operator', `--operator: expected one of ${names}, got "${name}"`)
  }
  const seed = readKeyFile(key)
  if (!seed.ok) return seed
  const signer = selectMlDsa().createSigner(seed.value)
  if (!equalBytes(signer.publicKey, signingKey)) {
    return fail('order.key', `${key}: expected the key of operator ${name}, got another one`)
  }
  return ok({ operator, signature: signer.sign(ORDER_CONTEXT, orderContent(cluster, order)) })
}
