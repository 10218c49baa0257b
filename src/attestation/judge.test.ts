import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  CLOCK,
  CRYPTO,
  contextOf,
  createSoftTpm,
  ENROLMENT,
  enrolmentOf,
  hashOfBlock,
  PCR_VALUES,
  recordBytes,
  recordOf,
  STATEMENT,
  STRANGER,
  signEnrolment,
  TPM,
  unattestedBytes,
} from '../../test/support/attestation-records.ts'
import { decode, encode } from '../core/encoding.ts'
import { sha384 } from '../core/hash.ts'
import { signedEnrolmentCodec } from './enrolment.ts'
import { buildEventLog } from './event-log-fixture.ts'
import { type JudgementContext, judgeRecord } from './judge.ts'
import type { KnownNode } from './node-history.ts'
import { type AttestationPolicy, DEFAULT_POLICY } from './policy.ts'
import { encodeRecord, type Statement } from './record.ts'
import { SHA256, SHA384 } from './tpm-algorithm.ts'
import type { TpmClockInfo } from './tpm-attest.ts'

const HONEST = recordBytes()

function judge(bytes: Uint8Array, changes: Partial<JudgementContext> = {}, eventLog?: Uint8Array) {
  return judgeRecord({ record: bytes, eventLog }, contextOf(bytes, changes), CRYPTO)
}

function seenOf(bytes: Uint8Array, changes: Partial<JudgementContext> = {}): KnownNode {
  const { seen, reasons } = judge(bytes, changes)
  assert.ok(seen, reasons.map(({ message }) => message).join())
  return seen
}

const KNOWN = seenOf(HONEST)

const policy = (changes: Partial<AttestationPolicy>): Partial<JudgementContext> => ({
  policy: { ...DEFAULT_POLICY, ...changes },
})
const saw = (clock: Partial<TpmClockInfo>, changes: Partial<KnownNode> = {}): Partial<JudgementContext> => ({
  known: { ...KNOWN, clock: { ...CLOCK, ...clock }, ...changes },
})

test('a record of which everything is so is verified, with what the policy does not ask about', () => {
  const judgement = judge(HONEST)
  assert.deepEqual([judgement.verdict, judgement.reasons], ['verified', []])
  assert.deepEqual(judgement.unchecked, ['registers', 'tpm-firmware', 'software'])
  const strict = policy({
    onFailure: 'refuse',
    unattested: 'refuse',
    registers: DEFAULT_POLICY.selection.pcrs.map((pcr) => ({ pcr, values: [PCR_VALUES[pcr]!] })),
    firmwareVersions: [7n],
    softwareDigests: [STATEMENT.softwareDigest!],
  })
  const asked = judge(HONEST, strict)
  assert.deepEqual([asked.verdict, asked.unchecked], ['verified', []])
})

test('a record that is shown again, and the next one of the same node, are verified', () => {
  assert.equal(judge(HONEST, { known: KNOWN, others: [KNOWN] }).verdict, 'verified')
  const next = recordBytes(
    { certificate: { height: 1050, hash: hashOfBlock(1050) } },
    { clock: { ...CLOCK, clockMs: 60_000n } },
  )
  assert.equal(judge(next, { known: KNOWN }).verdict, 'verified')
  const restarted = recordBytes(
    { bootId: new Uint8Array(16) },
    { clock: { ...CLOCK, resetCount: 8, clockMs: 60_000n } },
  )
  assert.equal(judge(restarted, { known: KNOWN }).verdict, 'verified')
})

const other = createSoftTpm(2)
const reEnrolled = signEnrolment(enrolmentOf(other, { serial: 6 }))
const swapped = (statement: Partial<Statement>): Uint8Array => {
  const { evidence } = recordOf()
  return encodeRecord({ format: 'quorumtime-attestation-1', statement: { ...STATEMENT, ...statement }, evidence })
}
const { signature } = (() => {
  const signed = decode(signedEnrolmentCodec, ENROLMENT, 'enrolment')
  assert.ok(signed.ok)
  return signed.value
})()

