import { assert } from '../../src/core/assert.ts'
import type { Fault } from '../../src/core/fault.ts'
import { min } from '../../src/core/integer.ts'
import { utcToTai } from '../../src/core/leap.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import {
  between,
  type MonoNs,
  monoNs,
  NS_PER_MILLISECOND,
  NS_PER_SECOND,
  plus,
  type TaiNs,
} from '../../src/core/time.ts'
import type { Driver, DriverAction, DriverContext } from '../driver.ts'
import { createFaultLimit, type FaultLimit } from '../gnss/fault-limit.ts'
import {
  beginAfresh,
  createDialogue,
  type Dialogue,
  isUnasked,
  nextCommand,
  nextDueAt,
  takeReport,
} from './dialogue.ts'
import { createTsipFramer, type DamagedPiece, encodePacket, type PacketPiece, type TsipPiece } from './framing.ts'
import { BELIEVED_NS, noReadings, noteSupplemental, qualityOf, type Readings, statusOf } from './health.ts'
import { type LabelReader, type NamedSecond, readLabel } from './label-reader.ts'
import type { TrimbleTsipOptions } from './options.ts'
import { packetName } from './packet-fields.ts'
import type { PrimaryTiming } from './primary-timing.ts'
import { parseReport, reportKey } from './protocol.ts'
import type { SupplementalTiming } from './supplemental-timing.ts'

/** The details in a status are at most so old. */
const STATUS_INTERVAL_NS = 10n * NS_PER_SECOND
/** 8F-AC follows on 8F-AB at once; 9600 baud take 80 ms for it. */
const SUPPLEMENT_WITHIN_NS = 400n * NS_PER_MILLISECOND

interface Unit {
  readonly options: TrimbleTsipOptions
  readonly source: string
  readonly framer: ReturnType<typeof createTsipFramer>
  readonly faultLimit: FaultLimit
  readonly reader: LabelReader
  readonly dialogue: Dialogue
  readings: Readings
  /** A label that waits for the 8F-AC of its second: that tells how good it is. */
  pending: { readonly named: NamedSecond; readonly piece: PacketPiece; readonly until: MonoNs } | undefined
  understood: boolean
  wasSilent: boolean
  /** All of it begins with the first call, which tells what time it is. */
  clock: { calledAt: MonoNs; bytesAt: MonoNs; packetAt: MonoNs } | undefined
  status: { readonly headline: string; readonly at: MonoNs } | undefined
  actions: DriverAction[]
}

/**
 * Listens to the timing packets of a Trimble receiver, and sees to it that they are sent. 8F-AB names the pulse that has
 * just occurred, by week and second of GPS time. Alarms: see hardware-docs/trimble-tsip.md.
 */
export function createDriver(options: TrimbleTsipOptions, context: DriverContext): Driver {
  const unit = createUnit(options, context)
  const step = (pieces: readonly TsipPiece[], now: MonoNs): readonly DriverAction[] => {
    for (const piece of pieces) takePiece(unit, piece)
    if (unit.pending !== undefined && now >= unit.pending.until) emitLabel(unit, undefined, now)
    ask(unit, now)
    for (const fault of unit.faultLimit.expire(now)) unit.actions.push({ type: 'fault', fault })
    reportStatus(unit, now)
    const { actions } = unit
    unit.actions = []
    return actions
  }
  return {
    receive(bytes, receivedAt) {
      unit.clock ??= { calledAt: receivedAt, bytesAt: receivedAt, packetAt: receivedAt }
      unit.clock.calledAt = receivedAt
      if (bytes.length > 0) unit.clock.bytesAt = receivedAt
      return step(unit.framer.push(bytes, receivedAt), receivedAt)
    },
    wake(now) {
      unit.clock ??= { calledAt: now, bytesAt: now, packetAt: now }
      unit.clock.calledAt = now
      const giveUpAt = giveUpPiecesAt(unit)
      return step(giveUpAt !== undefined && now >= giveUpAt ? unit.framer.flush() : [], now)
    },
    nextWakeAt: () => nextWakeAt(unit),
  }
}

function createUnit(options: TrimbleTsipOptions, context: DriverContext): Unit {
  const floor = options.floorDate === null ? undefined : midnight(options.floorDate, context)
  return {
    options,
    source: context.source,
    framer: createTsipFramer(),
    faultLimit: createFaultLimit('tsip.faults-suppressed'),
    reader: { table: context.leapTable, floor, repairs: options.weekRollover === 'repair', last: undefined },
    dialogue: createDialogue(options),
    readings: noReadings(),
    pending: undefined,
    understood: false,
    wasSilent: false,
    clock: undefined,
    status: undefined,
    actions: [],
  }
}

function midnight(date: string, { leapTable }: DriverContext): TaiNs {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  const tai = utcToTai(leapTable, { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0 })
  assert(tai.ok, `${date} passed the check of the options`)
  return tai.value
}

function takePiece(unit: Unit, piece: TsipPiece): void {
  const at = unit.clock?.bytesAt ?? monoNs(0n)
  if (piece.kind !== 'packet') {
    report(unit, pieceFault(piece), at)
    return
  }
  const parsed = parseReport(piece)
  if (!parsed.ok) {
    report(unit, parsed.fault, at)
    return
  }
  if (unit.clock !== undefined) unit.clock.packetAt = at
  const { value } = parsed
  const key = reportKey(piece)
  // A receiver that has come up says its version unasked: what was known of it and its settings may no longer hold.
  const hasComeUp = key === '45' && isUnasked(unit.dialogue, at)
  if (hasComeUp || unit.wasSilent) {
    beginAfresh(unit.dialogue)
    unit.readings = { ...noReadings(), identity: unit.readings.identity }
    unit.wasSilent = false
  }
  const answer = takeReport(unit.dialogue, key, value)
  for (const fault of answer.faults) report(unit, fault, at)
  if (answer.send !== undefined) unit.actions.push({ type: 'write', bytes: encodePacket(answer.send) })
  if (value.type === 'primary') takePrimary(unit, value.timing, piece)
  if (value.type === 'supplemental') takeSupplemental(unit, value.timing, at)
  if (value.type === 'survey') unit.readings.survey = value.survey
  if (value.type === 'satellites') unit.readings.satellitesUsed = value.used
  if (value.type === 'identity') unit.readings.identity = { ...unit.readings.identity, ...value.identity }
  if (answer.hears) understand(unit)
}

