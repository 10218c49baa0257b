import type { Fault } from '../core/fault.ts'

/** Connections from outside, whoever made them. */
export interface InboundCounts {
  readonly accepted: number
  /** Open at this moment, without being up. */
  readonly pending: number
  /** Handshakes begun: what has cost more than looking. */
  readonly begun: number
  /** How many ended without being up, by the code of the reason. */
  readonly refused: Readonly<Record<string, number>>
  /** Of those that no member is known to have made. */
  readonly lastFault: Fault | undefined
}

/** Counts what came to the door, and what became of it; reasons are codes of this program, so there are few. */
export interface InboundCounter {
  accept(): void
  begin(): void
  refuse(code: string): void
  /** The same, of one that no member is known to have made. */
  refuseStranger(fault: Fault): void
  counts(pending: number): InboundCounts
}

export function createInboundCounter(onRefused: (fault: Fault) => void): InboundCounter {
  const refused = new Map<string, number>()
  let accepted = 0
  let begun = 0
  let lastFault: Fault | undefined
  const refuse = (code: string): void => {
    refused.set(code, (refused.get(code) ?? 0) + 1)
  }
  return {
    accept: () => {
      accepted += 1
    },
    begin: () => {
      begun += 1
    },
    refuse,
    refuseStranger: (fault) => {
      refuse(fault.code)
      lastFault = fault
      onRefused(fault)
    },
    counts: (pending) => ({ accepted, pending, begun, refused: Object.fromEntries(refused), lastFault }),
  }
}
