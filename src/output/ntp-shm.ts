import { ok, type Result } from '../core/fault.ts'
import { divFloor } from '../core/integer.ts'
import { NS_PER_SECOND } from '../core/time.ts'
import { attachSharedMemory } from '../linux/shared-memory.ts'
import type { Output } from './output.ts'
import { type SystemTime, type TellingLimits, withinLimits } from './system-time.ts'

export interface NtpShmOptions extends TellingLimits {
  readonly unit: number
}

/**
 * The shared memory that ntpd's driver 28, chronyd's SHM and others read (ntp, ntpd/refclock_shm.c, struct shmTime of a
 * 64-bit machine): 96 bytes of whole words, written in mode 1, where a reader takes a copy between two equal counts and
 * then clears `valid`.
 */
const SHM_BYTES = 96
const KEY = 0x4e54_5030

const MODE_AT = 0
const COUNT_AT = 4
const CLOCK_SECONDS_AT = 8
const CLOCK_MICROSECONDS_AT = 16
const RECEIVE_SECONDS_AT = 24
const RECEIVE_MICROSECONDS_AT = 32
const LEAP_AT = 36
const PRECISION_AT = 40
const SAMPLES_AT = 44
const VALID_AT = 48
const CLOCK_NANOSECONDS_AT = 52
const RECEIVE_NANOSECONDS_AT = 56

const LEAPS = { none: 0, insert: 1, delete: 2 } as const

/** The first two are for what root writes, by the custom of ntpd. */
const ROOT_UNITS = 2

const EVERY_MS = 1_000

/** Faults: `shm.attach`; of `tell` those of `withinLimits`. */
export function openNtpShm({ unit, ...limits }: NtpShmOptions): Result<Output> {
  const attached = attachSharedMemory(KEY + unit, SHM_BYTES, unit < ROOT_UNITS ? 0o600 : 0o660)
  if (!attached.ok) return attached
  const memory = attached.value
  const integers = new Int32Array(memory.buffer)
  const longs = new BigInt64Array(memory.buffer)
  Atomics.store(integers, VALID_AT / 4, 0)
  return ok({
    name: 'ntpShm',
    everyMs: EVERY_MS,
    tell: (time) => {
      const told = time.ok ? withinLimits(time.value, limits) : time
      if (told.ok) write(integers, longs, told.value)
      else Atomics.store(integers, VALID_AT / 4, 0)
      return told.ok ? ok(undefined) : told
    },
    close: () => {
      Atomics.store(integers, VALID_AT / 4, 0)
      memory.close()
    },
  })
}

function write(integers: Int32Array, longs: BigInt64Array, time: SystemTime): void {
  const store = (at: number, value: number): void => {
    Atomics.store(integers, at / 4, value)
  }
  const storeInstant = (ns: bigint, at: readonly [seconds: number, micro: number, nano: number]): void => {
    const seconds = divFloor(ns, NS_PER_SECOND)
    const nanoseconds = Number(ns - seconds * NS_PER_SECOND)
    Atomics.store(longs, at[0] / 8, seconds)
    store(at[1], Math.floor(nanoseconds / 1_000))
    store(at[2], nanoseconds)
  }
  const count = Atomics.load(integers, COUNT_AT / 4)
  store(VALID_AT, 0)
  store(COUNT_AT, (count + 1) | 0)
  store(MODE_AT, 1)
  storeInstant(time.shownNs + time.offsetNs, [CLOCK_SECONDS_AT, CLOCK_MICROSECONDS_AT, CLOCK_NANOSECONDS_AT])
  storeInstant(time.shownNs, [RECEIVE_SECONDS_AT, RECEIVE_MICROSECONDS_AT, RECEIVE_NANOSECONDS_AT])
  store(LEAP_AT, LEAPS[time.leap])
  store(PRECISION_AT, Math.ceil(Math.log2(Number(time.uncertaintyNs) / 1e9)))
  store(SAMPLES_AT, 1)
  store(COUNT_AT, (count + 2) | 0)
  store(VALID_AT, 1)
}
