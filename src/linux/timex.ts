import { ok, type Result } from '../core/fault.ts'
import { failWithErrno, libc } from './libc.ts'

/** What is to happen, or happens, to CLOCK_REALTIME at the end of a UTC day. */
type KernelLeap = 'none' | 'insert' | 'delete' | 'inserting' | 'done'

/** What the kernel says of CLOCK_REALTIME on behalf of whoever steers it. */
export interface KernelClock {
  /** Somebody vouches for it: STA_UNSYNC is off. */
  readonly synchronized: boolean
  readonly leap: KernelLeap
  /** Undefined while nobody has told the kernel: then its CLOCK_TAI shows UTC. */
  readonly taiMinusUtcSeconds: number | undefined
  /** What the one who steers it claims its error to be at most; the kernel lets it grow by 500 ppm. */
  readonly claimedErrorNs: bigint
  /** How much faster than its oscillator it is made to run, ppb, ticks included. */
  readonly steeredPpb: bigint
}

/** struct timex (include/uapi/linux/timex.h) on a 64-bit machine, the same on x86-64 and aarch64. */
export const TIMEX_BYTES = 208

const FREQUENCY_AT = 16
const MAX_ERROR_AT = 24
const STATUS_AT = 40
const TICK_AT = 88
const TAI_AT = 160

export const STA_INS = 0x10
export const STA_DEL = 0x20
export const STA_UNSYNC = 0x40

/** What the call returns while a leap second goes on, and until its flag is taken back. */
export const TIME_OOP = 3
export const TIME_WAIT = 4

/** A tick of the kernel's is so many µs by design (USER_HZ is 100), and a µs in it is 100 ppm. */
const TICK_MICROSECONDS = 10_000n
const PPB_PER_TICK_MICROSECOND = 100_000n
/** Frequencies are in ppm with 16 bits of fraction. */
const FREQUENCY_UNIT = 65_536n

/**
 * adjtimex(2) itself: the function of that name in glibc calls clock_adjtime, which also steers hardware clocks, and which
 * a sandbox has no reason to allow. From include/uapi/asm-generic/unistd.h, and arch/x86/entry/syscalls/syscall_64.tbl.
 */
const SYS_ADJTIMEX = process.arch === 'arm64' ? 171 : 159

const syscall = libc.func('long syscall(long number, void *timex)') as (number: number, timex: Uint8Array) => number

/**
 * Asks, and changes nothing: that needs no privilege. Fault `linux.adjtimex`: a sandbox refuses the call
 * (`ProtectClock=` of systemd does).
 */
export function readKernelClock(): Result<KernelClock> {
  const timex = new Uint8Array(TIMEX_BYTES)
  const state = syscall(SYS_ADJTIMEX, timex)
  return state < 0
    ? failWithErrno('linux.adjtimex', 'the system clock: expected to read how it is steered')
    : ok(decodeTimex(timex, state))
}

/** `state`: what the call returned. */
export function decodeTimex(timex: Uint8Array, state: number): KernelClock {
  const view = new DataView(timex.buffer, timex.byteOffset, timex.byteLength)
  const status = view.getInt32(STATUS_AT, true)
  const tai = view.getInt32(TAI_AT, true)
  const ticks = view.getBigInt64(TICK_AT, true) - TICK_MICROSECONDS
  return {
    synchronized: (status & STA_UNSYNC) === 0,
    leap: leapOf(status, state),
    taiMinusUtcSeconds: tai === 0 ? undefined : tai,
    claimedErrorNs: view.getBigInt64(MAX_ERROR_AT, true) * 1_000n,
    steeredPpb: (view.getBigInt64(FREQUENCY_AT, true) * 1_000n) / FREQUENCY_UNIT + ticks * PPB_PER_TICK_MICROSECOND,
  }
}

/** The flags outlive their second until somebody clears them; the state then says that it is over. */
function leapOf(status: number, state: number): KernelLeap {
  if (state === TIME_OOP) return 'inserting'
  if (state === TIME_WAIT) return 'done'
  if ((status & STA_INS) !== 0) return 'insert'
  return (status & STA_DEL) === 0 ? 'none' : 'delete'
}
