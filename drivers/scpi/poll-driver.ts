import { ok, type Result } from '../../src/core/fault.ts'
import { between, type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Driver, DriverAction, DriverFault, DriverStatus, Steering } from '../driver.ts'
import type { ScpiLine } from './framing.ts'
import { nextStep, noteSession, type PollOrder, type PollSteering, startOrder } from './poll-steering.ts'
import { createScpiSession, type Dialect, type ScpiEvent, type ScpiRequest, type ScpiSession } from './session.ts'

/**
 * What a family whose instrument is asked in turns adds to the common driver below: its questions, what their answers
 * mean, and what becomes of them in a status.
 */
export interface PollPlan<Name extends string> {
  readonly dialect: Dialect
  readonly lineLengthMax: number
  /** Asked at the start and whenever question and answer may have come apart. */
  readonly probe: ScpiRequest
  /** How often each is asked; those that are due at one instant, in this order. */
  readonly periodsNs: Readonly<Record<Name, bigint>>
  /** A question, made anew every time it is asked. */
  request(name: Name): ScpiRequest
  /** Takes the answer to a question, or to the probe; `came`: the same line with its instants. */
  take(name: Name | 'probe', line: string, came: ScpiLine): readonly DriverFault[]
  /** The instrument answered that it would not. */
  refused(name: Name, errorCode: number): readonly DriverFault[]
  /** It was silent, or is another: what it said before is no longer so. */
  forget(): void
  status(silent: boolean, now: MonoNs): DriverStatus
  /** What else has come of what was heard, since it was last asked: samples, say. */
  takeActions?(): readonly DriverAction[]
  readonly steering?: PollSteering<Name>
}

/** A status is at most so old. */
const STATUS_PERIOD_NS = 60n * NS_PER_SECOND
const SILENT_AFTER_NS = 10n * NS_PER_SECOND
const SILENT_AT_FIRST_AFTER_NS = 5n * NS_PER_SECOND
/** What was refused once is asked again, but not all the time. */
const AFTER_REFUSAL_NS = 60n * NS_PER_SECOND

interface Unit<Name extends string> {
  readonly plan: PollPlan<Name>
  readonly names: readonly Name[]
  readonly session: ScpiSession
  readonly dueAt: Map<Name, MonoNs>
  /** The question under way; undefined for the probe and for orders. */
  asked: Name | undefined
  order: PollOrder | undefined
  understood: boolean
  /** When it counts as silent unless it answers; undefined until the first call tells what time it is. */
  silentAt: MonoNs | undefined
  status: { readonly text: string; readonly at: MonoNs } | undefined
  actions: DriverAction[]
}

/** A driver that asks one question after the other, as often as each wants to be asked, and carries out orders between. */
export function createPollDriver<Name extends string>(plan: PollPlan<Name>): Driver {
  const unit = createUnit(plan)
  const step = (events: readonly ScpiEvent[], now: MonoNs): readonly DriverAction[] => {
    unit.silentAt ??= plus(now, SILENT_AT_FIRST_AFTER_NS)
    for (const event of events) takeEvent(unit, event, now)
    askNext(unit, now)
    unit.actions.push(...(plan.takeActions?.() ?? []))
    reportStatus(unit, now)
    const { actions } = unit
    unit.actions = []
    return actions
  }
  const driver: Driver = {
    receive: (bytes, receivedAt) => step(unit.session.receive(bytes, receivedAt), receivedAt),
    wake: (now) => step(unit.session.wake(now), now),
    nextWakeAt: () => nextWakeAt(unit),
  }
  const { steering } = plan
  if (steering === undefined) return driver
  const steer = (wanted: Steering, now: MonoNs): Result<readonly DriverAction[]> => {
    const order = startOrder(steering, wanted)
    if (!order.ok) return order
    unit.order = order.value
    return ok(step([], now))
  }
  return { ...driver, steer }
}

