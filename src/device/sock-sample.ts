import { fail, ok, type Result } from '../core/fault.ts'
import { abs, divCeil, divFloor } from '../core/integer.ts'
import { NS_PER_MICROSECOND, NS_PER_SECOND, type RealtimeNs, realtimeNs } from '../core/time.ts'

/**
 * The datagram of chrony's SOCK reference clock (chrony, refclock_sock.c, struct sock_sample on a 64-bit machine): what
 * gpsd and others send to whoever bound the socket. 40 bytes, little-endian on every machine this runs on:
 * i64 seconds, i64 microseconds, f64 offset, i32 pulse, i32 leap, 4 bytes of padding, i32 magic.
 */
export interface SockSample {
  /** System time of the measurement, a multiple of 1 µs, for the sender cut the rest off. */
  readonly systemNs: RealtimeNs
  /** True time less system time, seconds; of a pulse the other way round (see `pulseAt`). */
  readonly offsetSeconds: number
  /** The sender knows the edge of a second, and not of which second. */
  readonly isPulse: boolean
  /** 0 none, 1 insert, 2 delete: the leap second that a full time announces. */
  readonly leap: number
}

export const SOCK_SAMPLE_BYTES = 40

/** "SOCK" */
const MAGIC = 0x534f434b

/** Instants beyond the year 2200 are no measurement; this keeps all arithmetic far from its limits. */
const SECONDS_MAX = 7_258_118_400n
const MICROSECONDS_MAX = 999_999n

export function encodeSockSample(sample: SockSample): Uint8Array {
  const bytes = new Uint8Array(SOCK_SAMPLE_BYTES)
  const view = new DataView(bytes.buffer)
  const seconds = divFloor(sample.systemNs, NS_PER_SECOND)
  view.setBigInt64(0, seconds, true)
  view.setBigInt64(8, (sample.systemNs - seconds * NS_PER_SECOND) / NS_PER_MICROSECOND, true)
  view.setFloat64(16, sample.offsetSeconds, true)
  view.setInt32(24, sample.isPulse ? 1 : 0, true)
  view.setInt32(28, sample.leap, true)
  view.setInt32(36, MAGIC, true)
  return bytes
}

/**
 * `length` is that of the datagram, of which `bytes` holds as much as fitted. Faults: `sock.length`, `sock.magic`,
 * `sock.time`, `sock.offset`.
 */
