import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  ENROLMENT_CONTEXT,
  type Enrolment,
  enrolmentContent,
  signedEnrolmentCodec,
} from '../../src/attestation/enrolment.ts'
import { type Judgement, type JudgementContext, judgeRecord } from '../../src/attestation/judge.ts'
import type { KnownNode } from '../../src/attestation/node-history.ts'
import { DEFAULT_POLICY } from '../../src/attestation/policy.ts'
import { encodeRecord, recordDigest, type Statement, statementBinding } from '../../src/attestation/record.ts'
import { platformDigest } from '../../src/attestation/tpm/platform-digest.ts'
import { quoteWithValues } from '../../src/attestation/tpm/quote.ts'
import { extendRegister } from '../../src/attestation/tpm/registers.ts'
import { SHA256 } from '../../src/attestation/tpm-algorithm.ts'
import { encode } from '../../src/core/encoding.ts'
import { sha384 } from '../../src/core/hash.ts'
import { NS_PER_SECOND, taiNs } from '../../src/core/time.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { unwrap } from '../support/results.ts'
import { openScope } from '../support/scope.ts'
import { type AttestingNode, BOOT, enrolNode, MEANS } from './attesting-node.ts'
import { missingSwtpm, type Swtpm, startSwtpm } from './swtpm.ts'

/** Attestation records out of quotes of software TPMs (swtpm, libtpms), enrolled with ML-DSA-87 by an authority. */

const skip = await missingSwtpm()
const folder = mkdtempSync(join(tmpdir(), 'quorumtime-record-'))
const scope = openScope()
after(async () => {
  await scope.close()
  rmSync(folder, { recursive: true, force: true })
})
const [swtpm, another] =
  skip === false ? [await startSwtpm(scope, folder, 'one'), await startSwtpm(scope, folder, 'other')] : []

const mlDsa = selectMlDsa()
const authority = mlDsa.createSigner(new Uint8Array(32).fill(1))
const keyHash = sha384(mlDsa.createSigner(new Uint8Array(32).fill(2)).publicKey)

function enrol(swtpm: Swtpm, node: AttestingNode, serial: number): Uint8Array {
  const enrolment: Enrolment = {
    format: 'quorumtime-enrolment-1',
    authority: sha384(authority.publicKey),
    fleet: 'bench',
    node: 'node-a',
    serial,
    issuedAt: '2026-11-28T09:00:00Z',
    keyHash,
    attestationKey: node.key,
    scheme: 'ecdsa',
    schemeHash: 'sha256',
    endorsementDigest: sha384(Uint8Array.of(swtpm.port >> 8, swtpm.port)),
    selection: BOOT,
  }
  const content = enrolmentContent(enrolment)
  return encode(signedEnrolmentCodec, { content, signature: authority.sign(ENROLMENT_CONTEXT, content) })
}

function statementOf(enrolment: Uint8Array, height: number, boot: number): Statement {
  return {
    provider: 'tpm2',
    cluster: 'bench',
    member: 0,
    name: 'node-a',
    keyHash,
    certificate: { height, hash: sha384(Uint8Array.of(height)) },
    bootId: new Uint8Array(16).fill(boot),
    enrolment,
    eventLogDigest: undefined,
    softwareDigest: undefined,
    configurationDigest: undefined,
    inventory: [],
  }
}

/** As an appliance makes it: the statement first, and then the quote over it. */
async function makeRecord(swtpm: Swtpm, node: AttestingNode, statement: Statement): Promise<Uint8Array> {
  const binding = statementBinding(statement)
  const { pcrValues, ...signed } = unwrap(await quoteWithValues(swtpm.tpm, node.handle, binding, BOOT, platformDigest))
  const evidence = { ...signed, pcrValues: BOOT.pcrs.map((pcr) => pcrValues.get(pcr) ?? new Uint8Array()) }
  return encodeRecord({ format: 'quorumtime-attestation-1', statement, evidence })
}

