import { utf8 } from '../../src/core/bytes.ts'
import { type MonoNs, plus } from '../../src/core/time.ts'
import { createWire } from './wire.ts'

/**
 * The instrument's side of an interactive SCPI terminal, for emulators: echoes character by character what the host
 * sends, collects commands, and closes every reply with the prompt.
 */
export interface ScpiTerminal {
  /** Host bytes; the first one starts at `now`. */
  receive(bytes: Uint8Array, now: MonoNs): void
  /** The oldest command that waits, and when its line end had arrived. */
  waiting(): { readonly command: string; readonly at: MonoNs } | undefined
  /** Takes the oldest command off. */
  shift(): void
  /** Sends bytes as they are, not before `at`. */
  send(bytes: Uint8Array, at: MonoNs): void
  /** Sends a reply, line ends included, and the prompt for the newest queued error code (0: none). */
  reply(body: Uint8Array, errorCode: number, at: MonoNs): void
  setEcho(on: boolean): void
  /** Bytes for the host that have left by `now`. */
  take(now: MonoNs): Uint8Array | undefined
  nextAt(): MonoNs | undefined
  /** Power off: everything on its way is lost. */
  clear(): void
}

const CR = 0x0d
const LF = 0x0a
const COMMAND_LENGTH_MAX = 256
const COMMANDS_WAITING_MAX = 16
/** Replies of a 58503A at 19200 baud, twice as fast as that, come at this pace all the same. */
const COMPOSES_CHARACTER_NS = 1_080_000n
/** So late that the host has begun the next exchange. */
const SPACE_AFTER_CHARACTERS = 3n

export function createScpiTerminal(byteNs: bigint): ScpiTerminal {
  const wire = createWire(byteNs)
  let echo = true
  let typed = ''
  let lastByte: number | undefined
  let commands: { readonly command: string; readonly at: MonoNs }[] = []

  const takeByte = (byte: number, at: MonoNs): void => {
    const endsLine = byte === CR || (byte === LF && lastByte !== CR)
    const isSecondHalfOfLineEnd = byte === LF && lastByte === CR
    lastByte = byte
    if (isSecondHalfOfLineEnd) return
    if (echo) wire.send(endsLine ? utf8('\r\n') : Uint8Array.of(byte), at)
    if (!endsLine) typed = (typed + String.fromCharCode(byte)).slice(0, COMMAND_LENGTH_MAX)
    else {
      if (commands.length < COMMANDS_WAITING_MAX) commands.push({ command: typed, at })
      typed = ''
    }
  }

  return {
    receive(bytes, now) {
      let at = now
      for (const byte of bytes) {
        at = plus(at, byteNs)
        takeByte(byte, at)
      }
    },
    waiting: () => commands[0],
    shift() {
      commands = commands.slice(1)
    },
    send: wire.send,
    reply(body, errorCode, at) {
      wire.send(body, at, COMPOSES_CHARACTER_NS)
      wire.send(utf8(errorCode === 0 ? 'scpi >' : `E${errorCode > 0 ? '+' : ''}${errorCode}>`), at)
      wire.send(utf8(' '), plus(wire.endsAt() ?? at, byteNs * SPACE_AFTER_CHARACTERS))
    },
    setEcho(on) {
      echo = on
    },
    take: wire.take,
    nextAt: wire.nextAt,
    clear() {
      wire.clear()
      typed = ''
      commands = []
    },
  }
}
