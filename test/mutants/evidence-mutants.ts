import type { Mutant } from './mutant.ts'

const EVIDENCE = 'src/consensus/evidence-check.test.ts'
const STATE = 'src/consensus/state.test.ts'
const JUDGE = 'src/consensus/replica/judge-block.test.ts'
const CONVICTION = 'test/simulation/conviction.test.ts'

/** Mistakes in what convicts a member. */
export const EVIDENCE_MUTANTS: readonly Mutant[] = [
  {
    name: 'evidence without membership check',
    harm: 'what was signed in another cluster convicts here',
    edits: [
      {
        file: 'src/consensus/evidence-check.ts',
        find: 'const belongs = checkHeader(header, identity)',
        replace: 'const belongs = checkHeader({ ...header, ...identity }, identity)',
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
        replace: 'if (signed.length > 2) {',
      },
    ],
    killers: [EVIDENCE],
  },
  {
    name: 'the same vote of two boots convicts',
    harm: 'an honest member that restarts is convicted',
    edits: [
      {
        file: 'src/consensus/evidence-check.ts',
        find: "if (first.type === 'proposal') return !equalBytes(first.content, second.content)",
        replace: 'if (!equalBytes(first.content, second.content)) return true',
      },
    ],
    killers: [EVIDENCE],
  },
  {
    name: 'evidence of two views',
    harm: 'voting for two blocks of two views convicts, which everybody does',
    edits: [
      {
        file: 'src/consensus/evidence-check.ts',
        find: 'if (number !== evidence.number) {',
        replace: 'if (number === undefined) {',
      },
    ],
    killers: [EVIDENCE],
  },
  {
    name: 'Notarize and Nullify of one view convict',
    harm: 'a member that gives up a slow view is convicted',
    edits: [
      {
        file: 'src/consensus/evidence-check.ts',
        find: 'if (first?.type !== firstType || second?.type !== secondType) {',
        replace: "if (first?.type !== firstType || second === undefined || second.type === 'hello') {",
      },
    ],
    killers: [EVIDENCE],
  },
  {
    name: 'a right outcome convicts its leader',
    harm: 'every leader is convicted',
    edits: [
      {
        file: 'src/consensus/wrong-outcome.ts',
        find: 'return checkBlock(claim, membership).ok\n',
        replace: 'return checkBlock(claim, membership).ok && claim.leader < 0\n',
      },
    ],
    killers: [EVIDENCE],
  },
  {
    name: 'a proven liar keeps its reputation',
    harm: 'who equivocated goes on choosing the point',
    edits: [
      {
        file: 'src/consensus/state.ts',
        find: 'convicted.has(member)\n        ? 0\n',
        replace: 'convicted.has(member)\n        ? ppm\n',
      },
    ],
    killers: [STATE, CONVICTION],
  },
  {
    name: 'a block may list a proof that its voters have not seen',
    harm: 'one leader convicts whom it likes',
    edits: [
      {
        file: 'src/consensus/replica/judge-block.ts',
        find: '  if (missing.length === 0) return undefined\n  askForEvidence(context, missing, now)',
        replace: '  if (missing.length >= 0) return undefined\n  askForEvidence(context, missing, now)',
      },
    ],
    killers: [JUDGE],
  },
  {
    name: 'the slot of a proven liar is waited for',
    harm: 'a convicted member costs 2Δ each time it should lead',
    edits: [
      {
        file: 'src/consensus/replica/timers.ts',
        find: 'if (record.own.notarize !== undefined || !isExposed(context, leaderOfView(context, record.view))) return',
        replace: 'if (record.own.notarize !== undefined || context.view > 0) return',
      },
    ],
    killers: [CONVICTION],
  },
]
