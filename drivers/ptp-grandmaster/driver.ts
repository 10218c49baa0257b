import type { Stamp } from '../../src/core/stamp.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverFault } from '../driver.ts'
import { createFaultLimit, type FaultLimit } from '../gnss/fault-limit.ts'
import type { PacketAction, PacketContext, PacketDriver, ReceivedPacket } from '../packet-driver.ts'
import { decodeHeader, FLAGS } from '../ptp/header.ts'
import { createManagementPoller, type ManagementPoller } from '../ptp/management-poller.ts'
import { decodeBody, type PtpMessage } from '../ptp/message.ts'
import { formatPort, samePort } from '../ptp/port-identity.ts'
import type { Tlv } from '../ptp/tlv.ts'
import { decodeUnicast, type UnicastTlv } from '../ptp/unicast.ts'
import { type Alarms, createAlarms } from './alarms.ts'
import { type Judgement, judge } from './announcement.ts'
import { createPortChoice, type PortChoice } from './chosen-port.ts'
import { createConditions } from './conditions.ts'
import { createDelayExchanges, type DelayExchanges } from './delay-exchange.ts'
import { createStatusReport, statusOf } from './health.ts'
import type { PtpOptions } from './options.ts'
import { createPacketBudget, type PacketBudget } from './packet-budget.ts'
import { delayRequest, managementQuestion, signaling } from './protocol.ts'
import { createRequestSchedule, type RequestSchedule } from './request-schedule.ts'
import { createSyncPairing, type Paired, type SyncPairing } from './sync-pairing.ts'
import { createTimeEstimate, type TimeEstimate } from './time-estimate.ts'
import { createUnicastClient, type UnicastClient } from './unicast-client.ts'

const TICK_NS = NS_PER_SECOND
/** A grandmaster of the default profile announces itself every two seconds: three times that. */
const FIRST_ANNOUNCE_NS = 6n * NS_PER_SECOND
const DOMAIN_AT = 4

interface Receiver {
  readonly options: PtpOptions
  readonly context: PacketContext
  readonly alarms: Alarms
  readonly choice: PortChoice
  readonly estimate: TimeEstimate
  readonly budget: PacketBudget
  readonly limit: FaultLimit
  readonly schedule: RequestSchedule
  readonly poller: ManagementPoller
  readonly counts: { refused: number; syncs: number; answers: number; alternate: number }
  pairing: SyncPairing
  exchanges: DelayExchanges
  unicast: UnicastClient | undefined
  judgement: Judgement | undefined
  startedAt: MonoNs
  tickAt: MonoNs | undefined
  syncedAt: MonoNs | undefined
  signalingId: number
  actions: PacketAction[]
}

/** Receives the time of one grandmaster, by requests of its own (delay request-response mechanism, IEEE 1588-2019, 11.3). */
export function createDriver(options: PtpOptions, context: PacketContext): PacketDriver {
  const alarms = createAlarms()
  const receiver: Receiver = {
    options,
    context,
    alarms,
    choice: createPortChoice(options, alarms),
    estimate: createTimeEstimate(context.source, options, alarms),
    budget: createPacketBudget(),
    limit: createFaultLimit('ptp.faults-suppressed'),
    schedule: createRequestSchedule(options, context.port),
    poller: createManagementPoller({ port: context.port, domain: options.domain, isUnicast: options.unicast !== 'no' }),
    counts: { refused: 0, syncs: 0, answers: 0, alternate: 0 },
    pairing: createSyncPairing(),
    exchanges: createDelayExchanges(),
    unicast: undefined,
    judgement: undefined,
    startedAt: monoNs(0n),
    tickAt: undefined,
    syncedAt: undefined,
    signalingId: 0,
    actions: [],
  }
  const report = createStatusReport()
  const conditions = createConditions(alarms)
  const nextWakeAt = (): MonoNs | undefined => {
    const { tickAt } = receiver
    const requestAt = receiver.schedule.nextAt()
    if (tickAt === undefined) return monoNs(0n)
    return requestAt !== undefined && requestAt < tickAt ? requestAt : tickAt
  }
  const tick = (now: MonoNs): void => {
    // On whole ticks of the clock, so that all receivers of an appliance are woken at once.
    receiver.tickAt = plus(now, TICK_NS - (now % TICK_NS))
    housekeep(receiver, now)
    const settled = now >= plus(receiver.startedAt, FIRST_ANNOUNCE_NS)
    const estimate = receiver.estimate.at(now)
    const silent = settled && receiver.choice.chosen() === undefined
    const watched = { ...receiver, silent, timeless: settled && estimate === undefined }
    complainAll(receiver, conditions.look(watched, now), now)
    const knowledge = {
      chosen: receiver.choice.chosen(),
      judgement: receiver.judgement,
      estimate,
      ratePpb: receiver.estimate.ratePpb(),
      managed: receiver.poller.knowledge(),
      expected: settled,
      counts: { ...receiver.counts, duplicates: receiver.pairing.duplicates() },
    }
    receiver.actions.push(...report.update(statusOf(knowledge, alarms, now), now))
  }

  return {
    receive: (packet) => {
      begin(receiver, packet.received.at)
      hear(receiver, packet)
      return said(receiver)
    },
    sent: (token, stamp) => {
      takeAnswer(receiver, receiver.exchanges.sent(token, stamp), stamp.at)
      return said(receiver)
    },
    wake: (now) => {
      begin(receiver, now)
      if ((receiver.schedule.nextAt() ?? plus(now, 1n)) <= now) request(receiver, now)
      if (receiver.tickAt === undefined || receiver.tickAt <= now) tick(now)
      return said(receiver)
    },
    nextWakeAt,
  }
}

