import type { Signed, Trusted } from '../../agent/orders/order-file.ts'
import type { Membership } from '../../consensus/membership.ts'
import { type MembershipOrder, orderDigest } from '../../consensus/membership-order.ts'
import { toHex } from '../../core/bytes.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { printJson, printLine } from '../terminal.ts'
import { changeLines, describeChange } from './describe-change.ts'

export interface ShowOptions extends Trusted {
  readonly json?: boolean
}

export interface Said {
  readonly file: string
  readonly order: MembershipOrder
  readonly present: Membership
  readonly next: Membership
  readonly signed: readonly Signed[]
  readonly json: boolean
}

/** What an order is, for the person who is to sign it or to hand it in. */
export function sayOrder({ file, order, present, next, signed, json }: Said): void {
  const change = describeChange(present, next)
  const digest = orderDigest(present.cluster, order)
  const good = signed.filter(({ verifies }) => verifies).length
  const verified = good === signed.length && good >= present.operatorThreshold
  const needed = present.operatorThreshold
  if (json) {
    printJson({ type: 'membership-order', file, digest, verified, needed, signed, ...change })
    return
  }
  printLine(`${file}: an order for ${changeLines(change).join('\n')}`)
  printLine(`  digest: ${toHex(digest)}`)
  const names = signed.map(({ operator, verifies }) => (verifies ? operator : `${operator} (does not verify)`))
  printLine(
    `${verified ? 'verified: ' : ''}signed by ${good} of the ${needed} that it needs: ${names.join(', ') || 'nobody'}`,
  )
}

export function checkSigned(file: string, signed: readonly Signed[]): Result<void> {
  const wrong = signed.find(({ verifies }) => !verifies)
  if (wrong === undefined) return ok(undefined)
  return fail('order.signature', `${file}: order: the signature of ${wrong.operator} does not verify`)
}
