import { readGenesis } from '../config/genesis.ts'
import { readLeapTable } from '../config/leap-seconds.ts'
import type { Configuration } from '../config/schema.ts'
import { BOOT_ID_BYTES } from '../consensus/proposal.ts'
import { verifySessionChain } from '../consensus/session-chain.ts'
import { type Fault, ok, type Result } from '../core/fault.ts'
import type { LeapTable } from '../core/leap.ts'
import { randomBytes, randomUint32 } from '../crypto/random.ts'
import { createRangingClock, type RangingClock } from '../fusion/ranging-clock.ts'
import { OSCILLATOR_FLOOR_PPB } from '../fusion/source-class.ts'
import { readMonoNs } from '../linux/clock.ts'
import { alarm, type Report } from './agent-event.ts'
import { type Appliance, openAppliance } from './appliance.ts'
import { openAttestation } from './attestation/attestation.ts'
import { createAudience } from './audience.ts'
import { type ControlSocket, openControlSocket } from './control-socket.ts'
import { openFollowingMember } from './following-member.ts'
import { checkGenesisSigned } from './genesis-signed.ts'
import { reportGuards } from './keys/guards.ts'
import { loadKeys } from './keys/load-keys.ts'
import { openLedgers } from './ledgers.ts'
import { createMemberClock, type MemberClock } from './member-clock.ts'
import { type Outputs, openOutputs } from './outputs.ts'
import { findOwnSession, type OwnSession } from './own-session.ts'
import { peersOfSession } from './peer-directory.ts'
import { openPtp4lOutput } from './ptp4l-open.ts'
import type { Ptp4lOutput, Ptp4lWorld } from './ptp4l-output.ts'
import { readSessions } from './session-file.ts'
import { openSteering } from './source-steering.ts'
import { answerQuestion, type StatusParts } from './status.ts'

export interface Agent {
  close(reason: string): Promise<void>
}

export interface AgentHooks {
  /** SHA-384 of the configuration file; undefined where the configuration is of none. */
  readonly configurationDigest?: Uint8Array | undefined
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
  const { report, listen } = createAudience(hooks.report)
  const genesis = readGenesis(node.genesis)
  if (!genesis.ok) return genesis
  const leapTable = readLeapTable(node.leapSecondsList)
  if (!leapTable.ok) return leapTable
  const chain = readSessions(node.stateDirectory, genesis.value)
  if (!chain.ok) return chain
  const keys = await loadKeys(configuration)
  if (!keys.ok) return keys
  const own = findOwnSession(configuration, chain.value, keys.value)
  if (!own.ok) return own
  const { session, identity } = own.value
  const { membership } = session
  const signed = checkGenesisSigned(node.genesis, genesis.value, identity.verifier.verifySync)
  if (!signed.ok) return signed
  const genuine = await verifySessionChain(genesis.value, chain.value.steps, identity.verifier.verify)
  if (!genuine.ok) return genuine
  const peers = peersOfSession(configuration, membership)
  if (!peers.ok) return peers
  const ledgers = await openLedgers(configuration, own.value, (fault) => alarm(report, fault))
  if (!ledgers.ok) return ledgers
  releases.push(() => ledgers.value.close())
  const { journal, records } = ledgers.value
  const appliance = await openAppliance(configuration, leapTable.value, report)
  if (!appliance.ok) return appliance
  releases.push(() => appliance.value.close())
  const { clock, rangingClock } = createClocks(configuration, own.value, appliance.value, leapTable.value, report)
  const steering = openSteering(configuration, appliance.value, clock, report)
  releases.push(() => steering.close())
  const sinks = openSinks(configuration, { clock, leapTable: leapTable.value, report }, releases)
  if (!sinks.ok) return sinks
  const { outputs, ptp4l } = sinks.value
  if (ptp4l !== undefined) listen(ptp4l.hear)
  const parts = { configuration, keys: keys.value, appliance: appliance.value }
  const attestation = openAttestation({ ...hooks, ...parts, report, random })
  if (!attestation.ok) return attestation
  releases.push(() => attestation.value.close())
  ledgers.value.handOver()
  const member = await openFollowingMember({
    configuration,
    chain: chain.value,
    own: own.value,
    journal,
    ...records,
    giveBack: ledgers.value.giveBack,
    clock,
    rangingClock,
    attestation: attestation.value,
    random,
    ...hooks,
    report,
  })
  if (!member.ok) return member
  releases.push(() => member.value.close())
  const control = await openControl(configuration, {
    appliance: appliance.value,
    member: member.value,
    clock,
    steering,
    outputs,
    leapTable: leapTable.value,
    ptp4l,
    attestation: attestation.value,
  })
  if (!control.ok) return control
  releases.push(() => control.value.close())
  const { id, name } = identity.member
  reportGuards(keys.value, configuration, report)
  hooks.report({ type: 'started', node: name, member: id, bootCount: journal.bootCount })
  return ok(undefined)
}

function random(): number {
  return randomUint32() / 2 ** 32
}

/** Programs of this machine that are given the time, and a ptp4l that is told what to announce. */
function openSinks(
  configuration: Configuration,
  served: Omit<Ptp4lWorld, 'ptp4l' | 'readClock'>,
  releases: Release[],
): Result<{ readonly outputs: Outputs; readonly ptp4l: Ptp4lOutput | undefined }> {
  const outputs = openOutputs(configuration.outputs, served)
  if (!outputs.ok) return outputs
  releases.push(() => outputs.value.close())
  const ptp4l = openPtp4lOutput(configuration, served)
  if (!ptp4l.ok) return ptp4l
  releases.push(() => ptp4l.value?.close())
  return ok({ outputs: outputs.value, ptp4l: ptp4l.value })
}

function createClocks(
  configuration: Configuration,
  { identity, session }: OwnSession,
  { nodeClock }: Appliance,
  leapTable: LeapTable,
  report: Report,
): { readonly clock: MemberClock; readonly rangingClock: RangingClock } {
  const floorPpb = OSCILLATOR_FLOOR_PPB[configuration.oscillator.class]
  const start = readMonoNs()
  const rangingClock = createRangingClock(randomBytes(BOOT_ID_BYTES), floorPpb, start)
  const { membership } = session
  const self = identity.member.id
  const clock = createMemberClock({ self, membership, nodeClock, rangingClock, leapTable, report, start, floorPpb })
  return { clock, rangingClock }
}

function openControl({ node }: Configuration, parts: Omit<StatusParts, 'name'>): Promise<Result<ControlSocket>> {
  return openControlSocket(
    node.controlSocket,
    (question) => answerQuestion(question, { name: node.name, ...parts }),
    (bytes) => parts.member.submitOrder(bytes),
  )
}