/** The attack, the reason, the bytes, and what the verifier knows beside the usual. */
const ATTACKS: readonly (readonly [
  what: string,
  code: string,
  record: Uint8Array,
  context?: Partial<JudgementContext>,
])[] = [
  // A quote that was made for something else, or earlier.
  [
    'a quote replayed under a new certificate',
    'quote.binding',
    swapped({ certificate: { height: 1090, hash: hashOfBlock(1090) } }),
  ],
  ['an older record replayed', 'record.older', recordBytes(), saw({}, { height: 1001 })],
  ['a record of half an hour ago', 'record.stale', recordBytes(), policy({ ageNsMax: 100_000_000_000n })],
  ['a record of no certificate', 'record.certificate', recordBytes({ certificate: undefined })],
  [
    'a record of a certificate of another cluster',
    'record.certificate',
    recordBytes({ certificate: { height: 1000, hash: new Uint8Array(48) } }),
  ],
  // Another key, another TPM, another authority.
  ['a quote by another attestation key', 'quote.signature', recordBytes({}, {}, { ...other, key: TPM.key })],
  ['a TPM that was swapped', 'quote.signature', recordBytes({}, {}, other), { known: KNOWN }],
  [
    'a disk that was cloned to a machine with a TPM of its own',
    'quote.signature',
    recordBytes({ bootId: new Uint8Array(16) }, {}, other),
    { known: KNOWN },
  ],
  [
    'an enrolment by a stranger',
    'enrolment.authority',
    recordBytes(
      { enrolment: signEnrolment(enrolmentOf(other, { authority: sha384(STRANGER.publicKey) }), STRANGER) },
      {},
      other,
    ),
  ],
  [
    'an enrolment that a stranger signed',
    'enrolment.signature',
    recordBytes({ enrolment: signEnrolment(enrolmentOf(other), STRANGER) }, {}, other),
  ],
  [
    'an enrolment under the signature of another',
    'enrolment.signature',
    recordBytes(
      { enrolment: encode(signedEnrolmentCodec, { content: new Uint8Array(encodeContentOf(other)), signature }) },
      {},
      other,
    ),
  ],
  [
    'an enrolment of another fleet',
    'enrolment.fleet',
    recordBytes({ enrolment: signEnrolment(enrolmentOf(TPM, { fleet: 'ships' })) }),
  ],
  [
    'an enrolment of another node',
    'enrolment.node',
    recordBytes({ enrolment: signEnrolment(enrolmentOf(TPM, { node: 'node-c' })) }),
  ],
  [
    'an enrolment of another ML-DSA key',
    'enrolment.key',
    recordBytes({ enrolment: signEnrolment(enrolmentOf(TPM, { keyHash: new Uint8Array(48) })) }),
  ],
  [
    'an enrolment of another scheme',
    'enrolment.scheme',
    recordBytes({ enrolment: signEnrolment(enrolmentOf(TPM, { scheme: 'rsassa' })) }),
  ],
  ['an enrolment that is none', 'encoding.value', recordBytes({ enrolment: Uint8Array.of(0) })],
  ['an enrolment from before another', 'enrolment.older', recordBytes(), saw({}, { enrolmentSerial: 6 })],
  [
    'two enrolments of one serial number',
    'enrolment.serial',
    recordBytes({ enrolment: signEnrolment(enrolmentOf(other)) }, {}, other),
    { known: KNOWN },
  ],
  ['the TPM of another member', 'record.shared-tpm', recordBytes(), { others: [{ ...KNOWN, name: 'node-c' }] }],
  [
    'another key of the TPM of another member',
    'record.shared-tpm',
    recordBytes(),
    { others: [{ ...KNOWN, name: 'node-c', keyName: other.key.name }] },
  ],
  // A TPM that was reset, rolled back or cloned with its state.
  ['a reset within one start of the machine', 'quote.reset', recordBytes(), saw({ resetCount: 6 })],
  ['an older image of a TPM', 'quote.rolled-back', recordBytes({ bootId: new Uint8Array(16) }), saw({ resetCount: 8 })],
  ['an image of a TPM from before it slept', 'quote.rolled-back', recordBytes(), saw({ restartCount: 2 })],
  ['an image of a TPM from earlier in the same start', 'quote.rolled-back', recordBytes(), saw({ clockMs: 50_001n })],
  [
    'the clone of a machine with its TPM',
    'record.boot',
    recordBytes({ bootId: new Uint8Array(16) }),
    saw({ clockMs: 1n }),
  ],
  ['a clock that may repeat what it told', 'quote.clock-unsafe', recordBytes({}, { clock: { ...CLOCK, safe: false } })],
  ['a node that has lost its TPM', 'record.downgraded', unattestedBytes(), { known: KNOWN }],
  // What the policy asks for.
  [
    'a register that an update has changed',
    'policy.register',
    recordBytes(),
    policy({ registers: [{ pcr: 4, values: [new Uint8Array(32)] }] }),
  ],
  [
    'a register that is not enrolled',
    'policy.selection',
    recordBytes(),
    policy({ selection: { hash: SHA256, pcrs: [0, 9] } }),
  ],
  [
    'another bank than the enrolled one',
    'policy.selection',
    recordBytes(),
    policy({ selection: { hash: SHA384, pcrs: [0] } }),
  ],
  ['another package', 'policy.software', recordBytes(), policy({ softwareDigests: [new Uint8Array(48)] })],
  [
    'no package',
    'policy.software',
    recordBytes({ softwareDigest: undefined }),
    policy({ softwareDigests: [new Uint8Array(48)] }),
  ],
  ['another firmware of the TPM', 'quote.firmware', recordBytes(), policy({ firmwareVersions: [8n] })],
  ['no TPM where there has to be one', 'record.none', unattestedBytes(), policy({ unattested: 'refuse' })],
  ['no log where there has to be one', 'quote.event-log', recordBytes(), policy({ loggedPcrs: [0] })],
  // The record of somebody else, or nobody's.
  ['a record of another cluster', 'record.cluster', recordBytes({ cluster: 'cellar' })],
  ['a record of another member', 'record.member', recordBytes({ member: 2 })],
  ['a record of another name', 'record.member', recordBytes({ name: 'node-c' })],
  ['a record of another key', 'record.key', recordBytes({ keyHash: new Uint8Array(48) })],
  ['bytes that are no record', 'encoding.value', Uint8Array.of(1)],
  ['bytes without end', 'record.size', new Uint8Array(65_537)],
]