/**
 * A tty reads a line of odd parity right without any, but the receiver hears nothing then: only an answer proves the
 * settings. Where none is expected, a packet proves them that says the same thing twice.
 */
function understand(unit: Unit): void {
  if (!unit.understood) unit.actions.push({ type: 'understood' })
  unit.understood = true
}

function takePrimary(unit: Unit, timing: PrimaryTiming, piece: PacketPiece): void {
  emitLabel(unit, undefined, piece.lastByteAt)
  const named = readLabel(unit.reader, timing, piece.firstByteAt)
  if (named.coherent && !unit.options.configure) understand(unit)
  for (const fault of named.faults) report(unit, fault, piece.lastByteAt)
  unit.readings.primary = { value: { timing, named }, at: piece.lastByteAt }
  unit.pending = { named, piece, until: plus(piece.lastByteAt, SUPPLEMENT_WITHIN_NS) }
}

function takeSupplemental(unit: Unit, timing: SupplementalTiming, at: MonoNs): void {
  noteSupplemental(unit.readings, timing, at)
  emitLabel(unit, timing, at)
}

function emitLabel(unit: Unit, supplement: SupplementalTiming | undefined, now: MonoNs): void {
  const { pending, source, readings } = unit
  unit.pending = undefined
  if (pending === undefined) return
  const { named, piece } = pending
  const said = qualityOf(readings, now)
  const quality = said === 'unknown' ? 'unlocked' : said
  const latePs = supplement === undefined ? 0n : BigInt(Math.round(supplement.quantizationErrorNs * 1000))
  const sample: LabelSample = {
    kind: 'label',
    source,
    firstByteAt: piece.firstByteAt,
    lastByteAt: piece.lastByteAt,
    taiNs: named.taiNs,
    names: 'preceding-pulse',
    valid: named.trusted && quality !== 'unlocked',
    quality,
    // Models that do not report it say zero.
    ...(latePs === 0n ? {} : { pulseLatePs: latePs }),
  }
  unit.actions.push({ type: 'sample', sample })
}

function ask(unit: Unit, now: MonoNs): void {
  const { send, faults } = nextCommand(unit.dialogue, now)
  // A silent line has its alarm; that it does not answer either is no news.
  if (!isSilent(unit, now)) for (const fault of faults) report(unit, fault, now)
  if (send !== undefined) unit.actions.push({ type: 'write', bytes: encodePacket(send) })
}

function report(unit: Unit, fault: Fault, at: MonoNs): void {
  for (const passed of unit.faultLimit.offer(fault, at)) unit.actions.push({ type: 'fault', fault: passed })
}

function pieceFault(piece: DamagedPiece): Fault {
  if (piece.kind === 'noise') {
    return { code: 'tsip.noise', message: `expected packets, got ${piece.bytes} bytes in which none begins` }
  }
  const name = packetName(piece.id)
  return piece.kind === 'cut'
    ? { code: 'tsip.cut', message: `${name}: expected DLE ETX at its end, got ${piece.bytes} bytes and then none` }
    : { code: 'tsip.oversize', message: `${name}: expected DLE ETX before its limit, got ${piece.bytes} bytes` }
}

function silentAt({ clock, options }: Unit): MonoNs | undefined {
  return clock === undefined ? undefined : plus(clock.packetAt, BigInt(options.silenceSeconds) * NS_PER_SECOND)
}

function isSilent(unit: Unit, now: MonoNs): boolean {
  const at = silentAt(unit)
  return at !== undefined && now >= at
}

function reportStatus(unit: Unit, now: MonoNs): void {
  const silent = isSilent(unit, now)
  if (silent) unit.wasSilent = true
  const status = statusOf(unit.readings, now, silent)
  const headline = [status.quality, status.identity, ...status.alarms].join(' ')
  if (headline === unit.status?.headline && between(unit.status.at, now) < STATUS_INTERVAL_NS) return
  unit.status = { headline, at: now }
  unit.actions.push({ type: 'status', status })
}

/** A packet that has begun when the line falls silent will not end. */
function giveUpPiecesAt({ framer, clock, options }: Unit): MonoNs | undefined {
  if (clock === undefined || framer.pendingBytes() === 0) return undefined
  return plus(clock.bytesAt, BigInt(options.silenceSeconds) * NS_PER_SECOND)
}

function nextWakeAt(unit: Unit): MonoNs | undefined {
  const { clock, status, readings, dialogue } = unit
  if (clock === undefined || status === undefined) return monoNs(0n)
  // What is missing by now has been looked at.
  const changes = [
    silentAt(unit),
    readings.primary && plus(readings.primary.at, BELIEVED_NS + 1n),
    readings.supplemental && plus(readings.supplemental.at, BELIEVED_NS + 1n),
  ].filter((at) => at !== undefined && at > clock.calledAt)
  const instants = [
    ...changes,
    unit.pending?.until,
    giveUpPiecesAt(unit),
    unit.faultLimit.nextAt(),
    nextDueAt(dialogue, status.at),
  ]
  return instants.filter((at) => at !== undefined).reduce(min, plus(status.at, STATUS_INTERVAL_NS))
}
