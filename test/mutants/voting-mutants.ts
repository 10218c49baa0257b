import type { Mutant } from './mutant.ts'

const REPLICA = 'src/consensus/replica.test.ts'
const VIEW_BOOK = 'src/consensus/replica/view-book.test.ts'
const RELAY = 'src/consensus/replica/relay.test.ts'
const MEMBERSHIP = 'src/consensus/membership.test.ts'
const JUDGE = 'src/consensus/replica/judge-block.test.ts'
const RESTORE = 'src/consensus/replica/restore.test.ts'
const VOICE = 'src/consensus/replica/own-votes.test.ts'

/** Mistakes in the seven rules of the protocol. */
export const VOTING_MUTANTS: readonly Mutant[] = [
  {
    name: 'q is 2f + 1 at n = 5',
    harm: 'two quorums of three overlap in one liar: a fork',
    edits: [quorumEdit('n === 5 ? 2 * f + 1 : Math.ceil((n + f + 1) / 2)')],
    killers: [MEMBERSHIP],
  },
  {
    name: 'q is 2f + 1 at n = 8',
    harm: 'two quorums of five overlap in two liars: a fork',
    edits: [quorumEdit('n === 8 ? 2 * f + 1 : Math.ceil((n + f + 1) / 2)')],
    killers: [MEMBERSHIP],
  },
  {
    name: 'quorum from who has voted',
    harm: 'both halves of a partition certify',
    edits: [
      {
        file: 'src/consensus/replica/view-book.ts',
        find: 'if (record.votes[vote.type].size < q)',
        replace: 'if (record.votes[vote.type].size < 1)',
      },
      {
        file: 'src/consensus/replica/view-book.ts',
        find: 'if (agreeing.length < q)',
        replace: 'if (agreeing.length < Math.min(q, Math.ceil((2 * record.votes[vote.type].size + 1) / 3)))',
      },
    ],
    killers: [VIEW_BOOK],
  },
  {
    name: 'finalize after nullify',
    harm: 'a view is final for some and skipped by others: a fork',
    edits: [
      {
        file: 'src/consensus/replica/own-votes.ts',
        find: "if (record.own.nullify !== undefined || record.own.finalize !== undefined) return undefined\n  const message = signBody(context, 'finalize'",
        replace:
          "if (record.own.finalize !== undefined) return undefined\n  const message = signBody(context, 'finalize'",
      },
    ],
    killers: [VOICE],
  },
  {
    name: 'nullify after finalize',
    harm: 'the same fork, the other way round',
    edits: [
      {
        file: 'src/consensus/replica/own-votes.ts',
        find: "if (record.own.nullify !== undefined || record.own.finalize !== undefined) return undefined\n  const message = signBody(context, 'nullify'",
        replace:
          "if (record.own.nullify !== undefined) return undefined\n  const message = signBody(context, 'nullify'",
      },
      {
        file: 'src/consensus/replica/timers.ts',
        find: 'record.own.nullify !== undefined || record.own.finalize !== undefined',
        replace: 'record.own.nullify !== undefined',
      },
    ],
    killers: [VOICE],
  },
  {
    name: 'a second notarize in one view',
    harm: 'two blocks of one view get notarized',
    edits: [
      {
        file: 'src/consensus/replica/own-votes.ts',
        find: 'if (record.own.notarize !== undefined || record.own.nullify !== undefined) return undefined',
        replace: 'if (record.own.nullify !== undefined) return undefined',
      },
      {
        file: 'src/consensus/replica/vote-on-block.ts',
        find: 'offered === undefined || record.own.notarize !== undefined || record.own.nullify !== undefined',
        replace: 'offered === undefined || record.own.nullify !== undefined',
      },
    ],
    killers: [VOICE],
  },
  {
    name: 'votes forgotten on restart',
    harm: 'a member that crashes at the right moment votes twice',
    edits: [
      {
        file: 'src/consensus/replica/restore.ts',
        find: "} else if (message.type === 'notarize') own.notarize = { hash: message.body.hash, bytes }\n  else if (message.type === 'nullify') own.nullify = { bytes }\n  else own.finalize = { hash: message.body.hash, bytes }",
        replace: '}',
      },
    ],
    killers: [RESTORE],
  },
  {
    name: 'a proposal forgotten on restart',
    harm: 'a member that crashes within an epoch signs two proposals for it',
    edits: [
      {
        file: 'src/consensus/replica/restore.ts',
        find: 'context.proposal = { epoch, bytes }',
        replace: 'void bytes',
      },
    ],
    killers: [RESTORE],
  },
  {
    name: "a skipped view's nullification is not checked",
    harm: 'a leader forks by building around a block that some have made final',
    edits: [
      {
        file: 'src/consensus/replica/judge-block.ts',
        find: 'if (missing.length > 0) {\n    askForQuorums(context, missing, now)',
        replace: 'if (missing.length < 0) {\n    askForQuorums(context, missing, now)',
      },
    ],
    killers: [JUDGE],
  },
  {
    name: 'a parent without a certificate is built on',
    harm: 'blocks that nobody notarized become final as ancestors',
    edits: [
      {
        file: 'src/consensus/replica/judge-block.ts',
        find: 'if (!isCertified(context, parent)) {',
        replace: 'if (parent === undefined) {',
      },
    ],
    killers: [JUDGE],
  },
  {
    name: 'a stale epoch is notarized',
    harm: 'readings of long ago are freshly certified',
    edits: [
      {
        file: 'src/consensus/replica/judge-block.ts',
        find: 'Math.abs(block.epoch - calendar.epochAt(now)) > 1',
        replace: 'Math.abs(block.epoch - calendar.epochAt(now)) > 1e9',
      },
    ],
    killers: [JUDGE],
  },
  {
    name: 'a block takes the present epoch however old its readings are',
    harm: 'readings of the epoch before are certified just before the next mark',
    edits: [
      {
        file: 'src/consensus/replica/epoch-schedule.ts',
        find: 'age * 10n <= membership.epochPeriodNs * 7n ? present : present + 1',
        replace: 'age * 10n <= membership.epochPeriodNs * 70n ? present : present + 1',
      },
    ],
    killers: ['src/consensus/replica/epoch-schedule.test.ts'],
  },
  {
    name: 'an epoch that does not rise',
    harm: 'one epoch is decided twice',
    edits: [
      {
        file: 'src/consensus/replica/check-block.ts',
        find: 'if (block.epoch <= parent.epoch)',
        replace: 'if (block.epoch < parent.epoch)',
      },
    ],
    killers: [JUDGE],
  },
  {
    name: 'a list of fewer than q proposals is notarized',
    harm: 'f liars can be the majority of what is heard',
    edits: [
      {
        file: 'src/consensus/replica/check-block.ts',
        find: 'block.list.length < q ||',
        replace: 'block.list.length < q - 1 ||',
      },
      {
        file: 'src/consensus/certificate.ts',
        find: 'if (list.length < q ||',
        replace: 'if (list.length < 1 ||',
      },
    ],
    killers: [JUDGE, 'src/consensus/certificate.test.ts'],
  },
  {
    name: 'the outcome of a leader is believed',
    harm: 'one lying leader certifies what it likes',
    edits: [
      {
        file: 'src/consensus/replica/check-block.ts',
        find: 'return equalBytes(blockHash(composed.value), hash)',
        replace: 'return composed.ok || equalBytes(blockHash(composed.value), hash)',
      },
    ],
    killers: [JUDGE],
  },
  {
    name: 'state taken from what is final locally',
    harm: 'members that know different finalizations compute different blocks and stall',
    edits: [
      {
        file: 'src/consensus/replica/judge-block.ts',
        find: '{ block, hash, leader, parent, proposals }',
        replace: '{ block, hash, leader, parent: { ...parent, state: context.chain.finalized.state }, proposals }',
      },
    ],
    killers: [JUDGE, REPLICA],
  },
  {
    name: 'quorums are not relayed',
    harm: 'one liar that votes to one member only stalls the cluster for ever',
    edits: [
      {
        file: 'src/consensus/replica/relay.ts',
        find: 'if (shownView >= context.view) return',
        replace: 'if (shownView >= 0) return',
      },
    ],
    killers: [RELAY],
  },
  {
    name: 'own votes are not repeated',
    harm: 'one lost frame stalls the cluster',
    edits: [
      {
        file: 'src/consensus/replica/relay.ts',
        find: 'for (const { own } of open.slice(-REPEAT_VIEWS_MAX)) {',
        replace: 'for (const { own } of open.slice(0, 0)) {',
      },
    ],
    killers: [RELAY, REPLICA],
  },
  {
    name: 'an abandoned view is waited for',
    harm: 'members whose patience differs spoil view after view, and a cluster is without certificates for a quarter of a minute',
    edits: [
      {
        file: 'src/consensus/replica/timers.ts',
        find: 'votes.nullify.size >= n - q + 1',
        replace: 'votes.nullify.size >= n + q',
      },
    ],
    killers: ['src/consensus/replica/timers.test.ts'],
  },
  {
    name: 'liars alone have a view given up',
    harm: 'f members stop a cluster for ever',
    edits: [
      {
        file: 'src/consensus/replica/timers.ts',
        find: 'votes.nullify.size >= n - q + 1',
        replace: 'votes.nullify.size >= n - q',
      },
    ],
    killers: ['src/consensus/replica/timers.test.ts'],
  },
  {
    name: 'what is repeated waits as long as patience has grown',
    harm: 'members that a storm has taken apart meet when those in the newer view have given its leader up',
    edits: [
      {
        file: 'src/consensus/replica/pacemaker.ts',
        find: 'min(deltaNs(), RETRY_NS_MAX)',
        replace: 'deltaNs()',
      },
    ],
    killers: [RELAY, 'src/consensus/replica/pacemaker.test.ts'],
  },
  {
    name: 'ancestors are not made final',
    harm: 'decisions are missing in the log although they count',
    edits: [
      {
        file: 'src/consensus/replica/chain.ts',
        find: 'found.push(node)\n',
        replace: 'if (found.length === 0) found.push(node)\n',
      },
    ],
    killers: ['src/consensus/replica/chain.test.ts'],
  },
  {
    name: 'Δ never grows',
    harm: 'a slow network never certifies',
    edits: [
      {
        file: 'src/consensus/replica/pacemaker.ts',
        find: 'deltaNs() * 2n',
        replace: 'deltaNs()',
      },
    ],
    killers: ['src/consensus/replica/pacemaker.test.ts'],
  },
  {
    name: 'sent before it is durable',
    harm: 'a member that crashes has said what it does not remember',
    edits: [
      {
        file: 'src/agent/replica-loop.ts',
        find: '    const persisted = ports.persist(effects.persist)\n',
        replace:
          '    for (const outgoing of effects.send) ports.send(outgoing)\n    const persisted = ports.persist(effects.persist)\n',
      },
    ],
    killers: ['src/agent/replica-loop.test.ts'],
  },
  {
    name: 'the same leader for ever',
    harm: 'one dead or lying leader stops the cluster',
    edits: [
      {
        file: 'src/consensus/membership.ts',
        find: '((view % quorum.n) + (h % quorum.n)) % quorum.n',
        replace: '((view % 1) + (h % quorum.n)) % quorum.n',
      },
    ],
    killers: [MEMBERSHIP, REPLICA],
  },
  {
    name: 'a leader does not wait for the way of a proposal',
    harm: 'honest members of a busy machine are left out of every other block',
    edits: [
      {
        file: 'src/consensus/replica/epoch-schedule.ts',
        find: 'return PROPOSAL_DEADLINE_NS + min(PROPOSAL_WAY_NS, epochPeriodNs / WAY_EPOCH_PARTS)',
        replace: 'return PROPOSAL_DEADLINE_NS + 0n * min(PROPOSAL_WAY_NS, epochPeriodNs / WAY_EPOCH_PARTS)',
      },
    ],
    killers: [REPLICA],
  },
  {
    name: 'a leader waits for proposals as long in a short epoch',
    harm: 'past 0.7 of an epoch it waits for the next one, and so for ever, while one member is away',
    edits: [
      {
        file: 'src/consensus/replica/epoch-schedule.ts',
        find: 'min(PROPOSAL_WAY_NS, epochPeriodNs / WAY_EPOCH_PARTS)',
        replace: 'min(PROPOSAL_WAY_NS, epochPeriodNs)',
      },
    ],
    killers: ['src/consensus/replica/epoch-schedule.test.ts'],
  },
]

function quorumEdit(q: string): Mutant['edits'][number] {
  return { file: 'src/consensus/membership.ts', find: 'q: Math.ceil((n + f + 1) / 2)', replace: `q: ${q}` }
}
