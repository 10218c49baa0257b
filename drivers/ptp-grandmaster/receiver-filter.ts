import type { PacketFilter } from '../packet-driver.ts'
import { HEADER_BYTES, MESSAGE_TYPES } from '../ptp/header.ts'
import { CLOCK_IDENTITY_BYTES } from '../ptp/port-identity.ts'
import { TIMESTAMP_BYTES } from '../ptp/timestamp.ts'

// Classic BPF (Documentation/networking/filter.rst): load a byte or a word, the length, mask, compare, return.
const LOAD_BYTE = 0x30
const LOAD_WORD = 0x20
const LOAD_LENGTH = 0x80
const AND = 0x54
const IF_EQUAL = 0x15
const IF_AT_LEAST = 0x35
const RETURN = 0x06

const UDP_HEADER_BYTES = 8
const PASS = 0xffff_ffff
const DROP = 0

/** Whom a Delay_Resp answers (IEEE 1588-2019, table 46). */
const ANSWERED_AT = UDP_HEADER_BYTES + HEADER_BYTES + TIMESTAMP_BYTES

/**
 * What a receiver of time has no use for, however many of them there are on the network: the requests of all of them, which
 * are multicast, and the answers to those of other machines. All else passes, malformed or not, to be judged by drivers.
 */
export function receiverFilter(clockIdentity: Uint8Array): PacketFilter {
  const identity = new DataView(clockIdentity.buffer, clockIdentity.byteOffset, CLOCK_IDENTITY_BYTES)
  return [
    { code: LOAD_BYTE, k: UDP_HEADER_BYTES },
    { code: AND, k: 0x0f },
    { code: IF_EQUAL, ifTrue: 8, k: MESSAGE_TYPES['delay-req'] },
    { code: IF_EQUAL, ifFalse: 6, k: MESSAGE_TYPES['delay-resp'] },
    { code: LOAD_LENGTH, k: 0 },
    { code: IF_AT_LEAST, ifFalse: 4, k: ANSWERED_AT + CLOCK_IDENTITY_BYTES },
    { code: LOAD_WORD, k: ANSWERED_AT },
    { code: IF_EQUAL, ifFalse: 3, k: identity.getUint32(0) },
    { code: LOAD_WORD, k: ANSWERED_AT + 4 },
    { code: IF_EQUAL, ifFalse: 1, k: identity.getUint32(4) },
    { code: RETURN, k: PASS },
    { code: RETURN, k: DROP },
  ]
}
