import { fail, ok } from '../../src/core/fault.ts'
import { max, min } from '../../src/core/integer.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import {
  type MonoNs,
  monoNs,
  NS_PER_MICROSECOND,
  NS_PER_MILLISECOND,
  NS_PER_SECOND,
  plus,
} from '../../src/core/time.ts'
import type { Emulator, EmulatorAction, EmulatorContext } from '../driver.ts'
import { EMULATOR_FAULTS, type EmulatorFault, isEmulatorFault, spoil } from './emulator-faults.ts'
import { createTsipFramer, encodePacket } from './framing.ts'
import { MODELS, type Model } from './models.ts'
import type { TrimbleTsipOptions } from './options.ts'
import { encodePrimaryTiming } from './primary-timing.ts'
import type { Pulse } from './pulse-output.ts'
import { advance, powerUp, primaryOf, type Receiver, supplementalOf, type World } from './receiver.ts'
import { health, repliesTo, VERSION } from './replies.ts'
import { NEEDED_BROADCASTS } from './settings.ts'
import { encodeSupplementalTiming } from './supplemental-timing.ts'

const THINKS_NS = 15n * NS_PER_MILLISECOND
const STARTS_UP_NS = 500n * NS_PER_MILLISECOND
const SECOND_EDGE_AFTER_NS = 150n * NS_PER_MICROSECOND
/** What waits longer for the line is never sent. */
const QUEUE_NS_MAX = 2n * NS_PER_SECOND
const AUTOMATIC_PACKETS = 0b100_0000
const HEALTH_EVERY_SECONDS = 5n

interface Unit extends World {
  readonly model: Model
  readonly prng: Prng
  readonly faults: Set<EmulatorFault>
  readonly commands: ReturnType<typeof createTsipFramer>
  readonly byteNs: bigint
  /** Undefined while the power is off. */
  receiver: Receiver | undefined
  lastPulse: Pulse | undefined
  /** Ascending. */
  planned: readonly { readonly at: MonoNs; readonly action: EmulatorAction }[]
  lineFreeAt: MonoNs
  heldReplies: readonly Uint8Array[]
  /** A fault was switched: there is something to do at once. */
  poked: boolean
}

/** A receiver as its serial line and its pulse output show it. Needs a first wake to learn what time it is. */
export function createEmulator(options: TrimbleTsipOptions, seed: number, context: EmulatorContext): Emulator {
  const model = MODELS[options.emulator.model]
  const { baudRate, parity } = model.line
  // Start bit, eight data bits, stop bit, and the parity bit where there is one.
  const bitsPerByte = parity === 'none' ? 10n : 11n
  const unit: Unit = {
    options: options.emulator,
    context,
    model,
    prng: createPrng(seed),
    faults: new Set(),
    commands: createTsipFramer(),
    byteNs: (bitsPerByte * NS_PER_SECOND) / BigInt(options.emulator.baudRate ?? baudRate),
    receiver: undefined,
    lastPulse: undefined,
    planned: [],
    lineFreeAt: monoNs(0n),
    heldReplies: [],
    poked: true,
  }
  return {
    receive(bytes, now) {
      const actions = step(unit, now)
      obey(unit, bytes, now)
      return actions
    },
    wake: (now) => step(unit, now),
    nextWakeAt: () => nextWakeAt(unit),
    setFault(name, on) {
      if (!isEmulatorFault(name)) {
        const known = Object.keys(EMULATOR_FAULTS).join(', ')
        return fail('emulator.unknown-fault', `trimble-tsip: expected one of ${known}, got ${name}`)
      }
      if (on) unit.faults.add(name)
      else unit.faults.delete(name)
      if (name === 'broadcasts-off' && on && unit.receiver !== undefined) {
        const { mask0, mask1 } = unit.receiver.mask
        unit.receiver.mask = { mask0: mask0 & ~NEEDED_BROADCASTS, mask1 }
      }
      unit.poked = true
      return ok(undefined)
    },
  }
}

