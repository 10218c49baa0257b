import { assert } from '../core/assert.ts'
import { divFloor } from '../core/integer.ts'
import { NS_PER_SECOND } from '../core/time.ts'

/**
 * The shared memory of ClockBound's protocol version 2 (aws/clock-bound, docs/PROTOCOL.md): 80 bytes in the byte order of
 * the machine, which is little-endian on both that this runs on. Whoever reads it takes a copy between two equal, even
 * generations.
 */
export interface ClockBoundSegment {
  write(content: ClockBoundContent): void
}

/** Instants are those of CLOCK_MONOTONIC_COARSE. */
export interface ClockBoundContent {
  readonly asOfNs: bigint
  readonly voidAfterNs: bigint
  /** How far CLOCK_REALTIME was from the true time at most, as of then. */
  readonly boundNs: bigint
  /** By how much that may have grown since, ppb. */
  readonly driftPpb: number
  /** 0 unknown, 1 synchronized, 2 free running, 3 disrupted. */
  readonly status: number
}

export const SEGMENT_BYTES = 80

/** "AMZN" and "CB" with the segment's own version, as two native words. */
const MAGIC = 0x4342_0200_414d_5a4en
const VERSION = 2

const VERSION_AT = 12
const GENERATION_AT = 14
const SIZE_AT = 8
const AS_OF_AT = 16
const VOID_AFTER_AT = 32
const BOUND_AT = 48
const DISRUPTION_MARKER_AT = 56
const DRIFT_AND_STATUS_AT = 64
const DISRUPTION_SUPPORT_AT = 72

const GENERATION_MAX = 65_534

/** A segment that was there before goes on from its generation: readers may have it mapped. */
export function createClockBoundSegment(memory: ArrayBuffer): ClockBoundSegment {
  assert(memory.byteLength === SEGMENT_BYTES, `a segment has ${SEGMENT_BYTES} bytes`)
  const words = new BigInt64Array(memory)
  const halves = new Uint16Array(memory)
  const store = (at: number, value: bigint): void => {
    Atomics.store(words, at / 8, value)
  }
  const storeInstant = (at: number, ns: bigint): void => {
    const seconds = divFloor(ns, NS_PER_SECOND)
    store(at, seconds)
    store(at + 8, ns - seconds * NS_PER_SECOND)
  }
  const isOurs = Atomics.load(words, 0) === MAGIC && Atomics.load(halves, VERSION_AT / 2) === VERSION
  // Generation 0 is a segment that holds nothing yet.
  let generation = isOurs ? Atomics.load(halves, GENERATION_AT / 2) : 0
  if (!isOurs) {
    Atomics.store(halves, GENERATION_AT / 2, 0)
    Atomics.store(halves, VERSION_AT / 2, VERSION)
    store(0, MAGIC)
  }
  Atomics.store(new Uint32Array(memory), SIZE_AT / 4, SEGMENT_BYTES)

  return {
    write: ({ asOfNs, voidAfterNs, boundNs, driftPpb, status }) => {
      // Odd while it is written: also after a writer that died meanwhile.
      generation = generation >= GENERATION_MAX ? 1 : generation + (generation % 2 === 0 ? 1 : 2)
      Atomics.store(halves, GENERATION_AT / 2, generation)
      storeInstant(AS_OF_AT, asOfNs)
      storeInstant(VOID_AFTER_AT, voidAfterNs)
      store(BOUND_AT, boundNs)
      // The marker of a hypervisor's clock, and whether there is one: an appliance is no guest.
      store(DISRUPTION_MARKER_AT, 0n)
      store(DRIFT_AND_STATUS_AT, BigInt(driftPpb) | (BigInt(status) << 32n))
      store(DISRUPTION_SUPPORT_AT, 0n)
      generation += 1
      Atomics.store(halves, GENERATION_AT / 2, generation)
    },
  }
}