export function decodeSockSample(bytes: Uint8Array, length: number): Result<SockSample> {
  if (length !== SOCK_SAMPLE_BYTES) {
    return fail('sock.length', `sock datagram: expected ${SOCK_SAMPLE_BYTES} bytes, got ${length}`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, SOCK_SAMPLE_BYTES)
  const magic = view.getUint32(36, true)
  if (magic !== MAGIC) {
    return fail('sock.magic', `sock datagram: expected magic 0x${MAGIC.toString(16)}, got 0x${magic.toString(16)}`)
  }
  const seconds = view.getBigInt64(0, true)
  const microseconds = view.getBigInt64(8, true)
  if (seconds < 0n || seconds > SECONDS_MAX || microseconds < 0n || microseconds > MICROSECONDS_MAX) {
    return fail(
      'sock.time',
      `sock datagram: expected a time from 1970 to 2200, got ${seconds} s and ${microseconds} µs`,
    )
  }
  const offsetSeconds = view.getFloat64(16, true)
  if (!(Math.abs(offsetSeconds) <= Number(SECONDS_MAX))) {
    return fail('sock.offset', `sock datagram: expected an offset within ±${SECONDS_MAX} s, got ${offsetSeconds}`)
  }
  return ok({
    systemNs: realtimeNs(seconds * NS_PER_SECOND + microseconds * NS_PER_MICROSECOND),
    offsetSeconds,
    isPulse: view.getInt32(24, true) !== 0,
    leap: view.getInt32(28, true),
  })
}

/**
 * The pulse of an instrument whose edge was at `edge` on the system's clock, of a second that is not told. chrony takes its
 * offset for that of the system's clock from the second (refclock.c, RCL_AddPulse, where refclock_pps.c hands in the
 * fraction that the clock showed), against its own documentation: chronyd 4.3 shows a clock that is 2 ms slow as slow
 * after a full time of +2 ms, and after a pulse of −2 ms.
 */
export function pulseAt(edge: RealtimeNs): SockSample {
  const offsetNs = edge - roundToSecond(edge)
  const systemNs = realtimeNs(divFloor(edge, NS_PER_MICROSECOND) * NS_PER_MICROSECOND)
  return { systemNs, offsetSeconds: Number(offsetNs) / 1e9, isPulse: true, leap: 0 }
}

/** Where on the system's clock the edge of a second was. */
export interface SystemEdge {
  readonly systemNs: RealtimeNs
  /** What the encoding leaves open, ns. */
  readonly uncertaintyNs: bigint
}

/** A sample this far from the edge it tells of was not taken at an edge: cutting to µs moves it by less than 1 µs. */
const EDGE_DISTANCE_NS_MAX = 2_000n

/**
 * The edge that a sample tells of. At the system time `edge` a true second S began, and offset = S − edge; so
 * edge = S − offset, where S is the whole second next to system time + offset. The microseconds that the sender cut off
 * the system time only choose S: they are in the offset, which the sender took before cutting.
 *
 * gpsd sends its pulses as full time (pulse = 0, leap 0 … 2), which is as good an edge. Of samples with pulse ≠ 0 chrony
 * documents the same sign and then subtracts the offset (refclock.c, RCL_AddPulse), so both kinds of sender are about:
 * the reading that puts the edge where the sample was taken is the right one. Where both do they are at most 4 µs
 * apart, and the uncertainty covers the other. Faults: `sock.off-second`, and `sock.leap` for a full time that its
 * sender does not believe (3), which chrony ignores too.
 */
export function edgeOf(sample: SockSample): Result<SystemEdge> {
  if (!sample.isPulse && (sample.leap < 0 || sample.leap > 2)) {
    return fail('sock.leap', `sock sample: expected leap 0, 1 or 2 of a full time, got ${sample.leap}`)
  }
  const { offsetNs, errorNs } = offsetOf(sample)
  const readings = sample.isPulse ? [-offsetNs, offsetNs] : [offsetNs]
  const edges = readings
    .map((reading) => roundToSecond(sample.systemNs + reading) - reading)
    .filter((edge) => abs(edge - sample.systemNs) <= EDGE_DISTANCE_NS_MAX)
  const [edge, other] = edges
  if (edge === undefined) {
    const at = `${sample.systemNs} ns with an offset of ${sample.offsetSeconds} s`
    return fail('sock.off-second', `sock sample: expected one taken at the edge of a second, got one at ${at}`)
  }
  return ok({ systemNs: realtimeNs(edge), uncertaintyNs: errorNs + abs((other ?? edge) - edge) })
}

/** The offset in ns, and how far it may be off: senders round a few times at 53 bits, here it is rounded to whole ns. */
function offsetOf({ offsetSeconds }: SockSample): { offsetNs: bigint; errorNs: bigint } {
  // The whole seconds are taken apart first; a product with 1e9 would round by more than the encoding did.
  const wholeSeconds = Math.trunc(offsetSeconds)
  const offsetNs = BigInt(wholeSeconds) * NS_PER_SECOND + BigInt(Math.round((offsetSeconds - wholeSeconds) * 1e9))
  return { offsetNs, errorNs: 1n + divCeil(abs(offsetNs), 1n << 51n) }
}

function roundToSecond(ns: bigint): bigint {
  return divFloor(ns + NS_PER_SECOND / 2n, NS_PER_SECOND) * NS_PER_SECOND
}
