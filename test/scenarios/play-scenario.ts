import { leaderOf, membershipHash, quorumOf } from '../../src/consensus/membership.ts'
import { decodeEnvelope, encodeContent, encodeEnvelope, type SignedMessage } from '../../src/consensus/messages.ts'
import type { Outgoing } from '../../src/consensus/replica/types.ts'
import { toHex } from '../../src/core/bytes.ts'
import { createReplicaCluster, type ReplicaCluster, testSign } from '../support/replica-cluster.ts'
import type { Action, Scenario, Step, Who, Word } from './step.ts'

/** What the world of a scenario is like at the moment. */
interface Stage {
  readonly scenario: Scenario
  readonly cluster: ReplicaCluster
  readonly blocked: Set<string>
  readonly clockless: Set<number>
  readonly killed: Set<number>
  readonly doomed: Map<number, Word>
  readonly onlyTo: Map<number, { readonly word: Word; readonly to: readonly number[] }>
  readonly twoBlocks: Map<number, readonly number[]>
}

/** Plays a scenario with real replicas on virtual time. Returns what was not as expected: file:line, expected, got. */
export async function playScenario(scenario: Scenario): Promise<readonly string[]> {
  const stage = setUp(scenario)
  const problems: string[] = []
  for (const step of scenario.steps) {
    await stage.cluster.run(step.atNs - stage.cluster.now())
    const got = take(stage, step)
    if (got !== undefined) problems.push(`${scenario.file}:${step.line}: expected "${step.text}", got ${got}`)
  }
  problems.push(...alwaysWrong(stage))
  return problems
}

function setUp(scenario: Scenario): Stage {
  const blocked = new Set<string>()
  const clockless = new Set<number>()
  const doomed = new Map<number, Word>()
  const stage: Omit<Stage, 'cluster'> = {
    scenario,
    blocked,
    clockless,
    killed: new Set(),
    doomed,
    onlyTo: new Map(),
    twoBlocks: new Map(),
  }
  const cluster: ReplicaCluster = createReplicaCluster({
    n: scenario.members,
    seed: scenario.seed,
    delayNsMax: scenario.delayNsMax,
    passes: (from, to) => !blocked.has(`${from} ${to}`),
    clockError: (id) => (clockless.has(id) ? undefined : { offsetNs: 0n, ratePpb: 0n }),
    tamper: (id, outgoing) => tamper(stage, id, outgoing),
    said: (id, outgoing) => {
      const word = doomed.get(id)
      if (word === undefined || !isWord(id, outgoing, word)) return
      doomed.delete(id)
      stage.killed.add(id)
      cluster.later(0n, () => cluster.crash(id))
    },
  })
  return { ...stage, cluster }
}

function take(stage: Stage, { action }: Step): string | undefined {
  const { cluster, blocked, clockless, killed } = stage
  const ids = (who: readonly Who[]): readonly number[] => who.flatMap((each) => idsOf(stage, each))
  switch (action.kind) {
    case 'kill':
      for (const id of ids(action.who)) {
        killed.add(id)
        cluster.crash(id)
      }
      return undefined
    case 'restart':
      for (const id of ids(action.who)) {
        killed.delete(id)
        cluster.restart(id)
      }
      return undefined
    case 'lose-clock':
    case 'find-clock':
      for (const id of ids(action.who)) {
        if (action.kind === 'lose-clock') clockless.add(id)
        else clockless.delete(id)
        cluster.tellTime(id)
      }
      return undefined
    case 'cut':
      for (const from of ids(action.sides[0] ?? [])) {
        for (const to of ids(action.sides[1] ?? [])) blocked.add(`${from} ${to}`).add(`${to} ${from}`)
      }
      return undefined
    case 'heal':
      blocked.clear()
      return undefined
    default:
      return takeMore(stage, action, ids)
  }
}

function takeMore(
  stage: Stage,
  action: Exclude<Action, { kind: 'kill' | 'restart' | 'lose-clock' | 'find-clock' | 'cut' | 'heal' }>,
  ids: (who: readonly Who[]) => readonly number[],
): string | undefined {
  switch (action.kind) {
    case 'deaf':
      for (const from of ids([action.who])) for (const to of ids([action.to])) stage.blocked.add(`${from} ${to}`)
      return undefined
    case 'kill-after':
      for (const id of ids([action.who])) stage.doomed.set(id, action.word)
      return undefined
    case 'only-to':
      for (const id of ids([action.who])) stage.onlyTo.set(id, { word: action.word, to: ids(action.to) })
      return undefined
    case 'two-blocks':
      for (const id of ids([action.who])) stage.twoBlocks.set(id, ids(action.to))
      return undefined
    default:
      return expectation(stage, action, ids)
  }
}

