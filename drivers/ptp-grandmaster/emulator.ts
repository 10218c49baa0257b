import { fail, ok, type Result } from '../../src/core/fault.ts'
import { taiMinusUtcAt } from '../../src/core/leap.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { EmulatorContext } from '../driver.ts'
import type { PacketContext, PacketEmulator, PacketSend, ReceivedPacket } from '../packet-driver.ts'
import { FLAGS } from '../ptp/header.ts'
import { decodeMessage, type PtpMessage } from '../ptp/message.ts'
import type { PortIdentity } from '../ptp/port-identity.ts'
import { decodeUnicast, encodeUnicast } from '../ptp/unicast.ts'
import { createEmulatedClock, type EmulatedClock } from './emulated-clock.ts'
import { createEmulatedGrants, type EmulatedGrants } from './emulated-grants.ts'
import { createEmulatedMessages, type EmulatedMessages, type Said } from './emulated-messages.ts'
import { FAULTS, type FaultName, isFaultName } from './emulator-faults.ts'
import type { PtpOptions } from './options.ts'
import { intervalNs, NO_INTERVAL } from './protocol.ts'

const LONGER_PATH_NS = 500_000n
const CLAIMED_RESIDENCE_SCALED_NS = (10n * NS_PER_MILLISECOND) << 16n
const FLOOD_PERIOD_NS = NS_PER_MILLISECOND
const FLOOD_SYNCS = 3
/** What others say is so far off that it would be seen at once, were it believed. */
const OTHERS_OFF_NS = NS_PER_SECOND
/** A wake that comes so late is caught up with at once, not Sync by Sync. */
const LATE_NS_MAX = 2n * NS_PER_SECOND

interface Grandmaster {
  readonly options: PtpOptions
  readonly context: EmulatorContext & Pick<PacketContext, 'port'>
  readonly faults: Set<FaultName>
  readonly prng: Prng
  readonly messages: EmulatedMessages
  readonly grants: EmulatedGrants
  readonly clock: EmulatedClock
  syncAt: MonoNs | undefined
  announceAt: MonoNs | undefined
  floodAt: MonoNs | undefined
  readonly sequence: { sync: number; announce: number; signaling: number }
}

/** A grandmaster of the default profile (IEEE 1588-2019, annex I.3), locked to its sky, two-step or one-step. */
export function createEmulator(
  options: PtpOptions,
  seed: number,
  context: EmulatorContext & Pick<PacketContext, 'port'>,
): PacketEmulator {
  const faults = new Set<FaultName>()
  const prng = createPrng(seed)
  const { logAnnounceInterval: announce, logSyncInterval: sync } = options.emulator
  const grandmaster: Grandmaster = {
    options,
    context,
    faults,
    prng,
    messages: createEmulatedMessages(options, (fault) => faults.has(fault), prng),
    grants: createEmulatedGrants({ announce, sync }),
    clock: createEmulatedClock(context, (fault) => faults.has(fault), prng, options.emulator.stampNoiseNs),
    syncAt: undefined,
    announceAt: undefined,
    floodAt: undefined,
    // Soon after the beginning the numbers start again from 0.
    sequence: { sync: 0xfff0, announce: 0xfffe, signaling: 0 },
  }
  return {
    receive: (packet) => (faults.has('silence') ? [] : doubled(grandmaster, receive(grandmaster, packet))),
    sent: (token, stamp) => {
      if (faults.has('silence') || faults.has('no-follow-up')) return []
      return doubled(grandmaster, followUps(grandmaster, token, stamp.at))
    },
    wake: (now) => {
      const packets = wake(grandmaster, now)
      return faults.has('silence') ? [] : doubled(grandmaster, packets)
    },
    nextWakeAt: () => {
      const { syncAt, announceAt, floodAt } = grandmaster
      if (syncAt === undefined || announceAt === undefined) return 0n as MonoNs
      const first = syncAt < announceAt ? syncAt : announceAt
      return floodAt !== undefined && floodAt < first ? floodAt : first
    },
    setFault: (name, on) => setFault(grandmaster, name, on),
  }
}

function setFault({ faults, clock }: Grandmaster, name: string, on: boolean): Result<void> {
  if (!isFaultName(name))
    return fail('emulator.fault', `expected one of ${Object.keys(FAULTS).join(', ')}, got ${name}`)
  if (on) faults.add(name)
  else faults.delete(name)
  clock.faultsChanged()
  return ok(undefined)
}

