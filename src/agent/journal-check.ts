import { type ChainRoot, chainRoot } from '../consensus/block.ts'
import { verifyFinal } from '../consensus/certificate.ts'
import { type Membership, membershipHash } from '../consensus/membership.ts'
import { membershipOrderCodec, verifyOrder } from '../consensus/membership-order.ts'
import { checkHeader, decodeEnvelope, signingContext } from '../consensus/messages.ts'
import { quorumCertificateCodec, verifyQuorumCertificate } from '../consensus/quorum-certificate.ts'
import type { JournalRecord } from '../consensus/replica/types.ts'
import { sessionStepCodec, verifySessionStep } from '../consensus/session-step.ts'
import { decode } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import type { Identity } from './identity.ts'

/** Who says what stands in the journal: this member under this membership. */
export interface JournalCheck {
  readonly membership: Membership
  /** What its session starts from; undefined in the first one. */
  readonly root?: ChainRoot | undefined
  readonly identity: Pick<Identity, 'member' | 'verifier'>
}

/**
 * Whether every record is what it says it is: a message of this member, a block of a leader, a certificate, each with
 * signatures that verify. A disk that has changed a bit would otherwise make this member stand on what nobody said.
 * Fault `journal.damaged`; `path` names the journal in it.
 */
export async function checkJournal(
  path: string,
  records: readonly JournalRecord[],
  check: JournalCheck,
): Promise<Result<void>> {
  for (const record of records) {
    const number = await numberOf(record, check)
    if (number.ok && number.value === record.number) continue
    const got = number.ok ? `one of ${number.value}` : number.fault.message
    return fail('journal.damaged', `${path}: expected a ${record.kind} of ${record.number}, got ${got}`)
  }
  return ok(undefined)
}

/** The epoch or view that a record speaks of, when its signatures verify. */
async function numberOf(record: JournalRecord, check: JournalCheck): Promise<Result<number>> {
  const { kind, bytes } = record
  const { membership, identity } = check
  const { verify } = identity.verifier
  if (kind === 'order') return checkOrderRecord(record, check)
  if (kind === 'session-end') return checkEndRecord(record, check)
  if (kind === 'final') {
    const verified = await verifyFinal(bytes, membership, verify, check.root)
    return verified.ok ? ok(verified.value.block.view) : verified
  }
  if (kind === 'notarization' || kind === 'nullification') {
    const certificate = decode(quorumCertificateCodec, bytes, 'certificate')
    if (!certificate.ok) return certificate
    const verified = await verifyQuorumCertificate(certificate.value, membership, membershipHash(membership), verify)
    return verified.ok ? ok(certificate.value.view) : verified
  }
  return numberOfMessage(kind, bytes, check)
}

/** Neither says of itself which view it came with. */
async function checkOrderRecord({ bytes, number }: JournalRecord, check: JournalCheck): Promise<Result<number>> {
  const order = decode(membershipOrderCodec, bytes, 'order')
  const verified = order.ok ? await verifyOrder(order.value, check.membership, check.identity.verifier.verify) : order
  return verified.ok ? ok(number) : verified
}

async function checkEndRecord({ bytes, number }: JournalRecord, check: JournalCheck): Promise<Result<number>> {
  const { membership, root = chainRoot(membership) } = check
  const step = decode(sessionStepCodec, bytes, 'session')
  if (!step.ok) return step
  const present = { membership, hash: membershipHash(membership), root }
  const verified = await verifySessionStep(step.value, present, check.identity.verifier.verify)
  return verified.ok ? ok(number) : verified
}

type MessageKind = Exclude<JournalRecord['kind'], 'final' | 'notarization' | 'nullification' | 'order' | 'session-end'>

function numberOfMessage(kind: MessageKind, bytes: Uint8Array, check: JournalCheck): Result<number> {
  const { membership, identity } = check
  const decoded = decodeEnvelope(bytes)
  if (!decoded.ok) return decoded
  const message = decoded.value
  const { sender } = message.header
  const { cluster, members } = membership
  const belongs = checkHeader(message.header, {
    cluster,
    membershipHash: membershipHash(membership),
    n: members.length,
  })
  if (!belongs.ok) return belongs
  const signer = members[sender]
  // Only blocks are kept that others have signed: those of leaders, which this member has notarized.
  const isOwn = sender === identity.member.id
  if (message.type === 'hello' || message.type !== kind || signer === undefined || !(isOwn || kind === 'block')) {
    return fail('journal.record', `a ${message.type} of member ${sender}`)
  }
  const context = signingContext(message.type)
  if (!identity.verifier.verifySync(signer.signingKey, context, message.content, message.signature)) {
    return fail('journal.record', 'one whose signature does not verify')
  }
  return ok(message.type === 'proposal' ? message.body.epoch : message.body.view)
}
