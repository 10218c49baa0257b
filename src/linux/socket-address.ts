import { assert } from '../core/assert.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { libc } from './libc.ts'
import { AF_INET, AF_INET6 } from './socket-abi.ts'

/** A literal IP address, with `%` and its interface where it is link-local, and a UDP port. */
export interface InternetAddress {
  readonly address: string
  readonly port: number
}

/** What an address is made of. */
export interface AddressParts {
  readonly family: 4 | 6
  /** In network order. */
  readonly bytes: Uint8Array
  /** Index of the interface that a link-local address belongs to; 0 for none. */
  readonly scope: number
}

const inetPton = libc.func('int inet_pton(int family, const char *text, void *into)') as (
  family: number,
  text: string,
  into: Uint8Array,
) => number
const ifNameToIndex = libc.func('unsigned int if_nametoindex(const char *name)') as (name: string) => number

const SOCKADDR_IN_BYTES = 16
const SOCKADDR_IN6_BYTES = 28
/** IFNAMSIZ with the terminating zero. */
const INTERFACE_NAME = /^[^\s/:]{1,15}$/

/** The kernel's number of an interface. Fault `socket.interface`: there is none of that name. */
export function interfaceIndex(name: string): Result<number> {
  const index = INTERFACE_NAME.test(name) ? ifNameToIndex(name) : 0
  return index > 0 ? ok(index) : fail('socket.interface', `network interface "${name}": expected one, got none`)
}

/** Faults `socket.address` and, for the interface behind `%`, `socket.interface`. */
export function parseAddress(text: string): Result<AddressParts> {
  const percentAt = text.indexOf('%')
  const plain = percentAt < 0 ? text : text.slice(0, percentAt)
  const bytes = new Uint8Array(16)
  if (percentAt < 0 && inetPton(AF_INET, plain, bytes) === 1) {
    return ok({ family: 4, bytes: bytes.subarray(0, 4), scope: 0 })
  }
  if (text.length > 64 || inetPton(AF_INET6, plain, bytes) !== 1) {
    return fail('socket.address', `expected a literal IP address, got "${text.slice(0, 64)}"`)
  }
  if (percentAt < 0) return ok({ family: 6, bytes, scope: 0 })
  const zone = text.slice(percentAt + 1)
  const scope = /^\d{1,9}$/.test(zone) ? ok(Number(zone)) : interfaceIndex(zone)
  return scope.ok ? ok({ family: 6, bytes, scope: scope.value }) : scope
}

/** `struct sockaddr_in` or `sockaddr_in6`: the family in the order of the machine, port and address in that of the network. */
export function encodeSocketAddress({ family, bytes, scope }: AddressParts, port: number): Uint8Array {
  assert(Number.isInteger(port) && port >= 0 && port <= 0xffff, `a port of 0 to 65535, got ${port}`)
  const encoded = new Uint8Array(family === 4 ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES)
  const view = new DataView(encoded.buffer)
  view.setUint16(0, family === 4 ? AF_INET : AF_INET6, true)
  view.setUint16(2, port)
  encoded.set(bytes, family === 4 ? 4 : 8)
  if (family === 6) view.setUint32(24, scope, true)
  return encoded
}

/** The address alone of what `encodeSocketAddress` made, in the order of the network. */
export function addressBytes(encoded: Uint8Array): Uint8Array {
  return encoded.length === SOCKADDR_IN_BYTES ? encoded.subarray(4, 8) : encoded.subarray(8, 24)
}

/** Undefined for an address of another family than the internet's. */
export function decodeSocketAddress(encoded: Uint8Array): InternetAddress | undefined {
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength)
  const family = encoded.length < SOCKADDR_IN_BYTES ? 0 : view.getUint16(0, true)
  if (family === AF_INET) {
    const address = `${encoded[4]}.${encoded[5]}.${encoded[6]}.${encoded[7]}`
    return { address, port: view.getUint16(2) }
  }
  if (family !== AF_INET6 || encoded.length < SOCKADDR_IN6_BYTES) return undefined
  const scope = view.getUint32(24, true)
  const address = formatIpv6(view)
  return { address: scope === 0 ? address : `${address}%${scope}`, port: view.getUint16(2) }
}

/** RFC 5952, section 4: no leading zeros, and the longest run of zero groups, if it is two at least, as "::". */
function formatIpv6(view: DataView): string {
  const groups = Array.from({ length: 8 }, (_, group) => view.getUint16(8 + 2 * group))
  let [runAt, runLength] = [-1, 1]
  for (const at of groups.keys()) {
    const end = groups.findIndex((group, index) => index >= at && group !== 0)
    const length = (end < 0 ? 8 : end) - at
    if (length > runLength) [runAt, runLength] = [at, length]
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return runAt < 0 ? text(0, 8) : `${text(0, runAt)}::${text(runAt + runLength, 8)}`
}
