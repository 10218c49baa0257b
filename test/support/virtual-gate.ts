import { createInbound } from '../../src/agent/inbound.ts'
import type { Membership } from '../../src/consensus/membership.ts'
import type { ClusterIdentity } from '../../src/consensus/messages.ts'
import type { Verify } from '../../src/consensus/quorum-certificate.ts'
import type { Input } from '../../src/consensus/replica/types.ts'
import { encodeWireMessage, type WireMessage } from '../../src/consensus/wire-message.ts'
import type { Fault } from '../../src/core/fault.ts'

/** What the product's gate says of a frame. Neither input nor fault: not said yet, see `settled`. */
export interface Judgement {
  readonly settled: Promise<void>
  readonly input?: Input
  readonly fault?: Fault
}

interface GateOptions {
  readonly membership: Membership
  readonly identity: ClusterIdentity
  readonly verify: Verify
  refused(fault: Fault): void
}

/**
 * The gate of every node. What it says of a frame follows from the frame's bytes, so a broadcast is encoded and judged once
 * for all that get it, and so is what is sent again: the same envelope, the same certificate.
 */
export interface VirtualGate {
  judge(from: number, message: WireMessage): Judgement
}

export function createVirtualGate(options: GateOptions): VirtualGate {
  const judged = new WeakMap<object, Judgement>()
  return {
    judge: (from, message) => {
      if (typeof message.value !== 'object') return judgeFrame(options, from, message)
      const before = judged.get(message.value)
      if (before?.fault !== undefined) options.refused(before.fault)
      if (before !== undefined) return before
      const judgement = judgeFrame(options, from, message)
      judged.set(message.value, judgement)
      return judgement
    },
  }
}

function judgeFrame(options: GateOptions, from: number, message: WireMessage): Judgement {
  const { membership, identity, verify } = options
  const said: { input?: Input; fault?: Fault } = {}
  const settled = new Promise<void>((resolve) => {
    const accept = (input: Input): void => {
      said.input = input
    }
    const refuse = (_from: number, fault: Fault): void => {
      said.fault = fault
      options.refused(fault)
    }
    createInbound({ membership, identity, verify, accept, refuse }).take(from, encodeWireMessage(message), resolve)
  })
  return Object.assign(said, { settled })
}

export function isSettled({ input, fault }: Judgement): boolean {
  return input !== undefined || fault !== undefined
}

/** The same words from somebody else's mouth. */
export function heardFrom(from: number, input: Input): Input {
  return 'from' in input && input.from !== from ? { ...input, from } : input
}
