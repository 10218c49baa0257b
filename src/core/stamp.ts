import type { MonoNs } from './time.ts'

/** Who took a stamp, coarsest first: this program, the kernel's network stack, the network card. */
export const STAMP_KINDS = ['user', 'kernel', 'hardware'] as const
export type StampKind = (typeof STAMP_KINDS)[number]

/** When a packet left or came, on the local oscillator. The true instant lies within `errorNs` of `at`. */
export interface Stamp {
  readonly at: MonoNs
  readonly errorNs: bigint
  readonly kind: StampKind
}
