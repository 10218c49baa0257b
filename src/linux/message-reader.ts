import { constants } from 'node:os'
import { ok, type Result } from '../core/fault.ts'
import { allocateForeign } from './foreign-memory.ts'
import { failWithErrno, lastErrno, libc } from './libc.ts'
import {
  ADDRESS_BYTES_MAX,
  MESSAGE_BYTES,
  MESSAGE_CONTROL_AT,
  MESSAGE_CONTROL_LENGTH_AT,
  MESSAGE_FLAGS_AT,
  MESSAGE_NAME_AT,
  MESSAGE_NAME_LENGTH_AT,
  MESSAGE_VECTOR_AT,
  MESSAGE_VECTOR_LENGTH_AT,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_TRUNC,
  VECTOR_BYTES,
} from './socket-abi.ts'
import { decodeSocketAddress, type InternetAddress } from './socket-address.ts'
import { CONTROL_BYTES, type ControlData, readControlData } from './stamping-abi.ts'

/** A packet, or a copy of one that was sent, with what the kernel says of it. */
export interface ReadMessage extends ControlData {
  /** Of the caller from now on. */
  readonly bytes: Uint8Array
  /** Undefined on the error queue. */
  readonly from: InternetAddress | undefined
  /** The packet was longer than the room for it. */
  readonly cut: boolean
  /** What the kernel says of it is not complete: there may have been a stamp. */
  readonly controlCut: boolean
}

export interface MessageReader {
  /** The next packet of a socket, or of its error queue; undefined where there is none. Fault `socket.receive`. */
  read(fd: number, queue: 'packets' | 'errors'): Result<ReadMessage | undefined>
}

/** An Ethernet frame with its headers, and some: longer packets are none of ours. */
const BYTES_MAX = 2048

const NAME_AT = MESSAGE_BYTES
const VECTOR_AT = NAME_AT + Math.ceil(ADDRESS_BYTES_MAX / 8) * 8
const CONTROL_AT = VECTOR_AT + VECTOR_BYTES
const BYTES_AT = CONTROL_AT + CONTROL_BYTES

const recvmsg = libc.func('long recvmsg(int fd, void *message, int flags)') as (
  fd: number,
  message: bigint,
  flags: number,
) => number

/** Allocates once what recvmsg fills; nothing is allocated for each packet but its copy. */
export function createMessageReader(): MessageReader {
  const { address, bytes, view } = allocateForeign(BYTES_AT + BYTES_MAX)
  view.setBigUint64(MESSAGE_NAME_AT, address + BigInt(NAME_AT), true)
  view.setBigUint64(MESSAGE_VECTOR_AT, address + BigInt(VECTOR_AT), true)
  view.setBigUint64(MESSAGE_VECTOR_LENGTH_AT, 1n, true)
  view.setBigUint64(MESSAGE_CONTROL_AT, address + BigInt(CONTROL_AT), true)
  view.setBigUint64(VECTOR_AT, address + BigInt(BYTES_AT), true)
  view.setBigUint64(VECTOR_AT + 8, BigInt(BYTES_MAX), true)
  return {
    read: (fd, queue) => {
      view.setUint32(MESSAGE_NAME_LENGTH_AT, ADDRESS_BYTES_MAX, true)
      view.setBigUint64(MESSAGE_CONTROL_LENGTH_AT, BigInt(CONTROL_BYTES), true)
      view.setInt32(MESSAGE_FLAGS_AT, 0, true)
      const length = recvmsg(fd, address, MSG_DONTWAIT | (queue === 'errors' ? MSG_ERRQUEUE : 0))
      if (length < 0) {
        return lastErrno() === constants.errno.EAGAIN
          ? ok(undefined)
          : failWithErrno('socket.receive', 'expected a packet')
      }
      const flags = view.getInt32(MESSAGE_FLAGS_AT, true)
      const nameLength = Math.min(view.getUint32(MESSAGE_NAME_LENGTH_AT, true), ADDRESS_BYTES_MAX)
      const controlLength = Math.min(Number(view.getBigUint64(MESSAGE_CONTROL_LENGTH_AT, true)), CONTROL_BYTES)
      return ok({
        ...readControlData(bytes.subarray(CONTROL_AT, CONTROL_AT + controlLength)),
        bytes: bytes.slice(BYTES_AT, BYTES_AT + length),
        from: queue === 'errors' ? undefined : decodeSocketAddress(bytes.subarray(NAME_AT, NAME_AT + nameLength)),
        cut: (flags & MSG_TRUNC) !== 0,
        controlCut: (flags & MSG_CTRUNC) !== 0,
      })
    },
  }
}