function step(unit: Unit, now: MonoNs): readonly EmulatorAction[] {
  unit.poked = false
  switchPower(unit, now)
  const { receiver } = unit
  if (receiver !== undefined) {
    advance(receiver, unit, now)
    for (let pulse = receiver.pulses.take(now); pulse !== undefined; pulse = receiver.pulses.take(now)) {
      unit.lastPulse = pulse
      planPulse(unit, pulse)
      planBroadcasts(unit, receiver, pulse)
    }
  }
  const due = unit.planned.filter(({ at }) => at <= now)
  if (due.length > 0) unit.planned = unit.planned.filter(({ at }) => at > now)
  return due.map(({ action }) => action)
}

function nextWakeAt(unit: Unit): MonoNs | undefined {
  if (unit.poked) return monoNs(0n)
  const { receiver, planned } = unit
  const instants = [planned[0]?.at, receiver?.pulses.nextAt(), receiver?.sequence.nextAt()]
  return instants
    .filter((at) => at !== undefined)
    .reduce<MonoNs | undefined>((first, at) => (first === undefined ? at : min(first, at)), undefined)
}

function switchPower(unit: Unit, now: MonoNs): void {
  const hasPower = !unit.faults.has('power-cycle')
  if (hasPower === (unit.receiver !== undefined)) return
  unit.planned = []
  unit.heldReplies = []
  unit.commands.flush()
  unit.lineFreeAt = now
  unit.receiver = hasPower ? powerUp(unit, unit.model, unit.prng, now) : undefined
  if (hasPower) send(unit, VERSION, plus(now, STARTS_UP_NS))
}

function plan(unit: Unit, at: MonoNs, action: EmulatorAction): void {
  unit.planned = [...unit.planned, { at, action }].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

function planPulse(unit: Unit, { at }: Pulse): void {
  if (unit.faults.has('missing-pulse') && unit.prng.nextBelow(3) === 0) return
  plan(unit, at, { type: 'pulse', at })
  const secondEdgeAt = plus(at, SECOND_EDGE_AFTER_NS)
  if (unit.faults.has('doubled-pulse')) plan(unit, secondEdgeAt, { type: 'pulse', at: secondEdgeAt })
}

function planBroadcasts(unit: Unit, receiver: Receiver, pulse: Pulse): void {
  const at = plus(pulse.at, BigInt(unit.model.packetAfterPulseMs) * NS_PER_MILLISECOND)
  const { mask0 } = receiver.mask
  if ((mask0 & 1) !== 0) send(unit, encodePrimaryTiming(primaryOf(receiver, unit, pulse.second, pulse.at)), at)
  if ((mask0 & 4) !== 0) send(unit, encodeSupplementalTiming(supplementalOf(receiver, unit, pulse)), at)
  if ((mask0 & AUTOMATIC_PACKETS) !== 0 && pulse.second % HEALTH_EVERY_SECONDS === 0n) {
    for (const body of health(receiver, unit)) send(unit, body, at)
  }
}

function obey(unit: Unit, bytes: Uint8Array, now: MonoNs): void {
  const { receiver, faults } = unit
  if (receiver === undefined || faults.has('silence') || faults.has('deaf')) return
  for (const piece of unit.commands.push(bytes, now)) {
    if (piece.kind !== 'packet') continue
    const replies = repliesTo(receiver, unit, piece, unit.lastPulse, now)
    const sent = faults.has('late-reply') ? unit.heldReplies : [...unit.heldReplies, ...replies]
    unit.heldReplies = faults.has('late-reply') ? replies : []
    for (const body of sent) send(unit, body, plus(now, THINKS_NS))
  }
}

/** Puts a packet on the line when the line is free, and the faults on the packet. */
function send(unit: Unit, body: Uint8Array, at: MonoNs): void {
  if (unit.faults.has('silence') || unit.lineFreeAt > plus(at, QUEUE_NS_MAX)) return
  const bytes = spoil(encodePacket(body), unit.faults, unit.prng)
  const startAt = max(at, unit.lineFreeAt)
  plan(unit, startAt, { type: 'write', bytes })
  unit.lineFreeAt = plus(startAt, BigInt(bytes.length) * unit.byteNs)
}
