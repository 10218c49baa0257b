import type { Result } from '../../core/fault.ts'

/** What the thread of a TPM device is told when it starts. */
export interface DeviceThreadData {
  readonly path: string
}

export interface DeviceOrder {
  readonly command: Uint8Array
}

export interface DeviceNews {
  readonly response: Result<Uint8Array>
}