function begin(receiver: Receiver, now: MonoNs): void {
  if (receiver.tickAt !== undefined) return
  const { options, alarms } = receiver
  receiver.startedAt = now
  receiver.tickAt = now
  if (options.unicast !== 'negotiated') return
  const logIntervals = {
    announce: 0,
    sync: options.logSyncInterval,
    'delay-resp': options.logDelayRequestInterval ?? 0,
  }
  receiver.unicast = createUnicastClient(logIntervals, alarms, now)
}

function said(receiver: Receiver): readonly PacketAction[] {
  const { actions } = receiver
  receiver.actions = []
  return actions
}

function hear(receiver: Receiver, { bytes, from, received, channel }: ReceivedPacket): void {
  const { options, context, choice, budget, counts } = receiver
  const now = received.at
  if (bytes.length > DOMAIN_AT && bytes[DOMAIN_AT] !== options.domain) return
  if (!budget.admit(from === choice.chosen()?.address, now)) return
  const header = decodeHeader(bytes)
  if (!header.ok) {
    counts.refused += 1
    complainAll(receiver, [header.fault], now)
    return
  }
  const { sdoId, sourcePort, flags, type } = header.value
  if (sdoId !== 0 || samePort(sourcePort, context.port)) return
  if ((flags & FLAGS.alternateMaster) !== 0) {
    counts.alternate += 1
    return
  }
  if (type === 'management') {
    const taken = from === choice.chosen()?.address ? receiver.poller.receive(header.value, bytes) : undefined
    if (taken?.ok === false) complainAll(receiver, [taken.fault], now)
    return
  }
  const message = decodeBody(bytes, header.value)
  if (!message.ok) {
    counts.refused += 1
    complainAll(receiver, [message.fault], now)
    return
  }
  // A Sync that came to the other port has no stamp that is worth anything.
  if (message.value === undefined || (type === 'sync' && channel !== 'event')) return
  dispatch(receiver, message.value, from, received)
}

function dispatch(receiver: Receiver, { header, body, tlvs }: PtpMessage, from: string, received: Stamp): void {
  const now = received.at
  if (body.type === 'delay-req') return
  if (body.type === 'announce') {
    const { changed, faults } = receiver.choice.announce(header, body, from, now)
    complainAll(receiver, faults, now)
    if (changed) startAnew(receiver, now)
    if (formatPort(header.sourcePort) === receiver.choice.chosen()?.port) receiver.poller.follow(header.sourcePort)
    judgeAnew(receiver, now)
    return
  }
  if (body.type === 'signaling') {
    if (from === receiver.options.address) negotiate(receiver, tlvs, now)
    return
  }
  if (body.type === 'delay-resp' && !samePort(body.requestingPort, receiver.context.port)) return
  const { is, faults } = receiver.choice.isOfChosen(header, from, now)
  complainAll(receiver, faults, now)
  if (!is) return
  const { sequenceId, correctionScaledNs } = header
  if (body.type === 'delay-resp') {
    receiver.schedule.noteAnswer(header.logInterval)
    receiver.estimate.setIntervalNs(receiver.schedule.longestIntervalNs())
    const answer = { sequenceId, correctionScaledNs, receivedNs: body.receivedNs }
    takeAnswer(receiver, receiver.exchanges.answered(answer), now)
    return
  }
  const origin = { sequenceId, correctionScaledNs, originNs: body.originNs }
  if (body.type === 'follow-up') takeSync(receiver, receiver.pairing.followUp(origin, now), now)
  else {
    receiver.syncedAt = now
    receiver.schedule.noteSync(header.logInterval)
    receiver.estimate.setIntervalNs(receiver.schedule.longestIntervalNs())
    const twoStep = (header.flags & FLAGS.twoStep) !== 0
    takeSync(receiver, receiver.pairing.sync({ ...origin, twoStep }, received), now)
  }
}

