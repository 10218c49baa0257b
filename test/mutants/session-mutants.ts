import type { Mutant } from './mutant.ts'

const ORDER = 'src/consensus/membership-order.test.ts'
const JUDGE = 'src/consensus/replica/judge-block.test.ts'
const SESSIONS = 'test/simulation/sessions/sessions.test.ts'
const BACKFILL = 'src/consensus/replica/backfill.test.ts'
const PARTITION = 'src/consensus/partition.test.ts'

/** Mistakes in how a cluster changes its members, and in how one that was away comes back. */
export const SESSION_MUTANTS: readonly Mutant[] = [
  {
    name: 'k − 1 operators change the membership',
    harm: 'one operator fewer than was agreed takes the cluster over',
    edits: [
      {
        file: 'src/consensus/membership-order.ts',
        find: 'if (signatures.length < operatorThreshold) {',
        replace: 'if (signatures.length < operatorThreshold - 1) {',
      },
    ],
    killers: [ORDER],
  },
  {
    name: 'an order without valid signatures',
    harm: 'anybody changes the membership',
    edits: [
      {
        file: 'src/consensus/membership-order.ts',
        find: 'if (!(await verify(signer.signingKey, ORDER_CONTEXT, content, signature))) {',
        replace: 'if (signature.length === 0) {',
      },
    ],
    killers: [ORDER],
  },
  {
    name: 'an order for another membership',
    harm: 'an old order is replayed after it has been undone',
    edits: [
      {
        file: 'src/consensus/membership-order.ts',
        find: '  if (!equalBytes(order.previous, hash)) {',
        replace: '  if (order.previous.length !== hash.length) {',
      },
    ],
    killers: [ORDER],
  },
  {
    name: 'a change is voted for by members that do not hold the order',
    harm: 'one leader changes the membership',
    edits: [
      {
        file: 'src/consensus/replica/judge-block.ts',
        find: "if (change?.step === 'order' && context.orders.byDigest(change.digest) === undefined) {",
        replace: "if (change?.step === 'order' && change.digest.length === 0) {",
      },
    ],
    killers: [JUDGE],
  },
  {
    name: 'a conviction ends with the session',
    harm: 'a change of the membership gives a proven liar its reputation back',
    edits: [
      {
        file: 'src/consensus/session.ts',
        find: 'known.get(signingKey.join()) ?? fresh.reputationPpm[id] ?? 0',
        replace: 'known.get(signingKey.join()) && (fresh.reputationPpm[id] ?? 0)',
      },
    ],
    killers: [SESSIONS],
  },
  {
    name: 'missed blocks are taken without their hash',
    harm: 'a peer writes the history of a member that was away',
    edits: [
      {
        file: 'src/consensus/replica/backfill.ts',
        find: 'if (!equalBytes(hash, gap.wanted)) return false',
        replace: 'if (hash.length !== gap.wanted.length) return false',
      },
    ],
    killers: [BACKFILL],
  },
  {
    name: 'a link is up when one end says so',
    harm: 'one liar draws the picture of the network',
    edits: [
      {
        file: 'src/consensus/partition.ts',
        find: "if (ab.up && ba.up) return 'up'",
        replace: "if (ab.up || ba.up) return 'up'",
      },
    ],
    killers: [PARTITION],
  },
]