function doubled({ faults }: Grandmaster, packets: readonly PacketSend[]): readonly PacketSend[] {
  return faults.has('duplicates') ? packets.flatMap((packet) => [packet, packet]) : packets
}

function portOf({ context, faults }: Grandmaster): PortIdentity {
  return faults.has('identity-swap') ? otherPort(context.port, 0x5a) : context.port
}

/** Another clock of the same maker. */
function otherPort({ clockIdentity, portNumber }: PortIdentity, by: number): PortIdentity {
  return { clockIdentity: clockIdentity.map((byte, index) => (index === 7 ? byte ^ by : byte)), portNumber }
}

function isTwoStep({ options, faults }: Grandmaster): boolean {
  return options.emulator.twoStep !== faults.has('other-step') || faults.has('no-follow-up')
}

function wake(grandmaster: Grandmaster, now: MonoNs): readonly PacketSend[] {
  const { options, faults } = grandmaster
  const { logAnnounceInterval, logSyncInterval } = options.emulator
  const packets: PacketSend[] = []
  if (isDue(grandmaster.announceAt, now)) {
    grandmaster.announceAt = next(grandmaster.announceAt, intervalNs(logAnnounceInterval), now)
    if (!faults.has('no-announce')) packets.push(...announces(grandmaster, now))
  }
  if (isDue(grandmaster.syncAt, now)) {
    grandmaster.syncAt = next(grandmaster.syncAt, intervalNs(logSyncInterval), now)
    if (!faults.has('no-sync')) packets.push(...syncs(grandmaster, now))
  }
  if (!faults.has('flood')) grandmaster.floodAt = undefined
  else if (isDue(grandmaster.floodAt, now)) {
    grandmaster.floodAt = next(grandmaster.floodAt, FLOOD_PERIOD_NS, now)
    packets.push(...flood(grandmaster, now))
  }
  return packets
}

function isDue(at: MonoNs | undefined, now: MonoNs): boolean {
  return at === undefined || at <= now
}

function next(at: MonoNs | undefined, periodNs: bigint, now: MonoNs): MonoNs {
  return at === undefined || between(at, now) > LATE_NS_MAX ? plus(now, periodNs) : plus(at, periodNs)
}

/** To everybody, or to those who negotiated it. */
function toAll(
  { options, messages, grants }: Grandmaster,
  of: 'announce' | 'sync',
  said: Said,
  now: MonoNs,
): readonly PacketSend[] {
  if (options.unicast !== 'negotiated') return [messages.packet(said)]
  return grants.receivers(of, now).map((to) => messages.packet({ ...said, to, logInterval: NO_INTERVAL }))
}

function announces(grandmaster: Grandmaster, now: MonoNs): readonly PacketSend[] {
  const { options, faults, context, messages, sequence } = grandmaster
  sequence.announce = (sequence.announce + 1) & 0xffff
  const taiMinusUtc = taiMinusUtcAt(context.leapTable, context.skyTai(now)) ?? 0
  const from = portOf(grandmaster)
  const said: Said = {
    from,
    body: messages.announce(from, taiMinusUtc),
    sequenceId: sequence.announce,
    logInterval: options.emulator.logAnnounceInterval,
    flags: messages.announceFlags(),
  }
  const others = (['alternate-master', 'second-grandmaster'] as const).filter((fault) => faults.has(fault))
  const theirs = others.map((fault): Said => {
    const port = otherPort(from, 0x77)
    const flags = messages.announceFlags() | (fault === 'alternate-master' ? FLAGS.alternateMaster : 0)
    return { ...said, from: port, body: messages.announce(port, taiMinusUtc), flags }
  })
  return [said, ...theirs].flatMap((each) => toAll(grandmaster, 'announce', each, now))
}

function syncs(grandmaster: Grandmaster, now: MonoNs): readonly PacketSend[] {
  const { options, faults, sequence } = grandmaster
  sequence.sync = (sequence.sync + 1) & 0xffff
  const twoStep = isTwoStep(grandmaster)
  const first = twoStep && faults.has('follow-up-first')
  const said: Said = {
    from: portOf(grandmaster),
    body: { type: 'sync', originNs: twoStep ? 0n : originAt(grandmaster, now) },
    sequenceId: sequence.sync,
    logInterval: options.emulator.logSyncInterval,
    flags: twoStep ? FLAGS.twoStep : 0,
    correctionScaledNs: faults.has('negative-delay') ? CLAIMED_RESIDENCE_SCALED_NS : 0n,
    ...(twoStep && !first ? { token: sequence.sync } : {}),
  }
  const before = first ? followUps(grandmaster, sequence.sync, now) : []
  return [...before, ...toAll(grandmaster, 'sync', said, now), ...wrongSyncs(grandmaster, said, now)]
}

