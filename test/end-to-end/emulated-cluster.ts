import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { giveOrder } from '../../src/agent/control-socket.ts'
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
import { NS_PER_SECOND, taiNs } from '../../src/core/time.ts'
import { readKeyFile } from '../../src/crypto/key-file.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { type AgentRun, provision, type ReportedEvent } from '../support/agent-process.ts'
import { unwrap } from '../support/results.ts'
import type { Scope } from '../support/scope.ts'

/** Real agents of one cluster on loopback, with emulated instruments under one sky, whose membership changes while they run. */
export interface EmulatedCluster {
  readonly folder: string
  readonly genesis: Membership
  readonly genesisTai: bigint
  /** `[[sources]]` of an appliance, also of one that joins later. */
  readonly sources: readonly (readonly object[])[]
  pathOf(id: number, ...parts: readonly string[]): string
}

/** `count` appliances ts0 …, and the instruments of as many `later` ones. */
export async function emulatedCluster(t: Scope, count: number, later = 0): Promise<EmulatedCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'qt-cluster-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const world = unwrap(createWorld(unwrap(readLeapTable(undefined))))
  const startedAt = readMonoNs()
  const desks = Array.from({ length: count + later }, (_, id) => {
    mkdirSync(join(folder, `ts${id}`, 'state'), { recursive: true })
    return unwrap(openDesk(join(folder, `ts${id}`), id + 1, world.sky(startedAt, 0n)))
  })
  t.after(() => Promise.all(desks.map((desk) => desk.close())))
  const now = world.truth(startedAt)
  const genesisTai = taiNs(now - (now % NS_PER_SECOND))
  const sources = desks.map((desk) => desk.sources)
  const genesis = await provision({ folder, sources: sources.slice(0, count), genesisTai })
  const pathOf = (id: number, ...parts: readonly string[]): string => join(folder, `ts${id}`, ...parts)
  return { folder, genesis, genesisTai, sources, pathOf }
}

/** The order for `next` under the operator's key, handed to the agent of this number. */
export async function order(
  { folder, pathOf }: Pick<EmulatedCluster, 'folder' | 'pathOf'>,
  present: Membership,
  next: Membership,
  by: number,
): Promise<void> {
  const unsigned: MembershipOrder = {
    format: 'quorumtime-membership-1',
    previous: membershipHash(present),
    next: encode(membershipCodec, next),
    signatures: [],
  }
  const signer = selectMlDsa().createSigner(unwrap(readKeyFile(join(folder, 'operators', 'operator.pem'))))
  const signature = signer.sign(ORDER_CONTEXT, orderContent(present.cluster, unsigned))
  const bytes = encode(membershipOrderCodec, { ...unsigned, signatures: [{ operator: 0, signature }] })
  unwrap(await giveOrder(pathOf(by, 'state', 'control.sock'), bytes))
}

export const isDecision = ({ type }: ReportedEvent): boolean => type === 'decision'

/** A decision that was certified after this agent had entered that session, by at least so many. */
export async function certifiedIn(agent: AgentRun, session: number, signatures = 0): Promise<ReportedEvent> {
  const entered = await agent.until((event) => event['type'] === 'session' && event['session'] === session)
  return agent.until(
    (event) =>
      isDecision(event) &&
      Number(event['signatures']) >= signatures &&
      agent.events.indexOf(event) > agent.events.indexOf(entered),
  )
}
