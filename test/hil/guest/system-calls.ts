import { closeSync, openSync, readdirSync, writeFileSync } from 'node:fs'
import koffi from 'koffi'
import { type MonoNs, monoNs } from '../../../src/core/time.ts'
import { readMonoNs } from '../../../src/linux/clock.ts'

/** What a guest without a shell and without a tool does for itself. Everything here runs in it, as root. */

const libc = koffi.load(null)
const mount = libc.func(
  'int mount(const char *from, const char *to, const char *type, unsigned long flags, void *data)',
)
const reboot = libc.func('int reboot(int how)')
const clockGettime = libc.func('int clock_gettime(int clock, void *timespec)')
const clockSettime = libc.func('int clock_settime(int clock, const void *timespec)')
const socket = libc.func('int socket(int domain, int type, int protocol)')
const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)')
const finitModule = libc.func('long syscall(long number, int fd, const char *parameters, int flags)')

// arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/linux/{reboot,sockios,if,socket}.h
const SYS_FINIT_MODULE = 313
const POWER_OFF = 0x4321_fedc
const SIOCSIFADDR = 0x8916
const SIOCSIFNETMASK = 0x891c
const SIOCSIFFLAGS = 0x8914
const IFF_UP_RUNNING_MULTICAST = 0x1041
const AF_INET = 2
const SOCK_DGRAM = 2

export function mountAll(): void {
  for (const [type, folder] of [
    ['proc', '/proc'],
    ['sysfs', '/sys'],
    ['devtmpfs', '/dev'],
  ]) {
    must(mount(type, folder, type, 0, null) as number, `mount ${type}`)
  }
}

/** Where the kernel shows what the firmware has measured. */
export function mountSecurity(): void {
  must(mount('securityfs', '/sys/kernel/security', 'securityfs', 0, null) as number, 'mount securityfs')
}

/** Loads all that lie in /modules, in the order of their names; returns those that refused, for want of their hardware. */
export function loadModules(parameters: Readonly<Record<string, string>>): readonly string[] {
  return readdirSync('/modules').filter((file) => {
    const name = file.replace(/^\d+-|\.ko$/g, '')
    const fd = openSync(`/modules/${file}`, 'r')
    const loaded = finitModule(SYS_FINIT_MODULE, fd, parameters[name] ?? '', 0) as number
    closeSync(fd)
    return loaded !== 0
  })
}

export function powerOff(): void {
  reboot(POWER_OFF)
}

/** Gives a network interface an address in a network of its own, and switches it on. */
export function startInterface(name: string, address: string): void {
  const fd = must(socket(AF_INET, SOCK_DGRAM, 0) as number, 'open a socket')
  const setAddress = (request: number, text: string): void => {
    const data = Buffer.alloc(40)
    data.write(name)
    data.writeUInt16LE(AF_INET, 16)
    for (const [index, part] of text.split('.').entries()) data[20 + index] = Number(part)
    must(ioctl(fd, request, data) as number, `set the address of ${name}`)
  }
  setAddress(SIOCSIFADDR, address)
  setAddress(SIOCSIFNETMASK, '255.255.255.0')
  const flags = Buffer.alloc(40)
  flags.write(name)
  flags.writeUInt16LE(IFF_UP_RUNNING_MULTICAST, 16)
  must(ioctl(fd, SIOCSIFFLAGS, flags) as number, `switch ${name} on`)
  closeSync(fd)
}

export function writeSetting(path: string, value: string): void {
  writeFileSync(path, value)
}

/** A hardware clock, read as a POSIX clock between two readings of the local oscillator: the way that none of src/ goes. */
export function readPosixClock(fd: number): { readonly from: MonoNs; readonly shownNs: bigint; readonly to: MonoNs } {
  const timespec = new BigInt64Array(2)
  const from = readMonoNs()
  must(clockGettime(posixClock(fd), timespec) as number, 'read the clock of a device')
  const to = readMonoNs()
  return { from, shownNs: (timespec[0] ?? 0n) * 1_000_000_000n + (timespec[1] ?? 0n), to: monoNs(to) }
}

/** Sets a hardware clock so much ahead, as a daemon does that steps it. */
export function advancePosixClock(fd: number, byNs: bigint): void {
  const { shownNs } = readPosixClock(fd)
  const aheadNs = shownNs + byNs
  const timespec = BigInt64Array.of(aheadNs / 1_000_000_000n, aheadNs % 1_000_000_000n)
  must(clockSettime(posixClock(fd), timespec) as number, 'set the clock of a device')
}

/** The clock of an open device (clock_getres(2), FD_TO_CLOCKID). */
function posixClock(fd: number): number {
  return (~fd << 3) | 3
}

function must(returned: number, attempted: string): number {
  if (returned < 0) throw new Error(`${attempted}: errno ${koffi.errno()}`)
  return returned
}