/** Those of others, a second off and in one step. */
function wrongSyncs(grandmaster: Grandmaster, said: Said, now: MonoNs): readonly PacketSend[] {
  const { faults, context } = grandmaster
  const others = (['alternate-master', 'second-grandmaster'] as const).filter((fault) => faults.has(fault))
  return others.flatMap((fault) => {
    const { token: _, ...rest } = said
    const originNs = context.skyTai(now) + OTHERS_OFF_NS
    const flags = fault === 'alternate-master' ? FLAGS.alternateMaster : 0
    return toAll(
      grandmaster,
      'sync',
      { ...rest, from: otherPort(said.from, 0x77), body: { type: 'sync', originNs }, flags },
      now,
    )
  })
}

/** A path that is longer shows as a Sync that left earlier. */
function originAt(grandmaster: Grandmaster, at: MonoNs): bigint {
  return grandmaster.clock.timeAt(at) - (grandmaster.faults.has('delay-jump') ? LONGER_PATH_NS : 0n)
}

function followUps(grandmaster: Grandmaster, sequenceId: number, at: MonoNs): readonly PacketSend[] {
  const { options, faults } = grandmaster
  const said: Said = {
    from: portOf(grandmaster),
    body: { type: 'follow-up', originNs: originAt(grandmaster, at) },
    sequenceId: (sequenceId + (faults.has('wrong-follow-up') ? 0x4000 : 0)) & 0xffff,
    logInterval: options.emulator.logSyncInterval,
  }
  return toAll(grandmaster, 'sync', said, at)
}

function flood(grandmaster: Grandmaster, now: MonoNs): readonly PacketSend[] {
  const { messages, context, prng } = grandmaster
  return Array.from({ length: FLOOD_SYNCS }, () =>
    messages.packet({
      from: portOf(grandmaster),
      body: { type: 'sync', originNs: context.skyTai(now) - 3_600n * NS_PER_SECOND },
      sequenceId: prng.nextBelow(0x10000),
      logInterval: 0,
    }),
  )
}

function receive(grandmaster: Grandmaster, { bytes, from, received }: ReceivedPacket): readonly PacketSend[] {
  const { options } = grandmaster
  const message = decodeMessage(bytes)
  if (!message.ok || message.value === undefined || message.value.header.domain !== options.domain) return []
  const { type } = message.value.body
  if (type === 'signaling') return negotiate(grandmaster, message.value, from, received.at)
  return type === 'delay-req' ? answer(grandmaster, message.value, from, received.at) : []
}

function answer(grandmaster: Grandmaster, { header }: PtpMessage, address: string, at: MonoNs): readonly PacketSend[] {
  const { faults, messages, options } = grandmaster
  if (faults.has('no-delay-response')) return []
  const unicast = (header.flags & FLAGS.unicast) !== 0
  const longerNs = faults.has('delay-jump') ? LONGER_PATH_NS : 0n
  return [
    messages.packet({
      from: portOf(grandmaster),
      body: {
        type: 'delay-resp',
        receivedNs: grandmaster.clock.timeAt(at) + longerNs,
        requestingPort: header.sourcePort,
      },
      sequenceId: (header.sequenceId + (faults.has('wrong-delay-response') ? 0x4000 : 0)) & 0xffff,
      logInterval: unicast ? NO_INTERVAL : options.emulator.logDelayRequestInterval,
      // What switches added to the request is handed back (11.3.2).
      correctionScaledNs: header.correctionScaledNs,
      to: unicast ? address : undefined,
    }),
  ]
}

function negotiate(
  grandmaster: Grandmaster,
  { header, tlvs }: PtpMessage,
  address: string,
  now: MonoNs,
): readonly PacketSend[] {
  const { grants, messages, sequence } = grandmaster
  const answers = tlvs.flatMap((tlv) => {
    const asked = decodeUnicast(tlv)
    const said = asked.ok && asked.value !== undefined ? grants.heard(address, asked.value, now) : undefined
    return said === undefined ? [] : [encodeUnicast(said)]
  })
  if (answers.length === 0) return []
  sequence.signaling = (sequence.signaling + 1) & 0xffff
  return [
    messages.packet({
      from: portOf(grandmaster),
      body: { type: 'signaling', targetPort: header.sourcePort },
      sequenceId: sequence.signaling,
      logInterval: NO_INTERVAL,
      tlvs: answers,
      to: address,
    }),
  ]
}
