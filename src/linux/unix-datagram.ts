import { chmodSync, closeSync, fchmodSync, lstatSync, type Stats, unlinkSync } from 'node:fs'
import { constants } from 'node:os'
import { utf8 } from '../core/bytes.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { attempt } from './attempt.ts'
import { failWithErrno, lastErrno, libc } from './libc.ts'

/** A datagram socket of the Unix domain, which Node itself does not have. Nothing here ever blocks. */
export interface UnixDatagramSocket {
  readonly fd: number
  /**
   * Takes the next datagram into `into` and returns its length, or undefined when none is waiting. A length greater
   * than `into.length` says that the datagram was cut.
   */
  receive(into: Uint8Array): Result<number | undefined>
  /**
   * Sends one datagram to the socket bound at `path`, or at the abstract name that begins with a zero; a receiver with
   * a full queue is a fault, not a wait.
   */
  sendTo(path: string, bytes: Uint8Array): Result<void>
  /** Closes the socket and removes the path it was bound to, if that is still its own. */
  close(): void
}

/** sun_path holds 108 bytes with its terminating zero (unix(7)). */
export const SOCKET_PATH_BYTES_MAX = 107

// x86_64 and aarch64 share these (asm-generic/socket.h, linux/net.h).
const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
/** Makes recv return the length that the datagram really had. */
const MSG_TRUNC = 0x20
const FAMILY_BYTES = 2

const { EAGAIN, ECONNREFUSED } = constants.errno

const socket = libc.func('int socket(int domain, int type, int protocol)') as (
  d: number,
  t: number,
  p: number,
) => number
const bind = libc.func('int bind(int fd, const void *address, unsigned int length)') as AddressCall
const connect = libc.func('int connect(int fd, const void *address, unsigned int length)') as AddressCall
const recv = libc.func('long recv(int fd, void *into, size_t length, int flags)') as (
  fd: number,
  into: Uint8Array,
  length: number,
  flags: number,
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

type AddressCall = (fd: number, address: Uint8Array, length: number) => number

/** A socket that only sends. */
export function openUnixDatagram(): Result<UnixDatagramSocket> {
  const fd = createSocket()
  return fd.ok ? ok(socketOn(fd.value, () => closeSync(fd.value))) : fd
}

/**
 * Binds `path` with permissions `mode` (whoever may write to it may send). A socket file that nobody listens on is
 * removed first; one that somebody listens on, or a file of another kind, is a fault and stays.
 */
export function bindUnixDatagram(path: string, mode: number): Result<UnixDatagramSocket> {
  if (path.startsWith('\0'))
    return fail('unix.path', 'expected a path to bind, got an abstract name, which has no permissions')
  const address = encodeAddress(path)
  if (!address.ok) return address
  const vacant = removeStaleSocket(path, address.value)
  if (!vacant.ok) return vacant
  const opened = createSocket()
  if (!opened.ok) return opened
  const fd = opened.value
  const bound = bindAt(fd, path, address.value, mode)
  if (bound.ok) return ok(socketOn(fd, () => closeAt(fd, path, bound.value)))
  closeSync(fd)
  return bound
}

/** Returns the file that the socket now owns. */
function bindAt(fd: number, path: string, address: Uint8Array, mode: number): Result<Stats> {
  // The file gets the permissions of the socket less the umask: given before, it is never wider than asked for.
  fchmodSync(fd, mode)
  if (bind(fd, address, address.length) !== 0) return failWithErrno('unix.bind', `${path}: expected to bind it`)
  return attempt('unix.bind', `${path}: expected to set its mode`, () => {
    chmodSync(path, mode)
    return lstatSync(path)
  })
}

function closeAt(fd: number, path: string, own: Stats): void {
  closeSync(fd)
  // Should the removal fail, the file is stale and the next bind removes it.
  attempt('unix.unlink', path, () => {
    const found = lstatSync(path)
    if (found.dev === own.dev && found.ino === own.ino) unlinkSync(path)
  })
}

function socketOn(fd: number, close: () => void): UnixDatagramSocket {
  return {
    fd,
    receive: (into) => {
      const length = recv(fd, into, into.length, MSG_TRUNC)
      if (length >= 0) return ok(length)
      return lastErrno() === EAGAIN ? ok(undefined) : failWithErrno('unix.receive', 'expected a datagram')
    },
    sendTo: (path, bytes) => {
      const address = encodeAddress(path)
      if (!address.ok) return address
      const sent = sendto(fd, bytes, bytes.length, 0, address.value, address.value.length)
      return sent === bytes.length
        ? ok(undefined)
        : failWithErrno('unix.send', `expected to send ${bytes.length} bytes to ${path}`)
    },
    close,
  }
}

function createSocket(): Result<number> {
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  return fd >= 0 ? ok(fd) : failWithErrno('unix.socket', 'expected a new datagram socket')
}

/**
 * struct sockaddr_un: the family in the byte order of the machine, then the path with its zero. A name that begins with
 * a zero lives in the abstract namespace instead of a folder, and ends where the address ends (unix(7)).
 */
function encodeAddress(path: string): Result<Uint8Array> {
  const pathBytes = utf8(path)
  if (pathBytes.length < 1 || pathBytes.length > SOCKET_PATH_BYTES_MAX || pathBytes.includes(0, 1)) {
    const expected = `${path}: expected a socket path of 1 to ${SOCKET_PATH_BYTES_MAX} bytes without zeros`
    return fail('unix.path', `${expected}, got ${pathBytes.length} bytes`)
  }
  const terminator = pathBytes[0] === 0 ? 0 : 1
  const address = new Uint8Array(FAMILY_BYTES + pathBytes.length + terminator)
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX
  address.set(pathBytes, FAMILY_BYTES)
  return ok(address)
}

/** Nobody listens where a connection is refused; that is the mark of a file left behind by a process that died. */
function removeStaleSocket(path: string, address: Uint8Array): Result<void> {
  const expected = `${path}: expected a free path`
  const found = attempt('unix.bind', expected, () => lstatSync(path, { throwIfNoEntry: false }))
  if (!found.ok) return found
  if (found.value === undefined) return ok(undefined)
  if (!found.value.isSocket()) return fail('unix.not-a-socket', `${expected} or a socket, got another kind of file`)
  const probe = createSocket()
  if (!probe.ok) return probe
  const connected = connect(probe.value, address, address.length) === 0
  const errno = lastErrno()
  closeSync(probe.value)
  if (connected) return fail('unix.in-use', `${expected}, got a socket on which somebody listens`)
  if (errno !== ECONNREFUSED) return failWithErrno('unix.in-use', expected, errno)
  return attempt('unix.bind', `${expected} after removing a stale socket`, () => unlinkSync(path))
}
