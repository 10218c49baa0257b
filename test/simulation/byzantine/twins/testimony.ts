import { blockCodec, blockHash } from '../../../../src/consensus/block.ts'
import { type Membership, membershipHash } from '../../../../src/consensus/membership.ts'
import {
  type CompactVote,
  decodeEnvelope,
  type MessageType,
  signingContext,
} from '../../../../src/consensus/messages.ts'
import { type QuorumCertificate, votedContent } from '../../../../src/consensus/quorum-certificate.ts'
import type { WireMessage } from '../../../../src/consensus/wire-message.ts'
import { toHex } from '../../../../src/core/bytes.ts'
import { decode } from '../../../../src/core/encoding.ts'
import { sha384 } from '../../../../src/core/hash.ts'
import { testVerify } from '../../../support/replica-cluster.ts'

/** One thing that a member signed: of this type, in this view or epoch, saying this. */
interface Statement {
  readonly member: number
  readonly type: MessageType
  readonly number: number
  readonly said: string
}

/**
 * Everything signed that anybody correct has received, votes inside of certificates included, laid side by side after the
 * run: what a court would see that has the memory of all correct members.
 */
export interface Testimony {
  hear(message: WireMessage): void
  /** Members that have signed a contradiction, sorted. */
  guilty(): Promise<readonly number[]>
}

export function createTestimony(membership: Membership): Testimony {
  const hash = membershipHash(membership)
  const statements = new Map<string, Statement>()
  const checks: Promise<void>[] = []
  const note = (statement: Statement, content: Uint8Array, signature: Uint8Array): void => {
    const { member, type, number, said } = statement
    const key = `${member} ${type} ${number} ${said}`
    if (statements.has(key)) return
    const publicKey = membership.members[member]?.signingKey
    if (publicKey === undefined) return
    checks.push(
      testVerify(publicKey, signingContext(type), content, signature).then((valid) => {
        if (valid) statements.set(key, statement)
      }),
    )
  }
  const hearVotes = (voted: Omit<QuorumCertificate, 'votes'>, votes: readonly CompactVote[]): void => {
    const { type, view, hash: block } = voted
    const said = block === undefined ? '' : toHex(block)
    for (const vote of votes) {
      const content = votedContent(voted, vote, membership.cluster, hash)
      note({ member: vote.sender, type, number: view, said }, content, vote.signature)
    }
  }
  return {
    hear: (message) => {
      if (message.kind === 'quorum') hearVotes(message.value, message.value.votes)
      if (message.kind === 'final') {
        const block = decode(blockCodec, message.value.block, 'testimony')
        if (block.ok) {
          const voted = { type: 'finalize' as const, view: block.value.view, hash: sha384(message.value.block) }
          hearVotes(voted, message.value.votes)
        }
      }
      const decoded = message.kind === 'signed' ? decodeEnvelope(message.value) : undefined
      if (decoded?.ok !== true || decoded.value.type === 'hello') return
      const { type, header, body, content, signature } = decoded.value
      const member = header.sender
      if (type === 'proposal')
        note({ member, type, number: body.epoch, said: toHex(sha384(content)) }, content, signature)
      else if (type === 'block')
        note({ member, type, number: body.view, said: toHex(blockHash(body)) }, content, signature)
      else
        note({ member, type, number: body.view, said: type === 'nullify' ? '' : toHex(body.hash) }, content, signature)
    },
    guilty: async () => {
      await Promise.all(checks)
      return [...new Set(contradictions([...statements.values()]))].sort((a, b) => a - b)
    },
  }
}

function contradictions(statements: readonly Statement[]): readonly number[] {
  const bySubject = Map.groupBy(statements, ({ member, number, type }) => {
    // A nullification and a finalization of one view contradict each other.
    return `${member} ${number} ${type === 'nullify' ? 'finalize' : type}`
  })
  return [...bySubject.values()].flatMap((group) => {
    const [first] = group
    return first !== undefined && group.length > 1 ? [first.member] : []
  })
}
