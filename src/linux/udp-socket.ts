import { closeSync } from 'node:fs'
import { constants } from 'node:os'
import { fail, ok, type Result } from '../core/fault.ts'
import { failWithErrno, lastErrno, libc } from './libc.ts'
import { attachFilter, type Instruction, type PacketFilter, readDrops } from './packet-filter.ts'
import {
  ADDRESS_BYTES_MAX,
  AF_INET,
  AF_INET6,
  groupRequest4,
  groupRequest6,
  IP_ADD_MEMBERSHIP,
  IP_MULTICAST_ALL,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_JOIN_GROUP,
  IPV6_MULTICAST_ALL,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  IPV6_V6ONLY,
  MSG_DONTWAIT,
  SO_BINDTODEVICE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SOL_SOCKET,
} from './socket-abi.ts'
import {
  type AddressParts,
  decodeSocketAddress,
  encodeSocketAddress,
  type InternetAddress,
  interfaceIndex,
  parseAddress,
} from './socket-address.ts'
import { setOption } from './socket-options.ts'

/** A UDP socket as the kernel has it. Nothing here ever waits. */
export interface UdpSocket {
  readonly fd: number
  readonly family: 4 | 6
  readonly local: InternetAddress
  /** What `sendDatagram` takes. Faults `socket.address`, `socket.interface`. */
  addressOf(to: InternetAddress): Result<Uint8Array>
  /** How many packets the kernel has dropped here, by the filter or for want of room; modulo 2^32. */
  drops(): number | undefined
  close(): void
}

export interface UdpSocketOptions {
  readonly local: InternetAddress
  /** Packets come and go through this network interface alone. */
  readonly interface?: string | undefined
  /** Multicast groups to join, on `interface` where it is given. What this socket sends to them does not come back to its host. */
  readonly groups?: readonly string[] | undefined
  /** How far multicasts reach, in hops; absent: 1. */
  readonly multicastHops?: number | undefined
  /** Others may bind the same port: several receivers of one multicast on one host. */
  readonly reuseAddress?: boolean | undefined
  /** Nothing else comes in, and nobody is woken for it. */
  readonly filter?: PacketFilter | readonly Instruction[] | undefined
}

const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
/** A flood fills no more than this, and the error queue with the transmit stamps needs its share. */
const RECEIVE_BUFFER_BYTES = 262_144

const socket = libc.func('int socket(int domain, int type, int protocol)') as (
  domain: number,
  type: number,
  protocol: number,
) => number
const bind = libc.func('int bind(int fd, const void *address, unsigned int length)') as (
  fd: number,
  address: Uint8Array,
  length: number,
) => number
const getsockname = libc.func('int getsockname(int fd, void *address, void *length)') as (
  fd: number,
  address: Uint8Array,
  length: Uint32Array,
) => number
const sendto = libc.func(
  'long sendto(int fd, const void *bytes, size_t length, int flags, const void *address, unsigned int addressLength)',
) as (
  fd: number,
  bytes: Uint8Array,
  length: number,
  flags: number,
  address: Uint8Array,
  addressLength: number,
) => number

/**
 * Opens and binds it. Faults: `socket.address`, `socket.interface`, `socket.port-in-use`, `socket.open` for whatever
 * else the kernel refuses.
 */
export function openUdpSocket(options: UdpSocketOptions): Result<UdpSocket> {
  const { local } = options
  const parsed = parseAddress(local.address)
  if (!parsed.ok) return parsed
  const domain = parsed.value.family === 4 ? AF_INET : AF_INET6
  const fd = socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (fd < 0) return failWithErrno('socket.open', `UDP socket ${show(local)}: expected to open it`)
  const bound = prepare(fd, parsed.value, options)
  if (!bound.ok) {
    closeSync(fd)
    return bound
  }
  return ok({
    fd,
    local: bound.value,
    family: parsed.value.family,
    addressOf: (to) => addressOf(parsed.value.family, to),
    drops: () => readDrops(fd),
    close: () => closeSync(fd),
  })
}

function prepare(fd: number, at: AddressParts, options: UdpSocketOptions): Result<InternetAddress> {
  const name = show(options.local)
  const set = setOptions(fd, at, options)
  if (!set.ok) return fail(set.fault.code, `UDP socket ${name}: ${set.fault.message}`)
  const address = encodeSocketAddress(at, options.local.port)
  if (bind(fd, address, address.length) !== 0) {
    if (lastErrno() !== constants.errno.EADDRINUSE) {
      return failWithErrno('socket.open', `UDP socket ${name}: expected to bind it`)
    }
    return fail(
      'socket.port-in-use',
      `UDP socket ${name}: expected a free UDP port, got one that another process has bound`,
    )
  }
  const into = new Uint8Array(ADDRESS_BYTES_MAX)
  if (getsockname(fd, into, Uint32Array.of(into.length)) !== 0) {
    return failWithErrno('socket.open', `UDP socket ${name}: expected to learn its port`)
  }
  return ok({ address: options.local.address, port: decodeSocketAddress(into)?.port ?? options.local.port })
}

