import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openDesk } from '../../src/cli/demo/instruments.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { readLeapTable } from '../../src/config/leap-seconds.ts'
import { type Membership, membershipCodec, membershipHash } from '../../src/consensus/membership.ts'
import {
  type MembershipOrder,
  membershipOrderCodec,
  ORDER_CONTEXT,
  orderContent,
} from '../../src/consensus/membership-order.ts'
import { encode } from '../../src/core/encoding.ts'
import { sha384 } from '../../src/core/hash.ts'
import { NS_PER_SECOND, taiNs } from '../../src/core/time.ts'
import { readKeyFile } from '../../src/crypto/key-file.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { openSafetyJournal } from '../../src/ledger/safety-journal.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { type AgentRun, provision, quorumtime, type ReportedEvent, startAgent } from '../support/agent-process.ts'
import { unwrap } from '../support/results.ts'
import { scopeIn } from '../support/scope.ts'
import { nextMembership } from '../support/test-orders.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-change-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const configOf = (id: number): string => join(folder, `ts${id}`, 'config.toml')
const stateOf = (id: number, file: string): string => join(folder, `ts${id}`, 'state', file)
const isDecision = ({ type }: ReportedEvent): boolean => type === 'decision'
/** Whether the link with this peer is up, by what the agent has said last of it. */
const isUp = ({ events }: AgentRun, peer: string): boolean =>
  events.findLast((event) => event['type'] === 'peer' && event['peer'] === peer)?.['state'] === 'up'
const isSession = ({ type, session }: ReportedEvent): boolean => type === 'session' && session === 1

/** A decision that was certified after this agent had entered the next session. */
async function certifiedInNext(agent: AgentRun): Promise<ReportedEvent> {
  const entered = await agent.until(isSession)
  return agent.until((event) => isDecision(event) && agent.events.indexOf(event) > agent.events.indexOf(entered))
}

async function stop(agent: AgentRun): Promise<void> {
  agent.signal('SIGTERM')
  const { code, stderr } = await agent.ended
  assert.equal(code, 0, stderr)
}

/** As if ts0 had taken the order and lost its power before it could tell anybody. */
function bringOrder(genesis: Membership, next: Membership): void {
  const unsigned: MembershipOrder = {
    format: 'quorumtime-membership-1',
    previous: membershipHash(genesis),
    next: encode(membershipCodec, next),
    signatures: [],
  }
  const signer = selectMlDsa().createSigner(unwrap(readKeyFile(join(folder, 'operators', 'operator.pem'))))
  const signature = signer.sign(ORDER_CONTEXT, orderContent(genesis.cluster, unsigned))
  const bytes = encode(membershipOrderCodec, { ...unsigned, signatures: [{ operator: 0, signature }] })
  const keyHash = sha384(genesis.members[0]?.signingKey ?? new Uint8Array())
  const owner = { membershipHash: membershipHash(genesis), member: 0, keyHash }
  const journal = unwrap(openSafetyJournal(stateOf(0, 'journal.sqlite'), owner))
  const number = Math.max(0, ...journal.records.filter(({ kind }) => kind === 'final').map((record) => record.number))
  unwrap(journal.append([{ kind: 'order', number, bytes }]))
  journal.close()
}

test('four appliances become three, and every one of them goes on, also who was away', async (context) => {
  const t = scopeIn(context)
  const world = unwrap(createWorld(unwrap(readLeapTable(undefined))))
  const startedAt = readMonoNs()
  const desks = [0, 1, 2, 3].map((id) => {
    mkdirSync(join(folder, `ts${id}`, 'state'), { recursive: true })
    return unwrap(openDesk(join(folder, `ts${id}`), id + 1, world.sky(startedAt, 0n)))
  })
  t.after(() => Promise.all(desks.map((desk) => desk.close())))
  const now = world.truth(startedAt)
  const genesisTai = taiNs(now - (now % NS_PER_SECOND))
  const genesis = await provision({ folder, sources: desks.map(({ sources }) => sources), genesisTai })
  const next = nextMembership(genesis, { members: genesis.members.slice(0, 3), targetPrecisionNs: 2_000n })

  const first = startAgent(t, configOf(0))
  const [ts1, ts3] = [startAgent(t, configOf(1)), startAgent(t, configOf(3))] as const
  await Promise.all([first, ts1, ts3].map((agent) => agent.until(isDecision)))
  await stop(first)
  bringOrder(genesis, next)
  const ts0 = startAgent(t, configOf(0))

  await context.test('certificates go on under the next membership', async () => {
    for (const decision of await Promise.all([ts0, ts1].map(certifiedInNext))) {
      assert.ok(Number(decision['signatures']) <= 3, JSON.stringify(decision))
    }
  })

  await context.test('who was removed says so, and takes part in nothing', async () => {
    const removed = await ts3.until(({ code }) => code === 'session.removed')
    assert.match(String(removed['message']), /^ts3 is no member of session 1 .* serves its own hardware$/)
    assert.equal(existsSync(stateOf(3, 'journal-1.sqlite')), false)
    assert.equal(existsSync(stateOf(3, 'sessions.cbor')), true)
  })

  await context.test(
    'its links are gone: each of the others has closed its own before it entered the next session',
    async () => {
      for (const peer of ['ts0', 'ts1']) await ts3.until(() => !isUp(ts3, peer))
      for (const agent of [ts0, ts1]) {
        const entered = agent.events.findIndex(isSession)
        assert.equal(
          agent.events.slice(entered).some(({ peer }) => peer === 'ts3'),
          false,
        )
      }
    },
  )

  await context.test('who was away is shown how the session has ended, and goes on with the others', async () => {
    await certifiedInNext(startAgent(t, configOf(2)))
  })

  await context.test('a certificate of the next session verifies with the genesis alone', async () => {
    const file = join(folder, 'newest.qtc')
    const exported = await quorumtime('certificate', 'export', '--config', configOf(1), '--out', file)
    assert.equal(exported.code, 0, exported.stderr)
    const verified = await quorumtime('certificate', 'verify', file, '--genesis', join(folder, 'genesis.cbor'))
    assert.equal(verified.code, 0, verified.stderr)
    assert.match(verified.stdout, /^signed by \d of 3: /m)
  })

  await context.test(
    'a change that a crash has cut short is taken up again; a lost journal is not made anew',
    async () => {
      await stop(ts1)
      rmSync(stateOf(1, 'sessions.cbor'))
      const again = startAgent(t, configOf(1))
      await certifiedInNext(again)
      await stop(again)
      rmSync(stateOf(1, 'journal-1.sqlite'))
      const { code, stderr } = await startAgent(t, configOf(1)).ended
      assert.equal(code, 1)
      assert.match(
        stderr,
        /journal-1\.sqlite: expected the safety journal of member 1, got no file; a key whose journal is/,
      )
    },
  )
})
