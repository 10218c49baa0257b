import type { PacketAction, PacketDriver, PacketSend, ReceivedPacket } from '../../drivers/packet-driver.ts'
import type { Fault } from '../core/fault.ts'
import type { TimeSample } from '../core/sample.ts'
import type { Stamp } from '../core/stamp.ts'
import type { MonoNs } from '../core/time.ts'
import { readMonoNs } from '../linux/clock.ts'
import { createWakeTimer, dueActions, type WakeTimer } from './wake-timer.ts'
import type { WireEvent } from './wire.ts'

/** Anything that lives on packets: a driver, or an emulated instrument, which only sends. */
export type Speaker = Pick<PacketDriver, 'receive' | 'sent' | 'wake' | 'nextWakeAt'>

/** What the actions of one speaker are for. */
export interface SpeakerHandlers {
  onSample?(sample: TimeSample): void
  onStatus?(status: Extract<PacketAction, { type: 'status' }>['status']): void
  onFault(fault: Fault): void
  onWire(event: WireEvent): void
}

export interface SpeakerMaker {
  create(): Speaker
  readonly handlers: SpeakerHandlers
}

/** Whose packet it is that left: comes back with its transmit stamp. */
export interface PacketToken {
  readonly speaker: number
  /** Negative where the speaker does not want to know. */
  readonly token: number
}

/** All that speak over one link while it is up: each hears every packet and judges itself which concern it. */
export interface Speakers {
  /** Has each say what it says first. */
  start(): void
  hear(packet: ReceivedPacket): void
  sent(token: PacketToken, stamp: Stamp): void
  /** Nothing is said any more. */
  stop(): void
}

interface Voice extends SpeakerMaker {
  readonly index: number
  readonly speaker: Speaker
  readonly timer: WakeTimer
}

export function createSpeakers(
  makers: readonly SpeakerMaker[],
  send: (packet: PacketSend, token: PacketToken) => void,
): Speakers {
  let stopped = false
  const perform = ({ index, handlers }: Voice, actions: Iterable<PacketAction>): void => {
    for (const action of actions) {
      if (action.type === 'send') send(action, { speaker: index, token: action.token ?? -1 })
      else if (action.type === 'sample') handlers.onSample?.(action.sample)
      else if (action.type === 'status') handlers.onStatus?.(action.status)
      else handlers.onFault(action.fault)
    }
  }
  const advance = (voice: Voice, now: MonoNs): void => {
    if (stopped) return
    perform(voice, dueActions(voice.speaker, now))
    voice.timer.arm(voice.speaker.nextWakeAt())
  }
  const voices = makers.map((maker, index) => {
    const timer = createWakeTimer((now) => advance(voice, now))
    const voice: Voice = { ...maker, index, speaker: maker.create(), timer }
    return voice
  })
  return {
    start: () => {
      for (const voice of voices) advance(voice, readMonoNs())
    },
    hear: (packet) => {
      const now = readMonoNs()
      for (const voice of voices) {
        perform(voice, voice.speaker.receive(packet))
        advance(voice, now)
      }
    },
    sent: ({ speaker, token }, stamp) => {
      const voice = voices[speaker]
      if (voice === undefined || token < 0) return
      perform(voice, voice.speaker.sent(token, stamp))
      advance(voice, readMonoNs())
    },
    stop: () => {
      stopped = true
      for (const { timer } of voices) timer.arm(undefined)
    },
  }
}
