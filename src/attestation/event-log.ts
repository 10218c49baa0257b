import { concatBytes, equalBytes, utf8 } from '../core/bytes.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import type { PcrValues } from './pcr-selection.ts'
import { PCR_COUNT } from './pcr-selection.ts'
import { type Digest, type HashAlgorithm, hashOf } from './tpm-algorithm.ts'

/** One measurement of the boot firmware: what was extended into a register, and what it was made of. */
export interface MeasuredEvent {
  readonly pcr: number
  /** EV_… (TCG PC Client Platform Firmware Profile, table 14). */
  readonly type: number
  /** By the identifier of the hash algorithm. */
  readonly digests: ReadonlyMap<number, Uint8Array>
  readonly data: Uint8Array
}

export interface EventLog {
  readonly events: readonly MeasuredEvent[]
  /** Identifier → length, of every algorithm that each event has a digest of. */
  readonly digestBytes: ReadonlyMap<number, number>
}

/**
 * The Linux kernel keeps whole logs of tens of kilobytes; one of a server with many option ROMs has some hundred. One of this
 * length goes into one frame beside the longest record.
 */
export const LOG_BYTES_MAX = 959 * 1024
const EVENTS_MAX = 16_384
const ALGORITHMS_MAX = 8
const DIGEST_BYTES_MAX = 64

/** Is not extended: it says something about the log itself. */
const EV_NO_ACTION = 3
const SHA1_BYTES = 20
const SPEC_ID = utf8('Spec ID Event03\0')
/** signature[16], u32 platformClass, u8 minor, major, errata, uintnSize, u32 numberOfAlgorithms. */
const ALGORITHMS_AT = 28
const STARTUP_LOCALITY = utf8('StartupLocality\0')
/** Registers that a dynamic launch resets: all ones until then (PC Client Platform TPM Profile, table 6). */
const DYNAMIC_FIRST = 17
const DYNAMIC_LAST = 22

/**
 * The log of a measured boot as the kernel shows it (binary_bios_measurements; TCG PC Client Platform Firmware Profile,
 * 10.2), little-endian: a first event of the old form, which lists the hash algorithms, then TCG_PCR_EVENT2
 * {u32 pcr, u32 type, u32 count, {u16 algorithm, digest}…, u32 size, data}. Fault: `event-log.format`.
 */
