import { type MonoNs, plus } from '../../src/core/time.ts'
import { createWire } from './wire.ts'

/**
 * The serial port of an emulated instrument that takes commands and has no prompt: collects what the host sends into
 * commands, and sends replies at the speed of the line.
 */
export interface LineTerminal {
  /** Host bytes; the first one starts at `now`. */
  receive(bytes: Uint8Array, now: MonoNs): void
  /** The oldest command that waits, without its end, and when that had arrived. */
  waiting(): { readonly command: string; readonly at: MonoNs } | undefined
  /** Takes the oldest command off. */
  shift(): void
  /** Sends bytes as they are, not before `at`. */
  send(bytes: Uint8Array, at: MonoNs): void
  /** Bytes for the host that have left by `now`. */
  take(now: MonoNs): Uint8Array | undefined
  nextAt(): MonoNs | undefined
  /** Power off: everything on its way is lost. */
  clear(): void
}

const COMMAND_LENGTH_MAX = 256
const COMMANDS_WAITING_MAX = 16

/**
 * `byteNs`: duration of one character, start and stop bits included. `ends`: whether `character` ends a command of which
 * `typed` came before; an end with nothing before it is no command, unless the character is the command (then `keeps`).
 */
export function createLineTerminal(
  byteNs: bigint,
  ends: (character: string, typed: string) => 'no' | 'ends' | 'keeps',
): LineTerminal {
  const wire = createWire(byteNs)
  let typed = ''
  let commands: { readonly command: string; readonly at: MonoNs }[] = []

  const takeCharacter = (character: string, at: MonoNs): void => {
    const end = ends(character, typed)
    if (end !== 'ends') typed = (typed + character).slice(0, COMMAND_LENGTH_MAX)
    if (end === 'no') return
    if (typed !== '' && commands.length < COMMANDS_WAITING_MAX) commands.push({ command: typed, at })
    typed = ''
  }

  return {
    receive(bytes, now) {
      let at = now
      for (const byte of bytes) {
        at = plus(at, byteNs)
        takeCharacter(String.fromCharCode(byte), at)
      }
    },
    waiting: () => commands[0],
    shift() {
      commands = commands.slice(1)
    },
    send: wire.send,
    take: wire.take,
    nextAt: wire.nextAt,
    clear() {
      wire.clear()
      typed = ''
      commands = []
    },
  }
}

/** For commands that end in CR, LF or both. */
export function endsLine(character: string): 'no' | 'ends' {
  return character === '\r' || character === '\n' ? 'ends' : 'no'
}