function takeSync(receiver: Receiver, { oneWay, faults }: Paired, now: MonoNs): void {
  complainAll(receiver, faults, now)
  const { estimate, judgement, counts, actions } = receiver
  if (oneWay === undefined || judgement === undefined) return
  counts.syncs += 1
  const taken = estimate.sync(oneWay, judgement)
  complainAll(receiver, taken.faults, now)
  if (taken.sample !== undefined) actions.push({ type: 'sample', sample: taken.sample })
}

function takeAnswer(receiver: Receiver, { oneWay, faults }: Paired, now: MonoNs): void {
  complainAll(receiver, faults, now)
  if (oneWay === undefined) return
  receiver.counts.answers += 1
  complainAll(receiver, receiver.estimate.answer(oneWay), now)
}

/** Nothing that another port or another grandmaster said counts any more. */
function startAnew(receiver: Receiver, now: MonoNs): void {
  receiver.estimate.restart()
  receiver.pairing = createSyncPairing()
  receiver.exchanges = createDelayExchanges()
  receiver.syncedAt = undefined
  receiver.startedAt = now
  receiver.schedule.begin(now)
}

function judgeAnew(receiver: Receiver, now: MonoNs): void {
  const chosen = receiver.choice.chosen()
  receiver.judgement =
    chosen === undefined
      ? undefined
      : judge(chosen.announcement, receiver.context.leapTable, receiver.estimate.taiAt(now))
}

function housekeep(receiver: Receiver, now: MonoNs): void {
  const { options, choice, pairing, exchanges, limit, unicast, poller } = receiver
  complainAll(receiver, pairing.expire(now), now)
  exchanges.expire(now)
  receiver.actions.push(...limit.expire(now).map((fault) => ({ type: 'fault', fault }) as const))
  if (choice.expire(now) !== undefined) {
    receiver.schedule.stop()
    receiver.poller.follow(undefined)
    receiver.estimate.restart()
    unicast?.restart(now)
    judgeAnew(receiver, now)
  }
  const question = options.management ? poller.due(now) : undefined
  if (question !== undefined) receiver.actions.push(managementQuestion(options, question))
  const terms = unicast?.due(now) ?? []
  if (terms.length > 0) sendSignaling(receiver, terms)
}

function request(receiver: Receiver, now: MonoNs): void {
  const { options, context, exchanges } = receiver
  const sequenceId = exchanges.ask(now)
  receiver.actions.push(delayRequest({ options, port: context.port, sequenceId }))
  receiver.schedule.asked(now)
}

function negotiate(receiver: Receiver, tlvs: readonly Tlv[], now: MonoNs): void {
  for (const tlv of tlvs) {
    const decoded = decodeUnicast(tlv)
    if (!decoded.ok) complainAll(receiver, [decoded.fault], now)
    if (!decoded.ok || decoded.value === undefined || receiver.unicast === undefined) continue
    const { answers, faults } = receiver.unicast.heard(decoded.value, now)
    complainAll(receiver, faults, now)
    if (answers.length > 0) sendSignaling(receiver, answers)
  }
}

function sendSignaling(receiver: Receiver, terms: readonly UnicastTlv[]): void {
  const { options, context } = receiver
  receiver.signalingId = (receiver.signalingId + 1) & 0xffff
  receiver.actions.push(signaling({ options, port: context.port, sequenceId: receiver.signalingId }, terms))
}

function complainAll({ limit, actions }: Receiver, faults: readonly DriverFault[], now: MonoNs): void {
  for (const fault of faults.flatMap((each) => limit.offer(each, now))) actions.push({ type: 'fault', fault })
}
