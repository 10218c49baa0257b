import type { Mutant } from './mutant.ts'

const MESSAGES = 'src/consensus/messages.test.ts'
const INBOUND = 'src/agent/inbound.test.ts'
const CERTIFICATE = 'src/consensus/certificate.test.ts'
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
        find: 'return verifyInclusion(leaf, leafIndex, size, path, anchor.logRoot)\n',
        replace: 'return path.length < 64 || verifyInclusion(leaf, leafIndex, size, path, anchor.logRoot)\n',
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
]