function judge(record: Uint8Array, known?: KnownNode, changes: Partial<JudgementContext> = {}): Judgement {
  const context: JudgementContext = {
    subject: { cluster: 'bench', member: 0, name: 'node-a', keyHash, attestationDigest: recordDigest(record) },
    trust: { fleet: 'bench', authorities: [authority.publicKey] },
    // A software TPM that was ended without a word has a clock that is not safe for seconds.
    policy: { ...DEFAULT_POLICY, onFailure: 'refuse', unsafeClock: 'accept' },
    certificates: {
      now: taiNs(100n * NS_PER_SECOND),
      knowableSince: ({ height }) => taiNs(BigInt(height) * NS_PER_SECOND),
    },
    known,
    others: [],
    ...changes,
  }
  const verifyMlDsa = mlDsa.verifier.verifySync.bind(mlDsa.verifier)
  return judgeRecord({ record, eventLog: undefined }, context, { ...MEANS, verifyMlDsa })
}

function codesOf({ reasons }: Judgement): readonly string[] {
  return reasons.map(({ code }) => code)
}

test('the record of a real TPM is verified, and the next one after it', { skip }, async (t) => {
  assert.ok(swtpm)
  const node = await enrolNode(swtpm)
  const enrolment = enrol(swtpm, node, 1)
  const first = await makeRecord(swtpm, node, statementOf(enrolment, 10, 1))
  t.diagnostic(`${first.length} bytes`)
  const judged = judge(first)
  assert.deepEqual([judged.verdict, codesOf(judged)], ['verified', []])
  const next = await makeRecord(swtpm, node, statementOf(enrolment, 20, 1))
  const after = judge(next, judged.seen)
  assert.equal(after.verdict, 'verified')
  // The first one again, although it would not be too old.
  assert.match(codesOf(judge(first, after.seen)).join(), /^(quote\.rolled-back|record\.older)$/)
})

test('a register that changes after the policy was made is told by its number', { skip }, async () => {
  assert.ok(swtpm)
  const node = await enrolNode(swtpm)
  const enrolment = enrol(swtpm, node, 1)
  const before = await makeRecord(swtpm, node, statementOf(enrolment, 10, 1))
  const zeros = {
    ...DEFAULT_POLICY,
    registers: [{ pcr: 5, values: [new Uint8Array(32)] }],
    unsafeClock: 'accept' as const,
  }
  assert.equal(judge(before, undefined, { policy: zeros }).verdict, 'verified')
  unwrap(await extendRegister(swtpm.tpm, 5, SHA256, new Uint8Array(32).fill(1)))
  const updated = await makeRecord(swtpm, node, statementOf(enrolment, 11, 1))
  const judged = judge(updated, undefined, { policy: zeros })
  assert.deepEqual([judged.verdict, codesOf(judged)], ['flagged', ['policy.register']])
  assert.match(judged.reasons[0]?.message ?? '', /PCR 5/)
})

test('another TPM under the same enrolment, and another key of the same TPM, are refused', { skip }, async () => {
  assert.ok(swtpm && another)
  const node = await enrolNode(swtpm)
  const statement = statementOf(enrol(swtpm, node, 1), 10, 1)
  const stranger = await enrolNode(another)
  const second = await enrolNode(swtpm)
  for (const [tpm, other] of [
    [another, stranger],
    [swtpm, second],
  ] as const) {
    const judged = judge(await makeRecord(tpm, other, statement))
    assert.deepEqual([judged.verdict, codesOf(judged)], ['refused', ['quote.signature']])
  }
})

test('a reset that is not owned up to, a clone and an older image are refused', { skip }, async () => {
  assert.ok(another)
  const node = await enrolNode(another)
  const enrolment = enrol(another, node, 1)
  const record = (height: number, boot: number) => makeRecord(another, node, statementOf(enrolment, height, boot))
  const image = another.takeImage()
  const first = judge(await record(10, 1)).seen
  assert.ok(first)
  // The same disk and the state of the same TPM in a second machine, which has a start of its own.
  assert.deepEqual(codesOf(judge(await record(11, 2), first)), ['record.boot'])
  await another.losePower()
  assert.deepEqual(codesOf(judge(await record(12, 1), first)), ['quote.reset'])
  const restarted = judge(await record(12, 2), first)
  assert.equal(restarted.verdict, 'verified')
  await another.losePower()
  const later = judge(await record(13, 3), restarted.seen)
  assert.equal(later.verdict, 'verified')
  await another.losePower(image)
  assert.deepEqual(codesOf(judge(await record(14, 4), later.seen)), ['quote.rolled-back'])
})