export function parseEventLog(bytes: Uint8Array): Result<EventLog> {
  if (bytes.length > LOG_BYTES_MAX) {
    return malformed(0, `at most ${LOG_BYTES_MAX} bytes`, `${bytes.length}`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headBytes = 4 + 4 + SHA1_BYTES + 4
  if (bytes.length < headBytes) return malformed(0, 'a first event', `${bytes.length} bytes`)
  const specificationBytes = view.getUint32(headBytes - 4, true)
  let at = headBytes + specificationBytes
  if (at > bytes.length) return malformed(headBytes, `${specificationBytes} bytes`, `${bytes.length - headBytes}`)
  const digestBytes = parseSpecification(bytes.subarray(headBytes, at))
  if (!digestBytes.ok) return digestBytes
  const events: MeasuredEvent[] = []
  while (at < bytes.length) {
    if (events.length === EVENTS_MAX) return malformed(at, `at most ${EVENTS_MAX} events`, 'more')
    const parsed = parseEvent(bytes, view, at, digestBytes.value)
    if (!parsed.ok) return parsed
    events.push(parsed.value.event)
    at = parsed.value.end
  }
  return ok({ events, digestBytes: digestBytes.value })
}

/** TCG_EfiSpecIdEvent: which algorithms there are, and how long their digests. */
function parseSpecification(data: Uint8Array): Result<ReadonlyMap<number, number>> {
  if (data.length < ALGORITHMS_AT || !equalBytes(data.subarray(0, SPEC_ID.length), SPEC_ID)) {
    return malformed(0, 'an event "Spec ID Event03" first', `${data.length} bytes of another`)
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const count = view.getUint32(ALGORITHMS_AT - 4, true)
  if (count === 0 || count > ALGORITHMS_MAX || ALGORITHMS_AT + 4 * count > data.length) {
    return malformed(0, `1 to ${ALGORITHMS_MAX} hash algorithms`, `${count}`)
  }
  const digestBytes = new Map<number, number>()
  for (let index = 0; index < count; index++) {
    const id = view.getUint16(ALGORITHMS_AT + 4 * index, true)
    const length = view.getUint16(ALGORITHMS_AT + 4 * index + 2, true)
    const known = hashOf(id)
    if (
      length === 0 ||
      length > DIGEST_BYTES_MAX ||
      digestBytes.has(id) ||
      (known !== undefined && known.bytes !== length)
    ) {
      return malformed(0, 'each hash algorithm once, with its length', `0x${id.toString(16)} with ${length} bytes`)
    }
    digestBytes.set(id, length)
  }
  return ok(digestBytes)
}

function parseEvent(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  digestBytes: ReadonlyMap<number, number>,
): Result<{ readonly event: MeasuredEvent; readonly end: number }> {
  let at = start
  const has = (length: number): boolean => length <= bytes.length - at
  if (!has(12)) return malformed(start, 'an event of 12 bytes or more', `${bytes.length - start}`)
  const pcr = view.getUint32(at, true)
  const type = view.getUint32(at + 4, true)
  const count = view.getUint32(at + 8, true)
  at += 12
  if (count !== digestBytes.size) return malformed(start, `${digestBytes.size} digests`, `${count}`)
  const digests = new Map<number, Uint8Array>()
  for (let index = 0; index < count; index++) {
    const id = has(2) ? view.getUint16(at, true) : 0
    const length = digestBytes.get(id)
    if (length === undefined || digests.has(id) || !has(2 + length)) {
      return malformed(at, 'a digest of each algorithm', `0x${id.toString(16)}`)
    }
    digests.set(id, bytes.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  const size = has(4) ? view.getUint32(at, true) : undefined
  at += 4
  if (size === undefined || !has(size)) return malformed(start, 'data to its end', `${size ?? 'no'} bytes`)
  // An event that is not extended may stand under no register at all.
  if (type !== EV_NO_ACTION && pcr >= PCR_COUNT) return malformed(start, `a register below ${PCR_COUNT}`, `${pcr}`)
  return ok({ event: { pcr, type, digests, data: bytes.subarray(at, at + size) }, end: at + size })
}

/**
 * What the registers of one bank hold after the measurements of the log. That the digests are those of the data is not
 * said by this: for many types of events they are of something else (an image, a part of a disk). Fault: `event-log.bank`.
 */
export function replayEventLog(log: EventLog, bank: HashAlgorithm, digest: Digest): Result<PcrValues> {
  if (!log.digestBytes.has(bank.id)) {
    return fail('event-log.bank', `event log: expected digests of ${bank.name}, got none`)
  }
  const values = new Map(Array.from({ length: PCR_COUNT }, (_, pcr) => [pcr, initialValue(pcr, bank)]))
  let begun = false
  for (const { pcr, type, digests, data } of log.events) {
    if (type === EV_NO_ACTION) {
      const locality = startupLocality(data)
      if (pcr === 0 && !begun && locality !== undefined) values.get(0)?.set([locality], bank.bytes - 1)
      continue
    }
    if (pcr === 0) begun = true
    const value = values.get(pcr)
    const measured = digests.get(bank.id)
    if (value !== undefined && measured !== undefined) values.set(pcr, digest(bank.name, concatBytes(value, measured)))
  }
  return ok(values)
}

function initialValue(pcr: number, { bytes }: HashAlgorithm): Uint8Array {
  return new Uint8Array(bytes).fill(pcr >= DYNAMIC_FIRST && pcr <= DYNAMIC_LAST ? 0xff : 0)
}

/** From where TPM2_Startup came is what register 0 begins with (PC Client Platform Firmware Profile, 10.4.5.3). */
function startupLocality(data: Uint8Array): number | undefined {
  const length = STARTUP_LOCALITY.length
  return data.length === length + 1 && equalBytes(data.subarray(0, length), STARTUP_LOCALITY) ? data[length] : undefined
}

function malformed(at: number, expected: string, came: string): Result<never> {
  return fail('event-log.format', `event log: expected ${expected} at byte ${at}, got ${came}`)
}
