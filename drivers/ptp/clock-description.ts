import { fail, ok, type Result } from '../../src/core/fault.ts'

/** What a clock is, in its maker's words (CLOCK_DESCRIPTION, IEEE 1588-2019, 15.5.3.1.2). */
export interface ClockDescription {
  /** Bits: 0x8000 ordinary, 0x4000 boundary, 0x2000 peer-to-peer and 0x1000 end-to-end transparent clock. */
  readonly clockType: number
  readonly physicalLayerProtocol: string
  readonly physicalAddress: Uint8Array
  /** 1 UDP/IPv4, 2 UDP/IPv6, 3 Ethernet (IEEE 1588-2019, table 3). */
  readonly networkProtocol: number
  readonly protocolAddress: Uint8Array
  /** The maker's OUI. */
  readonly manufacturerIdentity: Uint8Array
  readonly productDescription: string
  readonly revisionData: string
  readonly userDescription: string
  readonly profileIdentity: Uint8Array
}

export const CLOCK_DESCRIPTION_ID = 0x0001

/** Every text has its length in a byte; the standard allows them no more than this (15.5.3.1.2). */
const TEXT_BYTES_MAX = 128
const ADDRESS_BYTES_MAX = 16
const IDENTITY_BYTES = 3
const PROFILE_BYTES = 6

/** Faults: `ptp.length`: it ends early, or a part is longer than it may be. */
export function decodeClockDescription(data: Uint8Array): Result<ClockDescription> {
  const reader = createReader(data)
  const description: ClockDescription = {
    clockType: reader.u16(),
    physicalLayerProtocol: reader.text(),
    physicalAddress: reader.address(),
    networkProtocol: reader.u16(),
    protocolAddress: reader.address(),
    manufacturerIdentity: reader.take(IDENTITY_BYTES + 1).subarray(0, IDENTITY_BYTES),
    productDescription: reader.text(),
    revisionData: reader.text(),
    userDescription: reader.text(),
    profileIdentity: reader.take(PROFILE_BYTES),
  }
  const fault = reader.fault()
  return fault === undefined ? ok(description) : fail('ptp.length', `PTP CLOCK_DESCRIPTION: ${fault}`)
}

/** Reads on from field to field; after the first that does not fit there are only empty ones. */
function createReader(data: Uint8Array) {
  let at = 0
  let fault: string | undefined
  const take = (bytes: number): Uint8Array => {
    if (at + bytes > data.length) fault ??= `expected ${bytes} bytes at ${at}, got ${data.length - at}`
    if (fault !== undefined) return new Uint8Array(bytes)
    at += bytes
    return data.slice(at - bytes, at)
  }
  const limited = (bytes: number, bytesMax: number): Uint8Array => {
    if (bytes > bytesMax) fault ??= `expected a part of at most ${bytesMax} bytes, got ${bytes}`
    return fault === undefined ? take(bytes) : new Uint8Array(0)
  }
  const u16 = (): number => {
    const [high = 0, low = 0] = take(2)
    return high * 256 + low
  }
  return {
    take,
    u16,
    text: (): string => printable(limited(take(1)[0] ?? 0, TEXT_BYTES_MAX)),
    address: (): Uint8Array => limited(u16(), ADDRESS_BYTES_MAX),
    fault: () => fault,
  }
}

/** A stranger's text is shown to people: whatever a terminal could take for a command is left out of it. */
function printable(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
}