function encodeContentOf(tpm: typeof other): Uint8Array {
  const signed = decode(signedEnrolmentCodec, signEnrolment(enrolmentOf(tpm)), 'enrolment')
  assert.ok(signed.ok)
  return signed.value.content
}

for (const [what, code, bytes, context = {}] of ATTACKS) {
  test(`${what} is ${code}: flagged, or refused where the policy says so`, () => {
    const flagged = judge(bytes, context)
    assert.deepEqual(
      flagged.reasons.map((reason) => reason.code),
      [code],
      flagged.reasons.map(({ message }) => message).join('\n'),
    )
    assert.equal(flagged.verdict, 'flagged')
    assert.match(flagged.reasons[0]!.message, /: expected .+, got .+/)
    const strict = { ...(context.policy ?? DEFAULT_POLICY), onFailure: 'refuse' as const }
    assert.equal(judge(bytes, { ...context, policy: strict }).verdict, 'refused')
  })
}

test('a record that its node has not signed is none of its', () => {
  const context = contextOf(recordBytes())
  const { reasons } = judgeRecord({ record: HONEST, eventLog: undefined }, context, CRYPTO)
  assert.equal(reasons[0]?.code, 'record.digest')
})

test('a node without a TPM says so, and is no more than that', () => {
  const judgement = judge(unattestedBytes())
  assert.deepEqual([judgement.verdict, judgement.reasons[0]?.code], ['none', 'record.none'])
  assert.equal(judgement.seen, undefined)
})

test('everything that a believed record breaks is told', () => {
  const { reasons } = judge(recordBytes(), {
    ...policy({
      ageNsMax: 1_000_000_000n,
      registers: [{ pcr: 4, values: [new Uint8Array(32)] }],
      softwareDigests: [new Uint8Array(48)],
    }),
    ...saw({}, { height: 1001 }),
  })
  const codes = reasons.map(({ code }) => code)
  assert.deepEqual(codes, ['record.older', 'record.stale', 'policy.register', 'policy.software'])
})

test('what contradicts what is known does not take its place, and what breaks the policy does', () => {
  assert.equal(judge(recordBytes(), saw({}, { height: 1001 })).seen, undefined)
  assert.deepEqual(judge(recordBytes(), policy({ softwareDigests: [new Uint8Array(48)] })).seen, KNOWN)
  const madeUp = recordBytes({ certificate: { height: 1 << 30, hash: new Uint8Array(48) } })
  assert.equal(seenOf(madeUp, { known: KNOWN }).height, 1000)
})

