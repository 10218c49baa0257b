import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { decode as decodeCbor, encode as encodeCbor } from 'cborg'
import { recordBytes, recordOf, STATEMENT, unattestedBytes } from '../../test/support/attestation-records.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { ENROLMENT_BYTES_MAX } from './enrolment.ts'
import { INVENTORY_ITEMS_MAX, type InventoryItem } from './inventory.ts'
import {
  type AttestationRecord,
  decodeRecord,
  encodeRecord,
  RECORD_BYTES_MAX,
  recordDigest,
  statementBinding,
} from './record.ts'

test('a record is read as it was written, and its digest is SHA-384 of its bytes', () => {
  for (const bytes of [recordBytes(), unattestedBytes()]) {
    assert.deepEqual(encodeRecord(unwrap(decodeRecord(bytes))), bytes)
    assert.deepEqual(recordDigest(bytes), new Uint8Array(createHash('sha384').update(bytes).digest()))
  }
})

test('the quote is bound to the statement, by another encoder and another hash', () => {
  const sha = (name: string, value: unknown): Uint8Array => {
    return new Uint8Array(createHash(name).update(encodeCbor(value)).digest())
  }
  const { cluster, keyHash, certificate } = STATEMENT
  const statement = (decodeCbor(recordBytes()) as readonly unknown[])[1]
  const hashes = [keyHash, certificate?.hash, sha('sha384', statement)]
  const binding = ['quorumtime/v1/attestation', cluster, ...hashes, new Uint8Array()]
  assert.deepEqual(statementBinding(STATEMENT), sha('sha256', binding))
})

test('enrolment and evidence come with a TPM, and with nothing else', () => {
  const record = recordOf()
  const wrong: readonly AttestationRecord[] = [
    { ...record, evidence: undefined },
    { ...record, statement: { ...STATEMENT, provider: 'none' } },
    { ...record, statement: { ...STATEMENT, enrolment: undefined } },
    { ...record, statement: { ...STATEMENT, provider: 'none' }, evidence: undefined },
  ]
  for (const one of wrong) assert.equal(faultOf(decodeRecord(encodeRecord(one))).code, 'encoding.rule')
})

test('parts are in order, each once', () => {
  const [instrument, board] = STATEMENT.inventory
  for (const inventory of [
    [board!, instrument!],
    [board!, board!],
  ]) {
    assert.equal(faultOf(decodeRecord(recordBytes({ inventory }))).code, 'encoding.rule')
  }
})

test('the longest record that there can be has its room', (t) => {
  const item = (_: unknown, index: number): InventoryItem => ({
    part: 'network-card',
    name: String(index).padStart(64, '0'),
    kind: 'k'.repeat(64),
    identity: 'i'.repeat(256),
    serialNumber: 's'.repeat(64),
    firmware: 'f'.repeat(64),
  })
  const record = recordOf({
    cluster: 'c'.repeat(64),
    name: 'n'.repeat(64),
    member: 99,
    certificate: { height: Number.MAX_SAFE_INTEGER, hash: new Uint8Array(48) },
    enrolment: new Uint8Array(ENROLMENT_BYTES_MAX),
    eventLogDigest: new Uint8Array(48),
    inventory: Array.from({ length: INVENTORY_ITEMS_MAX }, item),
  })
  const evidence = {
    quote: new Uint8Array(1024),
    signature: new Uint8Array(640),
    pcrValues: Array.from({ length: 24 }, () => new Uint8Array(64)),
  }
  const bytes = encodeRecord({ ...record, evidence })
  t.diagnostic(`${bytes.length} bytes of ${RECORD_BYTES_MAX}; the usual one ${recordBytes().length}`)
  unwrap(decodeRecord(bytes))
})
