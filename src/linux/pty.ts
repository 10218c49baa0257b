import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { assert } from '../core/assert.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { attempt } from './attempt.ts'
import { failWithErrno, libc } from './libc.ts'

/** The instrument's end of a pseudo terminal; the agent opens `path` as if it were a serial port. */
export interface Pty {
  readonly path: string
  /** Writes all or, when the reader has let the line fill up, what fits: a line loses bytes, it does not wait. */
  write(bytes: Uint8Array): Result<void>
  /** The speed that whoever opened `path` has set, bit/s: a pty carries bytes at any, a serial line does not. */
  baudRate(): number
  /** Closes the master: `path` vanishes and whoever holds it open is hung up on. */
  close(): Promise<void>
}

export interface PtyHandlers {
  /** Bytes that the agent wrote. */
  onBytes(bytes: Uint8Array): void
  /** The master can no longer be read. */
  onFault(fault: Fault): void
}

const O_CLOEXEC = 0o2000000
/** ptsname_r(3): "/dev/pts/" and a number. */
const PATH_BYTES_MAX = 64
/** struct termios has 60 bytes in glibc and musl; it is only handed from tcgetattr to tcsetattr. */
const TERMIOS_BYTES = 60
const TCSANOW = 0
// include/uapi/asm-generic/ioctls.h and termbits.h: struct termios2 tells speeds as numbers.
const TCGETS2 = 0x802c542a
const TERMIOS2_BYTES = 44
const OUTPUT_SPEED_AT = 40

const posixOpenpt = libc.func('int posix_openpt(int flags)') as (flags: number) => number
const grantpt = libc.func('int grantpt(int fd)') as (fd: number) => number
const unlockpt = libc.func('int unlockpt(int fd)') as (fd: number) => number
const ptsname = libc.func('int ptsname_r(int fd, void *into, size_t length)') as (
  fd: number,
  into: Uint8Array,
  length: number,
) => number
const tcgetattr = libc.func('int tcgetattr(int fd, void *termios)') as (fd: number, termios: Uint8Array) => number
const cfmakeraw = libc.func('void cfmakeraw(void *termios)') as (termios: Uint8Array) => void
const tcsetattr = libc.func('int tcsetattr(int fd, int when, const void *termios)') as (
  fd: number,
  when: number,
  termios: Uint8Array,
) => number
const cfsetspeed = libc.func('int cfsetspeed(void *termios, uint speed)') as (
  termios: Uint8Array,
  speed: number,
) => number
const ioctl = libc.func('int ioctl(int fd, ulong request, void *argument)') as (
  fd: number,
  request: number,
  argument: Uint8Array,
) => number

/**
 * Opens a pseudo terminal whose slave side is raw: no echo, no line editing, eight bits, and the speed given, if it is one
 * of the standard ones; the kernel's 38400 otherwise.
 */
export function openPty(handlers: PtyHandlers, baudRate = 38_400): Result<Pty> {
  const masterFd = posixOpenpt(constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK | O_CLOEXEC)
  if (masterFd < 0) return failWithErrno('pty.open', 'expected a new pseudo terminal')
  const slave = openSlave(masterFd, baudRate)
  if (slave.ok) return ok(ptyOn(masterFd, slave.value, handlers))
  closeSync(masterFd)
  return slave
}

interface Slave {
  readonly fd: number
  readonly path: string
}

/**
 * The slave is held open here as well. Reading a master whose slave nobody holds fails with EIO, which would end the
 * stream each time the agent closes the line; and an unopened slave could not be made raw before the first byte.
 */
function openSlave(masterFd: number, baudRate: number): Result<Slave> {
  const nameBytes = new Uint8Array(PATH_BYTES_MAX)
  if (grantpt(masterFd) !== 0 || unlockpt(masterFd) !== 0 || ptsname(masterFd, nameBytes, nameBytes.length) !== 0) {
    return failWithErrno('pty.open', 'expected to unlock the slave of a new pseudo terminal')
  }
  const path = Buffer.from(nameBytes.subarray(0, nameBytes.indexOf(0))).toString('latin1')
  const opened = attempt('pty.open', `${path}: expected to open it`, () =>
    openSync(path, constants.O_RDWR | constants.O_NOCTTY),
  )
  if (!opened.ok) return opened
  const termios = new Uint8Array(TERMIOS_BYTES)
  assert(tcgetattr(opened.value, termios) === 0, 'a slave just opened has a termios')
  cfmakeraw(termios)
  // Refuses what is no standard speed, which leaves the one that was there.
  cfsetspeed(termios, baudRate)
  assert(tcsetattr(opened.value, TCSANOW, termios) === 0, 'a slave just opened takes a termios')
  return ok({ fd: opened.value, path })
}

function ptyOn(masterFd: number, slave: Slave, handlers: PtyHandlers): Pty {
  const stream = new ReadStream(masterFd)
  stream.on('data', (bytes: Buffer) => handlers.onBytes(bytes))
  stream.on('error', (error) => {
    handlers.onFault({ code: 'pty.read', message: `${slave.path}: expected to read the master, got ${error.message}` })
  })
  const closed = new Promise<void>((resolve) => {
    stream.once('close', () => {
      closeSync(slave.fd)
      resolve()
    })
  })
  return {
    path: slave.path,
    write: (bytes) =>
      stream.destroyed
        ? fail('pty.closed', `${slave.path}: expected an open pseudo terminal, got a closed one`)
        : writeWhatFits(masterFd, slave.path, bytes),
    baudRate: () => readBaudRate(slave.fd),
    close: () => {
      stream.destroy()
      return closed
    },
  }
}

function readBaudRate(fd: number): number {
  const termios = new Uint8Array(TERMIOS2_BYTES)
  assert(ioctl(fd, TCGETS2, termios) === 0, 'a slave that is held open has a termios')
  return new DataView(termios.buffer).getUint32(OUTPUT_SPEED_AT, true)
}

function writeWhatFits(masterFd: number, path: string, bytes: Uint8Array): Result<void> {
  const expected = `${path}: expected to write ${bytes.length} bytes`
  const written = attempt('pty.full', expected, () => writeSync(masterFd, bytes))
  if (!written.ok) return written
  return written.value === bytes.length ? ok(undefined) : fail('pty.full', `${expected}, got room for ${written.value}`)
}
