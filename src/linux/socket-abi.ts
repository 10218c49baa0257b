/** Numbers of internet sockets, the same on x86-64 and aarch64 (asm-generic/socket.h, linux/in.h, linux/in6.h, linux/socket.h). */
export const AF_INET = 2
export const AF_INET6 = 10

export const SOL_SOCKET = 1
export const SO_REUSEADDR = 2
export const SO_ERROR = 4
export const SO_RCVBUF = 8
export const SO_BINDTODEVICE = 25
export const SO_ATTACH_FILTER = 26
export const SO_MEMINFO = 55

export const IPPROTO_IP = 0
export const IP_RECVERR = 11
export const IP_MULTICAST_IF = 32
export const IP_MULTICAST_TTL = 33
export const IP_MULTICAST_LOOP = 34
export const IP_ADD_MEMBERSHIP = 35
/** Off: only the groups that this very socket joined are received. */
export const IP_MULTICAST_ALL = 49

export const IPPROTO_IPV6 = 41
export const IPV6_MULTICAST_IF = 17
export const IPV6_MULTICAST_HOPS = 18
export const IPV6_MULTICAST_LOOP = 19
export const IPV6_JOIN_GROUP = 20
export const IPV6_RECVERR = 25
export const IPV6_V6ONLY = 26
export const IPV6_MULTICAST_ALL = 29

export const MSG_CTRUNC = 0x8
export const MSG_TRUNC = 0x20
export const MSG_DONTWAIT = 0x40
export const MSG_ERRQUEUE = 0x2000

/** `struct msghdr`: name, vector of buffers, control data, each with its length, then the flags. */
export const MESSAGE_BYTES = 56
export const MESSAGE_NAME_AT = 0
export const MESSAGE_NAME_LENGTH_AT = 8
export const MESSAGE_VECTOR_AT = 16
export const MESSAGE_VECTOR_LENGTH_AT = 24
export const MESSAGE_CONTROL_AT = 32
export const MESSAGE_CONTROL_LENGTH_AT = 40
export const MESSAGE_FLAGS_AT = 48

/** `struct iovec`: an address and a length. */
export const VECTOR_BYTES = 16

/** `struct sockaddr_in6`, the longer of the two. */
export const ADDRESS_BYTES_MAX = 28

/** `struct pollfd`. */
export const POLL_BYTES = 8
export const POLL_WANTED_AT = 4
export const POLL_READY_AT = 6
export const POLLIN = 1
export const POLLERR = 8
export const POLLNVAL = 32

/** `struct ip_mreqn`: group, own address (any), index of the interface. */
export function groupRequest4(group: Uint8Array, interfaceIndex: number): Uint8Array {
  const request = new Uint8Array(12)
  request.set(group)
  new DataView(request.buffer).setInt32(8, interfaceIndex, true)
  return request
}

/** `struct ipv6_mreq`: group, index of the interface. */
export function groupRequest6(group: Uint8Array, interfaceIndex: number): Uint8Array {
  const request = new Uint8Array(20)
  request.set(group)
  new DataView(request.buffer).setInt32(16, interfaceIndex, true)
  return request
}