type Expectation = Extract<Action, { kind: `expect-${string}` }>

function expectation(
  { cluster }: Stage,
  action: Expectation,
  ids: (who: readonly Who[]) => readonly number[],
): string | undefined {
  const epochs = (id: number): readonly number[] => (cluster.nodes[id]?.commits ?? []).map(({ block }) => block.epoch)
  const told = (wrong: readonly number[]): string | undefined =>
    wrong.length === 0
      ? undefined
      : wrong.map((id) => `n${id} with epochs ${epochs(id).join(', ') || 'none'}`).join('; ')
  const evidence = cluster.nodes.flatMap(({ id, evidence }) =>
    evidence.map(({ member, kind }) => ({ by: id, member, kind: kind as string })),
  )
  switch (action.kind) {
    case 'expect-epoch':
      return told(ids(action.where).filter((id) => !epochs(id).includes(action.epoch)))
    case 'expect-nothing-after':
      return told(ids(action.where).filter((id) => epochs(id).some((epoch) => epoch > action.epoch)))
    case 'expect-skipped':
      return told(ids(action.where).filter((id) => epochs(id).includes(action.epoch)))
    case 'expect-convicted': {
      const members = ids([action.who])
      const found = evidence.some(
        ({ member, kind }) => members.includes(member) && action.what.split(' or ').includes(kind),
      )
      return found ? undefined : describe(evidence)
    }
    case 'expect-nobody-convicted':
      return evidence.length === 0 ? undefined : describe(evidence)
  }
}

function describe(
  evidence: readonly { readonly by: number; readonly member: number; readonly kind: string }[],
): string {
  return evidence.map(({ by, member, kind }) => `n${by} has ${kind} of n${member}`).join('; ') || 'nobody convicted'
}

/** What no scenario needs to say. */
function alwaysWrong({ cluster, scenario }: Stage): readonly string[] {
  const decided = new Map<number, string>()
  const problems: string[] = []
  for (const { id, commits, journal } of cluster.nodes) {
    for (const contradiction of journal.contradictions) problems.push(`${scenario.file}: n${id} said ${contradiction}`)
    for (const { block, blockHash } of commits) {
      const hash = toHex(blockHash)
      if ((decided.get(block.height) ?? hash) !== hash)
        problems.push(`${scenario.file}: fork at height ${block.height}`)
      decided.set(block.height, hash)
    }
  }
  return problems
}

function idsOf({ cluster, killed }: Stage, who: Who): readonly number[] {
  const up = cluster.nodes.filter((node) => node.up)
  switch (who) {
    case 'all':
      return cluster.nodes.map(({ id }) => id)
    case 'survivors':
      return up.map(({ id }) => id)
    case 'killed':
      return [...killed]
    case 'leader':
    case 'next leader': {
      const view = presentView(cluster) + (who === 'leader' ? 0 : 1)
      return [leaderOf(view, quorumOf(cluster.nodes.length), membershipHash(cluster.membership))]
    }
    default:
      return [who]
  }
}

/** The view that most of those who are up are in. */
function presentView(cluster: ReplicaCluster): number {
  const views = cluster.nodes.filter(({ up }) => up).map(({ replica }) => replica.status().view)
  return views.toSorted((a, b) => a - b)[Math.floor(views.length / 2)] ?? 1
}

function wordOf(id: number, { message }: Outgoing): SignedMessage | undefined {
  const decoded = message.kind === 'signed' ? decodeEnvelope(message.value) : undefined
  return decoded?.ok === true && decoded.value.header.sender === id ? decoded.value : undefined
}

function isWord(id: number, outgoing: Outgoing, word: Word): boolean {
  const type = wordOf(id, outgoing)?.type
  return type === word || (word === 'votes' && (type === 'notarize' || type === 'nullify' || type === 'finalize'))
}

function tamper({ onlyTo, twoBlocks }: Omit<Stage, 'cluster'>, id: number, outgoing: Outgoing): readonly Outgoing[] {
  const only = onlyTo.get(id)
  if (only !== undefined && isWord(id, outgoing, only.word)) return only.to.map((to) => ({ ...outgoing, to }))
  const chosen = twoBlocks.get(id)
  const word = chosen && wordOf(id, outgoing)
  if (chosen === undefined || word?.type !== 'block') return [outgoing]
  // Another block of the same view, signed by its leader; that it is of another epoch is all that is different.
  const content = encodeContent(word.header, { ...word.body, epoch: word.body.epoch + 1 })
  const value = encodeEnvelope({ content, signature: testSign(id, 'block', content) })
  return [...chosen.map((to) => ({ to, message: { kind: 'signed' as const, value } })), outgoing]
}
