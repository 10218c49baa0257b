import type { Mutant } from './mutant.ts'

const MESSAGES = 'src/consensus/messages.test.ts'
const INBOUND = 'src/agent/inbound.test.ts'
const CERTIFICATE = 'src/consensus/certificate.test.ts'
const EVIDENCE = 'src/consensus/evidence-check.test.ts'
const CONVICTION = 'test/simulation/conviction.test.ts'
const VECTORS = 'test/vectors/vectors.test.ts'

/** Mistakes in what is let in from outside, and in what is shown to strangers. */
export const RECORD_MUTANTS: readonly Mutant[] = [
  {
    name: 'a proposal counts without its signature',
    harm: 'anybody on a link speaks for every member',
    edits: [
      {
        file: 'src/agent/inbound.ts',
        find: 'if (!(await verify(member.signingKey, signingContext(header.type), content, signature))) {',
        replace:
          "if (header.type !== 'proposal' && !(await verify(member.signingKey, signingContext(header.type), content, signature))) {",
      },
    ],
    killers: [INBOUND],
  },
  {
    name: 'a message of another membership counts',
    harm: 'what was signed for another cluster is replayed into this one',
    edits: [
      {
        file: 'src/consensus/messages.ts',
        find: 'if (!equalBytes(header.membershipHash, identity.membershipHash)) {',
        replace: 'if (header.membershipHash.length !== identity.membershipHash.length) {',
      },
    ],
    killers: [MESSAGES],
  },
  {
    name: 'one context for all types',
    harm: 'a signature of one type is a signature of every other',
    edits: [
      {
        file: 'src/consensus/messages.ts',
        find: 'export function signingContext(type: MessageType): string {',
        replace:
          "export function signingContext(type: MessageType): string {\n  if (type === 'nullify') return signingContext('finalize')",
      },
    ],
    killers: [MESSAGES],
  },
  {
    name: 'a signer counted twice',
    harm: 'one liar makes a quorum of itself',
    edits: [
      {
        file: 'src/consensus/quorum-certificate.ts',
        find: '(votes[index - 1]?.sender ?? -1) < vote.sender',
        replace: '(votes[index - 1]?.sender ?? -1) <= vote.sender',
      },
    ],
    killers: [CERTIFICATE, VECTORS],
  },
  {
    name: 'q − 1 signatures are enough for a stranger',
    harm: 'a forged certificate verifies',
    edits: [
      {
        file: 'src/consensus/quorum-certificate.ts',
        find: 'if (votes.length < q)',
        replace: 'if (votes.length < q - 1)',
      },
    ],
    killers: [CERTIFICATE, VECTORS],
  },
  {
    name: 'one bad signature of a certificate is overlooked',
    harm: 'a certificate says who signed it, and is wrong',
    edits: [
      {
        file: 'src/consensus/quorum-certificate.ts',
        find: 'return results.find((result) => !result.ok) ?? ok(undefined)',
        replace: 'return results.slice(1).find((result) => !result.ok) ?? ok(undefined)',
      },
    ],
    killers: [CERTIFICATE, VECTORS],
  },
  {
    name: 'a path in the log is not checked',
    harm: 'any block is proven to have been decided',
    edits: [
      {
        file: 'src/consensus/proof.ts',
        find: 'if (!verifyInclusion(',
        replace: 'if (path.length > 64 && !verifyInclusion(',
      },
    ],
    killers: [VECTORS, 'src/ledger/export.test.ts'],
  },
  {
    name: 'bytes that are not canonical decode',
    harm: 'one message has two digests',
    edits: [
      {
        file: 'src/core/cbor-reader.ts',
        find: 'return this.argument >= (SHORTEST[size - 24] ?? 0)',
        replace: 'return true',
      },
    ],
    killers: ['src/core/encoding.test.ts'],
  },
  {
    name: 'evidence without membership check',
    harm: 'what was signed in another cluster convicts in this one',
    edits: [
      {
        file: 'src/consensus/evidence-check.ts',
        find: '    if (!belongs.ok) return belongs\n',
        replace: '    if (!belongs.ok && header.sender >= identity.n) return belongs\n',
      },
    ],
    killers: [EVIDENCE],
  },
  {
    name: 'evidence without signatures',
    harm: 'anybody convicts whom he likes',
    edits: [
      {
        file: 'src/consensus/evidence-check.ts',
        find: 'if (signed.includes(false)) {',
        replace: 'if (!signed.includes(true)) {',
      },
    ],
    killers: [EVIDENCE],
  },
  {
    name: 'one vote of two boots is evidence',
    harm: 'a crash convicts',
    edits: [
      {
        file: 'src/consensus/evidence-check.ts',
        find: 'return a === undefined || b === undefined || !equalBytes(a, b)',
        replace: 'return a === undefined || b === undefined || !equalBytes(first.content, second.content)',
      },
    ],
    killers: [EVIDENCE],
  },
  {
    name: 'a wrong outcome is believed without computing',
    harm: 'every leader can be convicted of any block',
    edits: [
      {
        file: 'src/consensus/wrong-outcome.ts',
        find: 'return checkBlock(claim, membership).ok\n',
        replace: 'return checkBlock(claim, membership).ok && claim.parent.height < 0\n',
      },
    ],
    killers: [EVIDENCE],
  },
  {
    name: 'a listed proof is not looked at',
    harm: 'one leader convicts whom it likes',
    edits: [
      {
        file: 'src/consensus/replica/judge-block.ts',
        find: 'return evidence ?? judgeContent(context, offered, parent, now)',
        replace: 'return judgeContent(context, offered, parent, now) ?? evidence',
      },
    ],
    killers: [CONVICTION],
  },
  {
    name: 'a proven liar is waited for',
    harm: 'every view that it leads costs 2Δ',
    edits: [
      {
        file: 'src/consensus/replica/timers.ts',
        find: 'if (record.own.notarize !== undefined || !isExposed(context, leaderOfView(context, record.view))) return',
        replace: 'if (isExposed(context, leaderOfView(context, record.view)) || record.view > 0) return',
      },
    ],
    killers: [CONVICTION],
  },
]
