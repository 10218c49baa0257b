import type { ErrorEntry } from './values.ts'

/**
 * The instrument's side of error reporting: `:SYST:ERR?` takes the oldest entry, the prompt shows the newest, and in a
 * full queue the last entry becomes -350 while all later ones are lost (SCPI-99 21.8.1).
 */
export interface ErrorQueue {
  push(code: ErrorCode): void
  /** Takes out the oldest entry; code 0 when there is none. */
  pop(): ErrorEntry
  /** The code that the prompt shows; 0 while the queue is empty. */
  newestCode(): number
  clear(): void
}

export type ErrorCode = keyof typeof ERROR_TEXTS

/** SCPI-99 21.8, those that units of the family have been seen to use. */
const ERROR_TEXTS = {
  [-100]: 'Command error',
  [-108]: 'Parameter not allowed',
  [-109]: 'Missing parameter',
  [-113]: 'Undefined header',
  [-221]: 'Settings conflict',
  [-222]: 'Data out of range',
  [-224]: 'Illegal parameter value',
  [-230]: 'Data corrupt or stale',
  [-300]: 'Device-specific error',
  [-350]: 'Queue overflow',
  [-362]: 'Framing error in program message',
  /** Of the 5071A; how it words that has not been seen. */
  [201]: 'Not in remote mode',
} as const

const OVERFLOW: ErrorCode = -350

/** `texts`: where an instrument words them otherwise. */
export function createErrorQueue(entriesMax: number, texts: Partial<Record<ErrorCode, string>> = {}): ErrorQueue {
  let codes: ErrorCode[] = []
  return {
    push(code) {
      if (codes.length < entriesMax) codes.push(code)
      else codes[entriesMax - 1] = OVERFLOW
    },
    pop() {
      const code = codes.shift()
      return code === undefined ? { code: 0, text: 'No error' } : { code, text: texts[code] ?? ERROR_TEXTS[code] }
    },
    newestCode: () => codes.at(-1) ?? 0,
    clear() {
      codes = []
    },
  }
}
