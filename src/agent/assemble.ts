import { readGenesis } from '../config/genesis.ts'
import { readLeapTable } from '../config/leap-seconds.ts'
import type { Configuration } from '../config/schema.ts'
import { BOOT_ID_BYTES } from '../consensus/proposal.ts'
import { type Fault, ok, type Result } from '../core/fault.ts'
import { randomBytes, randomUint32 } from '../crypto/random.ts'
import { createRangingClock } from '../fusion/ranging-clock.ts'
import { OSCILLATOR_FLOOR_PPB } from '../fusion/source-class.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { Report } from './agent-event.ts'
import { type Appliance, openAppliance } from './appliance.ts'
import { type ControlSocket, openControlSocket } from './control-socket.ts'
import { loadIdentity } from './identity.ts'
import { type Member, openMember } from './member.ts'
import { createMemberClock, type MemberClock } from './member-clock.ts'
import { resolvePeers } from './peer-directory.ts'
import { openRecords } from './records.ts'
import { answerQuestion } from './status.ts'

export interface Agent {
  close(reason: string): Promise<void>
}

export interface AgentHooks {
  readonly report: Report
  /** The loop is alive: at every epoch mark, and while waiting for the first. */
  alive(): void
  /** The agent must end, with a non-zero exit. */
  halted(fault: Fault): void
}

/** A release is taken back in reverse order of opening. */
type Release = () => Promise<void> | void

/**
 * The composition root: everything that an appliance is made of, from its configuration. Either all of it runs, or
 * nothing does and the fault says in one sentence why.
 */
export async function assembleAgent(configuration: Configuration, hooks: AgentHooks): Promise<Result<Agent>> {
  const releases: Release[] = []
  const release = async (): Promise<void> => {
    for (const step of releases.reverse()) await step()
  }
  const assembled = await assemble(configuration, hooks, releases)
  if (!assembled.ok) {
    await release()
    return assembled
  }
  return ok({
    close: async (reason) => {
      hooks.report({ type: 'stopped', reason })
      await release()
    },
  })
}

async function assemble(configuration: Configuration, hooks: AgentHooks, releases: Release[]): Promise<Result<void>> {
  const { node } = configuration
  const membership = readGenesis(node.genesis)
  if (!membership.ok) return membership
  const leapTable = readLeapTable(node.leapSecondsList)
  if (!leapTable.ok) return leapTable
  const identity = loadIdentity(configuration, membership.value)
  if (!identity.ok) return identity
  const peers = resolvePeers(configuration, membership.value)
  if (!peers.ok) return peers
  const records = await openRecords(node.stateDirectory, membership.value, identity.value)
  if (!records.ok) return records
  releases.push(() => records.value.close())
  const appliance = await openAppliance(configuration, leapTable.value, hooks.report)
  if (!appliance.ok) return appliance
  releases.push(() => appliance.value.close())
  const floorPpb = OSCILLATOR_FLOOR_PPB[configuration.oscillator.class]
  const rangingClock = createRangingClock(randomBytes(BOOT_ID_BYTES), floorPpb, readMonoNs())
  const clock = createMemberClock({
    self: identity.value.member.id,
    membership: membership.value,
    nodeClock: appliance.value.nodeClock,
    rangingClock,
    leapTable: leapTable.value,
    report: hooks.report,
    start: readMonoNs(),
    floorPpb,
  })
  const member = await openMember({
    configuration,
    membership: membership.value,
    identity: identity.value,
    peers: peers.value,
    journal: records.value.journal,
    log: records.value.log,
    episodes: records.value.episodes,
    evidence: records.value.evidence,
    clock,
    rangingClock,
    random: () => randomUint32() / 2 ** 32,
    ...hooks,
  })
  if (!member.ok) return member
  releases.push(() => member.value.close())
  const control = await openControl(configuration, { appliance: appliance.value, member: member.value, clock })
  if (!control.ok) return control
  releases.push(() => control.value.close())
  const { id, name } = identity.value.member
  hooks.report({ type: 'started', node: name, member: id, bootCount: records.value.journal.bootCount })
  return ok(undefined)
}

function openControl(
  { node }: Configuration,
  parts: { readonly appliance: Appliance; readonly member: Member; readonly clock: MemberClock },
): Promise<Result<ControlSocket>> {
  return openControlSocket(
    node.controlSocket,
    (question) => answerQuestion(question, { name: node.name, ...parts }),
    (bytes) => parts.member.submitOrder(bytes),
  )
}