test('before the first certificate a record has no date, and is flagged even where failures are refused', () => {
  const undated = {
    certificates: { now: undefined, knowableSince: () => undefined },
    ...policy({ onFailure: 'refuse' }),
  }
  const judgement = judge(recordBytes({ certificate: undefined }), undated)
  assert.deepEqual([judgement.verdict, judgement.reasons.map(({ code }) => code)], ['flagged', ['record.undated']])
  const bad = judge(recordBytes({}, { pcrDigest: new Uint8Array(32) }), undated)
  assert.deepEqual([bad.verdict, bad.reasons[0]?.code], ['refused', 'quote.pcr-digest'])
})

test('a TPM that takes the place of another begins anew under a later enrolment', () => {
  const replaced = recordBytes({ enrolment: reEnrolled }, { clock: { ...CLOCK, resetCount: 0, clockMs: 1n } }, other)
  assert.equal(judge(replaced, { known: KNOWN }).verdict, 'verified')
})

test('a log is the one that the record names, and none that explains something else', () => {
  const log = buildEventLog([{ pcr: 0, type: 8, data: Uint8Array.of(1) }])
  const named = recordBytes({ eventLogDigest: sha384(log) })
  assert.equal(judge(named, {}, log).verdict, 'verified')
  assert.equal(judge(named, {}, buildEventLog([])).reasons[0]?.code, 'record.event-log')
  assert.equal(judge(recordBytes(), {}, log).reasons[0]?.code, 'record.event-log')
  // It does not explain what is quoted.
  assert.equal(judge(named, policy({ loggedPcrs: [0] }), log).reasons[0]?.code, 'quote.event-log')
})

test('values of more registers than are quoted, or of fewer, are none', () => {
  const { evidence, ...rest } = recordOf()
  assert.ok(evidence)
  for (const pcrValues of [[...PCR_VALUES, new Uint8Array(32)], PCR_VALUES.slice(1)]) {
    const bytes = encodeRecord({ ...rest, evidence: { ...evidence, pcrValues } })
    assert.equal(judge(bytes).reasons[0]?.code, 'record.registers')
  }
})

const SWAPS: Partial<Statement> = {
  certificate: { height: 1090, hash: hashOfBlock(1000) },
  bootId: new Uint8Array(16),
  enrolment: signEnrolment(enrolmentOf(TPM, { serial: 6 })),
  eventLogDigest: new Uint8Array(48),
  softwareDigest: new Uint8Array(48),
  configurationDigest: undefined,
  inventory: STATEMENT.inventory.slice(1),
}

for (const [field, value] of Object.entries(SWAPS)) {
  test(`a statement of another ${field} is not the one that was quoted`, () => {
    assert.equal(judge(swapped({ [field]: value })).reasons[0]?.code, 'quote.binding')
  })
}

test('no bit of a verified record can be another', () => {
  const judgeFlipped = (at: number, bit: number): void => {
    const changed = HONEST.with(at, HONEST[at]! ^ (1 << bit))
    assert.notEqual(judge(changed).verdict, 'verified', `bit ${bit} of byte ${at}`)
  }
  // Of the 4,627 bytes of the authority's signature, which are checked as a whole, one in sixteen.
  const from = HONEST.toHex().indexOf(signature.toHex()) / 2
  for (let at = 0; at < HONEST.length; at += at >= from && at < from + signature.length - 16 ? 16 : 1) {
    judgeFlipped(at, at % 8)
  }
  fc.assert(fc.property(fc.nat(HONEST.length - 1), fc.nat(7), judgeFlipped))
})

test('any bytes get a verdict, and none of them that of a record which was never made', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.nat(HONEST.length - 1), fc.uint8Array({ minLength: 1, maxLength: 40 }))
      .map(([at, put]) => Uint8Array.of(...HONEST.subarray(0, at), ...put, ...HONEST.subarray(at + put.length))),
  )
  fc.assert(
    fc.property(bytes, fc.boolean(), (record, refuse) => {
      const judgement = judge(record, policy({ onFailure: refuse ? 'refuse' : 'flag' }), record)
      const same = record.length === HONEST.length && record.every((byte, at) => byte === HONEST[at])
      assert.ok(same || judgement.verdict === (refuse ? 'refused' : 'flagged'))
      assert.ok(same || judgement.reasons.every(({ code, message }) => code.includes('.') && message.length < 2_000))
    }),
  )
})
