import type { Fault, Result } from '../core/fault.ts'
import type { MonoNs } from '../core/time.ts'

/**
 * What a driver hangs on: a serial line, a socket, a recording. A wire mends itself for ever and tells of every
 * transition; no handler is called before the function that opened the wire has returned, or after it was closed.
 */
export interface Wire {
  /** Queues bytes for sending. A fault says that they are lost: the wire is down or its queue is full. */
  write(bytes: Uint8Array): Result<void>
  /**
   * Closes the link and opens it afresh after the usual pause, or after the shortest; `reason` completes "restarted
   * because".
   */
  reopen(reason: string, pause?: 'usual' | 'shortest'): void
  /** Resolves when the link is released. */
  close(): Promise<void>
}

export interface WireHandlers {
  /** Bytes in the order in which they came; `receivedAt` is when they were read. */
  onBytes(bytes: Uint8Array, receivedAt: MonoNs): void
  onState(event: WireEvent): void
}

export type OpenWire = (handlers: WireHandlers) => Wire

export type WireEvent =
  /** Bytes can flow. */
  | { readonly type: 'up'; readonly at: MonoNs; readonly reason: string }
  /** They could, and cannot any more. */
  | { readonly type: 'down'; readonly at: MonoNs; readonly fault: Fault }
  /** An attempt to bring the wire up failed, for another reason than the attempt before it. */
  | { readonly type: 'fault'; readonly at: MonoNs; readonly fault: Fault }
