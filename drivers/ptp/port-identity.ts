import { toHex } from '../../src/core/bytes.ts'

/** Who speaks: a clock and which of its ports (IEEE 1588-2019, 5.3.5). */
export interface PortIdentity {
  /** Eight bytes. */
  readonly clockIdentity: Uint8Array
  readonly portNumber: number
}

export const PORT_IDENTITY_BYTES = 10
export const CLOCK_IDENTITY_BYTES = 8

/** Eight random bytes as an identity of no vendor (EUI-64, locally administered): it meets that of no other clock. */
export function localClockIdentity(random: Uint8Array): Uint8Array {
  const identity = random.slice(0, CLOCK_IDENTITY_BYTES)
  identity[0] = ((identity[0] ?? 0) & 0xfc) | 0x02
  return identity
}

export function readPortIdentity(bytes: Uint8Array, at: number): PortIdentity {
  const clockIdentity = bytes.slice(at, at + CLOCK_IDENTITY_BYTES)
  const [high = 0, low = 0] = bytes.subarray(at + CLOCK_IDENTITY_BYTES, at + PORT_IDENTITY_BYTES)
  return { clockIdentity, portNumber: high * 256 + low }
}

export function writePortIdentity(bytes: Uint8Array, at: number, { clockIdentity, portNumber }: PortIdentity): void {
  bytes.set(clockIdentity, at)
  bytes.set([portNumber >> 8, portNumber & 0xff], at + CLOCK_IDENTITY_BYTES)
}

export function samePort(a: PortIdentity, b: PortIdentity): boolean {
  return formatPort(a) === formatPort(b)
}

/** As pmc prints it: `001122.fffe.334455`. */
export function formatClock(clockIdentity: Uint8Array): string {
  const hex = toHex(clockIdentity)
  return `${hex.slice(0, 6)}.${hex.slice(6, 10)}.${hex.slice(10)}`
}

/** As pmc prints it: `001122.fffe.334455-1`. */
export function formatPort({ clockIdentity, portNumber }: PortIdentity): string {
  return `${formatClock(clockIdentity)}-${portNumber}`
}
