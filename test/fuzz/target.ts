import type fc from 'fast-check'
import { equalBytes } from '../../src/core/bytes.ts'
import type { Result } from '../../src/core/fault.ts'
import { almost } from './mutation.ts'

/** Something that bytes from outside come into. */
export interface Target {
  readonly name: string
  /** Valid inputs to start from. */
  readonly corpus: readonly Uint8Array[]
  /** How inputs are made of the corpus; by default as for CBOR. */
  readonly inputs?: (corpus: readonly Uint8Array[]) => fc.Arbitrary<Uint8Array>
  /**
   * Takes any bytes and never throws. Of what it accepts, `again` are the bytes that it stands for: the same ones, or two byte
   * strings would mean the same thing.
   */
  take(bytes: Uint8Array): Taken | Promise<Taken>
}

export type Taken = Result<{ readonly again: Uint8Array | undefined }>

/** For what is accepted and cannot be written again. */
export const ACCEPTED: Taken = { ok: true, value: { again: undefined } }

export function inputsOf({ inputs = almost, corpus }: Target): fc.Arbitrary<Uint8Array> {
  return inputs(corpus)
}

/** What a campaign asks of every input. Returns what is wrong, if anything. */
export async function tryInput(target: Target, bytes: Uint8Array): Promise<string | undefined> {
  const taken = await target.take(bytes)
  if (!taken.ok) {
    const { code, message } = taken.fault
    return code.includes('.') && message.length > 0 && message.length < 2_000
      ? undefined
      : `expected a fault with a code and one sentence, got ${code}: ${message.slice(0, 200)}`
  }
  const { again } = taken.value
  if (again === undefined || equalBytes(again, bytes)) return undefined
  return 'accepted, but stands for other bytes'
}
