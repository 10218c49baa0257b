import { decodeRecord } from '../../attestation/record.ts'
import type { RecordWanted, WireMessage } from '../../consensus/wire-message.ts'
import type { Fault, Result } from '../../core/fault.ts'
import type { RecordReader } from '../../ledger/record-store.ts'
import { createTokenBucket, type TokenBucket } from '../../transport/token-bucket.ts'

/** Records, within what one peer is given: a member that asks as it should asks for each once. */
export interface RecordAnswers {
  /** Undefined when there is none, or when its sender asks too fast. */
  answer(from: number, wanted: RecordWanted, nowMs: number): WireMessage | undefined
}

const RECORDS_PER_SECOND = 4
const LOGS_PER_SECOND = 0.5
const LOGS_AT_ONCE = 4

export function createRecordAnswers(
  store: Pick<RecordReader, 'record' | 'eventLog'>,
  members: number,
  note: (fault: Fault) => void,
): RecordAnswers {
  const records = new Map<number, TokenBucket>()
  const logs = new Map<number, TokenBucket>()
  const allows = (buckets: Map<number, TokenBucket>, from: number, nowMs: number): boolean => {
    const isLog = buckets === logs
    const bucket =
      buckets.get(from) ??
      createTokenBucket(isLog ? LOGS_PER_SECOND : RECORDS_PER_SECOND, isLog ? LOGS_AT_ONCE : 2 * members)
    buckets.set(from, bucket)
    return bucket.take(nowMs)
  }
  const read = (from: Result<Uint8Array | undefined>): Uint8Array | undefined => {
    if (!from.ok) note(from.fault)
    return from.ok ? from.value : undefined
  }
  return {
    answer: (from, { digest, withEventLog }, nowMs) => {
      if (!allows(records, from, nowMs)) return undefined
      const record = read(store.record(digest))
      if (record === undefined) return undefined
      const named = withEventLog && allows(logs, from, nowMs) ? decodeRecord(record) : undefined
      const logDigest = named?.ok === true ? named.value.statement.eventLogDigest : undefined
      const eventLog = logDigest && read(store.eventLog(logDigest))
      return { kind: 'record', value: { record, eventLog } }
    },
  }
}