function setOptions(fd: number, at: AddressParts, options: UdpSocketOptions): Result<void> {
  const { groups = [], reuseAddress = false, filter } = options
  const { family } = at
  const index = options.interface === undefined ? ok(0) : interfaceIndex(options.interface)
  if (!index.ok) return index
  const steps: (() => Result<void>)[] = [
    () => setOption(fd, [SOL_SOCKET, SO_RCVBUF], RECEIVE_BUFFER_BYTES, 'set the size of its receive buffer'),
  ]
  if (reuseAddress) steps.push(() => setOption(fd, [SOL_SOCKET, SO_REUSEADDR], 1, 'share its port'))
  // Dual sockets would show IPv4 addresses in a second notation.
  if (family === 6) steps.push(() => setOption(fd, [IPPROTO_IPV6, IPV6_V6ONLY], 1, 'take IPv6 alone'))
  if (filter !== undefined) steps.push(() => attachFilter(fd, at, filter))
  const device = options.interface
  if (device !== undefined) {
    steps.push(() => setOption(fd, [SOL_SOCKET, SO_BINDTODEVICE], `${device}\0`, `use interface ${device} alone`))
  }
  if (groups.length > 0) {
    steps.push(() => (family === 4 ? multicast4 : multicast6)(fd, index.value, options.multicastHops ?? 1))
    steps.push(...groups.map((group) => () => join(fd, family, group, index.value)))
  }
  for (const step of steps) {
    const done = step()
    if (!done.ok) return done
  }
  return ok(undefined)
}

function multicast4(fd: number, index: number, hops: number): Result<void> {
  const set = (option: number, value: number | Uint8Array): Result<void> =>
    setOption(fd, [IPPROTO_IP, option], value, 'set how it sends multicasts')
  const outgoing = index === 0 ? ok(undefined) : set(IP_MULTICAST_IF, groupRequest4(new Uint8Array(4), index))
  if (!outgoing.ok) return outgoing
  return firstFault([set(IP_MULTICAST_LOOP, 0), set(IP_MULTICAST_TTL, hops), set(IP_MULTICAST_ALL, 0)])
}

function multicast6(fd: number, index: number, hops: number): Result<void> {
  const set = (option: number, value: number): Result<void> =>
    setOption(fd, [IPPROTO_IPV6, option], value, 'set how it sends multicasts')
  const outgoing = index === 0 ? ok(undefined) : set(IPV6_MULTICAST_IF, index)
  if (!outgoing.ok) return outgoing
  return firstFault([set(IPV6_MULTICAST_LOOP, 0), set(IPV6_MULTICAST_HOPS, hops), set(IPV6_MULTICAST_ALL, 0)])
}

function firstFault(results: readonly Result<void>[]): Result<void> {
  return results.find((result) => !result.ok) ?? ok(undefined)
}

function join(fd: number, family: 4 | 6, group: string, index: number): Result<void> {
  const parsed = parseAddress(group)
  if (!parsed.ok) return parsed
  if (parsed.value.family !== family) {
    return fail('socket.address', `multicast group ${group}: expected an IPv${family} address`)
  }
  const { bytes } = parsed.value
  return family === 4
    ? setOption(fd, [IPPROTO_IP, IP_ADD_MEMBERSHIP], groupRequest4(bytes, index), `join ${group}`)
    : setOption(fd, [IPPROTO_IPV6, IPV6_JOIN_GROUP], groupRequest6(bytes, index), `join ${group}`)
}

/** What `sendDatagram` takes, for a socket of this family. Faults `socket.address`, `socket.interface`. */
export function addressOf(family: 4 | 6, to: InternetAddress): Result<Uint8Array> {
  const parsed = parseAddress(to.address)
  if (!parsed.ok) return parsed
  if (parsed.value.family === family) return ok(encodeSocketAddress(parsed.value, to.port))
  return fail('socket.address', `packet to ${show(to)}: expected an IPv${family} address`)
}

/** Sends one packet on the descriptor of a UDP socket, from any thread. Fault `socket.send`. */
export function sendDatagram(fd: number, bytes: Uint8Array, address: Uint8Array): Result<void> {
  const sent = sendto(fd, bytes, bytes.length, MSG_DONTWAIT, address, address.length)
  if (sent === bytes.length) return ok(undefined)
  const to = decodeSocketAddress(address)
  return failWithErrno('socket.send', `packet to ${to === undefined ? 'nobody' : show(to)}: expected to send it`)
}

function show({ address, port }: InternetAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