function createUnit<Name extends string>(plan: PollPlan<Name>): Unit<Name> {
  const { probe, lineLengthMax, dialect } = plan
  const names = Object.keys(plan.periodsNs) as Name[]
  return {
    plan,
    names,
    session: createScpiSession({ probe, lineLengthMax, linesMax: 1, dialect }),
    dueAt: new Map(names.map((name) => [name, monoNs(0n)])),
    asked: undefined,
    order: undefined,
    understood: false,
    silentAt: undefined,
    status: undefined,
    actions: [],
  }
}

function takeEvent<Name extends string>(unit: Unit<Name>, event: ScpiEvent, now: MonoNs): void {
  if (event.type !== 'reply') {
    if (event.type === 'fault') noteSession(unit.order)
    unit.actions.push(event)
    return
  }
  if (isSilent(unit, now)) unit.plan.forget()
  // A request that nothing answers says nothing of the instrument either.
  if (event.request.replyLines !== 0) unit.silentAt = plus(now, SILENT_AFTER_NS)
  if (!unit.understood && event.lines.length > 0) {
    unit.understood = true
    unit.actions.push({ type: 'understood' })
  }
  for (const fault of takeReply(unit, event, now)) unit.actions.push({ type: 'fault', fault })
}

type Reply = Extract<ScpiEvent, { type: 'reply' }>

function takeReply<Name extends string>(unit: Unit<Name>, reply: Reply, now: MonoNs): readonly DriverFault[] {
  const { plan, asked } = unit
  const came = reply.lines[0]
  const line = came?.text
  if (reply.request === plan.probe) return came === undefined ? [] : plan.take('probe', came.text, came)
  if (asked === undefined) return unit.order?.answered(line, reply.errorCode) ?? []
  unit.asked = undefined
  if (line === undefined) unit.dueAt.set(asked, plus(now, AFTER_REFUSAL_NS))
  const faults = came === undefined ? plan.refused(asked, reply.errorCode) : plan.take(asked, came.text, came)
  if (unit.order === undefined || asked !== plan.steering?.readBack) return faults
  const { done, fault } = unit.order.readBack(line === undefined ? undefined : plan.steering.read())
  if (done) unit.order = undefined
  return fault === undefined ? faults : [...faults, fault]
}

function askNext<Name extends string>(unit: Unit<Name>, now: MonoNs): void {
  // What nothing answers is done at once, and the next may follow: never more than an order has.
  while (unit.session.isReady()) {
    const next = nextStep(unit.order)
    if (next.kind === 'write') {
      unit.asked = undefined
      for (const event of unit.session.send(next.request, now)) takeEvent(unit, event, now)
      continue
    }
    const name = next.kind === 'read-back' ? unit.plan.steering?.readBack : nextDue(unit, now)
    if (name === undefined) return
    unit.asked = name
    unit.dueAt.set(name, plus(now, unit.plan.periodsNs[name]))
    for (const event of unit.session.send(unit.plan.request(name), now)) takeEvent(unit, event, now)
  }
}

function nextDue<Name extends string>({ names, dueAt }: Unit<Name>, now: MonoNs): Name | undefined {
  return names.find((name) => (dueAt.get(name) ?? now) <= now)
}

function isSilent<Name extends string>(unit: Unit<Name>, now: MonoNs): boolean {
  return unit.silentAt !== undefined && now >= unit.silentAt
}

function reportStatus<Name extends string>(unit: Unit<Name>, now: MonoNs): void {
  const status = unit.plan.status(isSilent(unit, now), now)
  const text = JSON.stringify(status)
  if (text === unit.status?.text && between(unit.status.at, now) < STATUS_PERIOD_NS) return
  unit.status = { text, at: now }
  unit.actions.push({ type: 'status', status })
}

function nextWakeAt<Name extends string>(unit: Unit<Name>): MonoNs | undefined {
  const { session, silentAt, status } = unit
  if (silentAt === undefined || status === undefined) return monoNs(0n)
  const instants = [
    plus(status.at, STATUS_PERIOD_NS),
    // Once the alarm is in the status there is nothing more to wait for.
    ...(silentAt > status.at ? [silentAt] : []),
    session.nextWakeAt(),
    ...(session.isReady() ? unit.dueAt.values() : []),
  ]
  return instants.reduce((first, at) => (first === undefined || (at !== undefined && at < first) ? at : first))
}
