import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { sessionFileCodec } from '../../src/agent/session-file.ts'
import { RECORD_VERDICTS } from '../../src/attestation/record-verdict.ts'
import { blockCodec } from '../../src/consensus/block.ts'
import { certificateCodec } from '../../src/consensus/certificate.ts'
import { chainedCertificateCodec } from '../../src/consensus/chained-certificate.ts'
import { decisionBytes, decisionCodec } from '../../src/consensus/decision.ts'
import { evidenceCodec } from '../../src/consensus/evidence.ts'
import { EVIDENCE_KINDS } from '../../src/consensus/evidence-entry.ts'
import { membershipCodec, SIGNATURE_BYTES } from '../../src/consensus/membership.ts'
import {
  type MembershipOrder,
  membershipOrderCodec,
  orderContent,
  orderContentCodec,
} from '../../src/consensus/membership-order.ts'
import {
  decodeEnvelope,
  encodeEnvelope,
  envelopeCodec,
  MESSAGE_TYPES,
  openContent,
} from '../../src/consensus/messages.ts'
import { ATTESTATION_VERDICTS, GRADES, HARDWARE_VERDICTS, METHODS } from '../../src/consensus/outcome.ts'
import { proofBundleCodec } from '../../src/consensus/proof.ts'
import { CLOCK_MODES, SOURCE_CLASSES, SOURCE_STATES } from '../../src/consensus/proposal.ts'
import { VOTE_TYPES } from '../../src/consensus/quorum-certificate.ts'
import { encodeSessionStep, sessionStepCodec } from '../../src/consensus/session-step.ts'
import { decodeWireMessage, encodeWireMessage, type WireMessage } from '../../src/consensus/wire-message.ts'
import { decode, encode } from '../../src/core/encoding.ts'
import type { Result } from '../../src/core/fault.ts'
import { decodeSealedKey, encodeSealedKey, KEY_PURPOSES, SEAL_PARENTS } from '../../src/crypto/sealed-key.ts'
import { ATTESTATION_LISTS, ATTESTATION_SAMPLES, attestationLimits } from './attestation-samples.ts'
import { checkCddl } from './cddl-check.ts'
import type { CddlRules, CddlType } from './cddl-grammar.ts'
import { mutations } from './cddl-mutations.ts'
import { ENROLMENT_SAMPLES, enrolmentLimits } from './enrolment-samples.ts'
import { readIndex, readVector } from './read-vectors.ts'
import { type Item, readCbor, writeCbor } from './strict-cbor.ts'
import { clusterOfFour, type VectorCluster, valueIn } from './vector-files.ts'
import { readRules } from './walk-through.ts'

const rules = readRules()
const ROOTS = [
  'genesis',
  'membership-order',
  'order-content',
  'session-step',
  'chained-certificate',
  'session-file',
  'certificate',
  'proof-bundle',
  'decision',
  'envelope',
  'unread-content',
  'content',
  'evidence',
  'wire-message',
  'evidence-bundle',
  'attestation-record',
  'quote-binding',
  'signed-enrolment',
  'enrolment',
  'attestation-policy',
  'sealed-key',
  'signed-request',
  'enrolment-request',
  'signed-challenge',
  'enrolment-challenge',
  'enrolment-answer',
  'genesis-signatures',
  'genesis-content',
]

/** A real encoding, the rule that it follows, and the code that reads it. */
interface Sample {
  readonly what: string
  readonly rule: string
  readonly bytes: Uint8Array
  read(bytes: Uint8Array): Result<unknown>
}

let samples: readonly Sample[]

before(() => {
  samples = [
    ...fileSamples(),
    ...messageSamples(),
    ...wireSamples(clusterOfFour()),
    ...ATTESTATION_SAMPLES,
    ...ENROLMENT_SAMPLES,
  ]
})

function fileSamples(): readonly Sample[] {
  const certificate = (bytes: Uint8Array): Result<unknown> => {
    const read = decode(certificateCodec, bytes, 'certificate')
    return read.ok ? decode(blockCodec, read.value.block, 'block') : read
  }
  const proof = (bytes: Uint8Array): Result<unknown> => {
    const read = decode(proofBundleCodec, bytes, 'proof')
    return read.ok ? decode(blockCodec, read.value.block, 'block') : read
  }
  const evidence = (bytes: Uint8Array): Result<unknown> => decode(evidenceCodec, bytes, 'evidence')
  const genesis = (bytes: Uint8Array): Result<unknown> => decode(membershipCodec, bytes, 'genesis')
  const decision = (bytes: Uint8Array): Result<unknown> => decode(decisionCodec, bytes, 'decision')
  return [
    sample('n1/genesis.cbor', 'genesis', genesis),
    sample('n4/genesis.cbor', 'genesis', genesis),
    ...orderSamples(),
    sample('n4/certificate.cbor', 'certificate', certificate),
    sample('n4/proof.cbor', 'proof-bundle', proof),
    sample('n4/evidence.cbor', 'evidence', evidence),
    sample('n4/evidence-outcome.cbor', 'evidence', evidence),
    sample('n1/later-chained.cbor', 'chained-certificate', (bytes) =>
      decode(chainedCertificateCodec, bytes, 'chained'),
    ),
    {
      what: 'a session file',
      rule: 'session-file',
      bytes: encode(sessionFileCodec, { format: 'quorumtime-sessions-1', steps: [new Uint8Array(3)] }),
      read: (bytes) => decode(sessionFileCodec, bytes, 'sessions'),
    },
    {
      what: 'a decision',
      rule: 'decision',
      bytes: decisionBytes({ era: 1, epoch: 2, view: 3 }, new Uint8Array(48)),
      read: decision,
    },
    sealedKeySample(),
  ]
}

function sealedKeySample(): Sample {
  const bytes = encodeSealedKey({
    format: 'quorumtime-sealed-key-1',
    purpose: 'tls',
    keyHash: new Uint8Array(48),
    bank: 'sha256',
    registers: [0, 4, 7],
    parent: 'ecc-p384-aes256-sha384',
    publicArea: new Uint8Array(90),
    privateArea: new Uint8Array(190),
  })
  return { what: 'a sealed key', rule: 'sealed-key', bytes, read: (key) => decodeSealedKey(key, 'key') }
}

function orderSamples(): readonly Sample[] {
  const signatures = [0, 1].map((operator) => ({ operator, signature: new Uint8Array(SIGNATURE_BYTES) }))
  const order: MembershipOrder = {
    format: 'quorumtime-membership-1',
    previous: new Uint8Array(48),
    next: readVector('n1/genesis.cbor'),
    signatures,
  }
  return [
    {
      what: 'an order',
      rule: 'membership-order',
      bytes: encode(membershipOrderCodec, order),
      read: (bytes) => decode(membershipOrderCodec, bytes, 'order'),
    },
    {
      what: 'the content of an order',
      rule: 'order-content',
      bytes: orderContent('solo', order),
      read: (bytes) => decode(orderContentCodec, bytes, 'content'),
    },
    stepSample(encode(membershipOrderCodec, order)),
  ]
}

function stepSample(order: Uint8Array): Sample {
  const { block, votes } = valueIn(certificateCodec, readVector('n1/certificate.cbor'))
  return {
    what: 'a session step',
    rule: 'session-step',
    bytes: encodeSessionStep({ format: 'quorumtime-session-1', order, change: block, closing: block, votes }),
    read: (bytes) => {
      const step = decode(sessionStepCodec, bytes, 'step')
      const change = step.ok ? decode(blockCodec, step.value.change, 'change') : step
      if (!step.ok || !change.ok || step.value.closing === undefined) return change
      return decode(blockCodec, step.value.closing, 'closing')
    },
  }
}

function sample(file: string, rule: string, read: Sample['read']): Sample {
  return { what: file, rule, bytes: readVector(file), read }
}

function messageSamples(): readonly Sample[] {
  const signature = new Uint8Array(SIGNATURE_BYTES)
  return readIndex().messages.flatMap(({ file }): readonly Sample[] => [
    sample(file, 'envelope', (bytes) => decode(envelopeCodec, bytes, 'envelope')),
    {
      what: `the content of ${file}`,
      rule: 'content',
      bytes: valueIn(envelopeCodec, readVector(file)).content,
      read: (content) => decodeEnvelope(encodeEnvelope({ content, signature })),
    },
    {
      what: `the content of ${file}, unread`,
      rule: 'unread-content',
      bytes: valueIn(envelopeCodec, readVector(file)).content,
      read: (content) => openContent(content, signature),
    },
  ])
}

function wireSamples({ chain }: VectorCluster): readonly Sample[] {
  const final = valueIn(certificateCodec, readVector('n4/certificate.cbor'))
  const hashes = chain.map(({ hash }) => hash)
  const [hash] = hashes
  const messages: readonly WireMessage[] = [
    { kind: 'signed', value: readVector('n4/hello.cbor') },
    { kind: 'quorum', value: { type: 'notarize', view: 1, hash, votes: final.votes } },
    { kind: 'final', value: final },
    { kind: 'want-proposals', value: hashes },
    { kind: 'want-block', value: new Uint8Array(48) },
    { kind: 'block-bytes', value: final.block },
    { kind: 'want-quorums', value: [3, 4] },
    { kind: 'want-blocks', value: { newest: new Uint8Array(48), count: 64 } },
    { kind: 'blocks', value: [final.block, final.block] },
    { kind: 'order', value: final.block },
    { kind: 'want-order', value: new Uint8Array(48) },
    { kind: 'session-step', value: final.block },
    { kind: 'evidence', value: readVector('n4/evidence.cbor') },
    { kind: 'want-evidence', value: hashes },
    { kind: 'want-record', value: { digest: new Uint8Array(48), withEventLog: true } },
    { kind: 'record', value: { record: final.block, eventLog: undefined } },
    { kind: 'record', value: { record: final.block, eventLog: final.block } },
    { kind: 'last-words', value: [readVector('n4/hello.cbor')] },
  ]
  const read = (bytes: Uint8Array): Result<unknown> => {
    const message = decodeWireMessage(bytes)
    if (!message.ok || message.value.kind !== 'final') return message
    return decode(blockCodec, message.value.value.block, 'block')
  }
  return [
    sample('n4/wire-nullification.cbor', 'wire-message', read),
    ...messages.map((message): Sample => {
      return { what: message.kind, rule: 'wire-message', bytes: encodeWireMessage(message), read }
    }),
  ]
}

describe('docs/quorumtime.cddl', () => {
  it('describes every file and every message that the product makes', () => {
    assert.deepEqual([...new Set(samples.map(({ rule }) => rule))].sort(), ROOTS.toSorted())
    for (const { what, rule, bytes, read } of samples) {
      assert.ok(read(bytes).ok, what)
      assert.equal(checkCddl(rules, rule, readCbor(bytes)), undefined, what)
    }
  })

  it('defines every name that it uses, and uses every name that it defines', () => {
    const used = new Set(ROOTS)
    for (const name of used) for (const other of namesIn(rules, name)) used.add(other)
    const prelude = ['bool', 'bstr', 'null', 'tstr']
    assert.deepEqual([...used].filter((name) => !rules.has(name)).sort(), prelude)
    assert.deepEqual(
      [...rules.keys()].filter((name) => !used.has(name)),
      [],
    )
  })

  it('names what stands for each index, in the order of the code', () => {
    const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'quorumtime.cddl'), 'utf8')
    const lists = [
      GRADES,
      METHODS,
      HARDWARE_VERDICTS,
      ATTESTATION_VERDICTS,
      RECORD_VERDICTS,
      CLOCK_MODES,
      SOURCE_CLASSES,
      SOURCE_STATES,
      VOTE_TYPES,
      EVIDENCE_KINDS,
      ...ATTESTATION_LISTS,
      KEY_PURPOSES,
      SEAL_PARENTS,
    ]
    for (const names of lists) {
      assert.match(text, new RegExp(`: 0\\.\\.${names.length - 1}, +; ${names.join(', ')}\\b`), names.join())
    }
    for (const [index, type] of MESSAGE_TYPES.entries()) {
      assert.match(text, new RegExp(`^${type}-content += \\[belonging, +type: ${index}, `, 'm'), type)
    }
  })

  it('draws every limit where the code draws it', (t) => {
    // Both read every encoding that one change at one place gives. Order and repetition are for RULEs, out of CDDL's sight.
    const counts = { accepted: 0, refused: 0, ruled: 0 }
    for (const { what, rule, bytes, read } of samples) {
      for (const item of mutations(readCbor(bytes))) {
        const encoded = writeCbor(item)
        const result = read(encoded)
        const problem = checkCddl(rules, rule, item)
        const said = (): string =>
          `${what}: the code says ${result.ok ? 'yes' : result.fault.message}, the CDDL ${problem ?? 'yes'}`
        if (result.ok) counts.accepted += 1
        else if (result.fault.code === 'encoding.rule') counts.ruled += 1
        else counts.refused += 1
        if (result.ok && problem !== undefined) assert.fail(said())
        if (!result.ok && result.fault.code !== 'encoding.rule' && problem === undefined) assert.fail(said())
      }
    }
    t.diagnostic(`${counts.accepted} accepted, ${counts.refused} refused, ${counts.ruled} out of order`)
    assert.ok(Math.min(counts.accepted, counts.refused, counts.ruled) > 100)
  })

  it('draws the limits of what is long where the code draws them', () => {
    const wire = (bytes: Uint8Array): boolean => decodeWireMessage(bytes).ok
    const bundle = (bytes: Uint8Array): boolean => decode(proofBundleCodec, bytes, 'proof').ok
    const block = (bytes: Uint8Array): boolean => decode(blockCodec, bytes, 'block').ok
    const proof = readCbor(readVector('n4/proof.cbor')) as readonly Item[]
    const pair = readCbor(readVector('n4/evidence.cbor')) as readonly Item[]
    const outcomeProof = readCbor(readVector('n4/evidence-outcome.cbor')) as readonly Item[]
    const proven = readCbor(proof[1] as Uint8Array) as readonly Item[]
    const outcome = proven[6] as readonly Item[]
    const state = proven[9] as readonly Item[]
    const genesis = readCbor(readVector('n4/genesis.cbor')) as readonly Item[]
    const domain = (_: unknown, index: number): Item => [String(index).padStart(5, '0'), true]
    const member = (_: unknown, id: number): Item => {
      return [BigInt(id), `ts${id}`, 'hall', new Uint8Array(2592).fill(id), new Uint8Array(48).fill(id)]
    }
    const stateOf = (length: number): Item =>
      state
        .with(1, Array(length).fill(0n))
        .with(
          2,
          Array.from({ length }, () => [0n, []]),
        )
        .with(5, [[], [], []])
    const logOf = (length: number): Item => [
      (1n << BigInt(length)) - 1n,
      Array.from({ length }, () => new Uint8Array(32)),
    ]
    const attested = (rule: string): readonly Item[] => {
      const found = [...ATTESTATION_SAMPLES, ...ENROLMENT_SAMPLES].find((one) => one.rule === rule)
      return readCbor(found?.bytes ?? new Uint8Array()) as readonly Item[]
    }
    for (const [rule, limit, read, itemOf] of [
      ...attestationLimits(attested),
      ...enrolmentLimits(attested),
      ['wire-message', 499_712, wire, (length) => [0n, new Uint8Array(length)]],
      ['wire-message', 1_047_552, wire, (length) => [12n, new Uint8Array(length)]],
      ['evidence', 499_712, isEvidence, (length) => pair.with(4, [new Uint8Array(length), new Uint8Array()])],
      ['evidence', 32_768, isEvidence, (length) => outcomeProof.with(5, [new Uint8Array(length)])],
      ['evidence', 491_520, isEvidence, (length) => outcomeProof.with(6, new Uint8Array(length))],
      ['wire-message', 491_520, wire, (length) => [5n, new Uint8Array(length)]],
      ['envelope', 492_544, isEnvelope, (length) => [new Uint8Array(length), new Uint8Array(SIGNATURE_BYTES)]],
      ['proof-bundle', 983_040, bundle, (length) => proof.with(4, new Uint8Array(length))],
      ['proof-bundle', 491_520, bundle, (length) => proof.with(5, new Uint8Array(length))],
      ['proof-bundle', 1_047_552, bundle, (length) => proof.with(6, [new Uint8Array(length)])],
      ['block', 3_200, block, (length) => proven.with(6, outcome.with(3, Array.from({ length }, domain)))],
      ['block', 100, block, (length) => proven.with(9, stateOf(length))],
      ['block', 53, block, (length) => proven.with(9, state.with(4, logOf(length)))],
      ['genesis', 100, isGenesis, (length) => genesis.with(8, Array.from({ length }, member))],
    ] satisfies [string, number, (bytes: Uint8Array) => boolean, (length: number) => Item][]) {
      for (const [length, expected] of [
        [limit, true],
        [limit + 1, false],
      ] as const) {
        const item = itemOf(length)
        assert.equal(read(writeCbor(item)), expected, `${rule} of ${length}: the code`)
        assert.equal(checkCddl(rules, rule, item) === undefined, expected, `${rule} of ${length}: the CDDL`)
      }
    }
  })
})

function isGenesis(bytes: Uint8Array): boolean {
  return decode(membershipCodec, bytes, 'genesis').ok
}

function isEvidence(bytes: Uint8Array): boolean {
  return decode(evidenceCodec, bytes, 'evidence').ok
}

function isEnvelope(bytes: Uint8Array): boolean {
  return decode(envelopeCodec, bytes, 'envelope').ok
}

function namesIn(all: CddlRules, name: string): readonly string[] {
  const rule = all.get(name)
  if (rule === undefined) return []
  return rule.kind === 'group' ? rule.entries.flatMap(({ type }) => namesOf(type)) : namesOf(rule)
}

function namesOf(type: CddlType): readonly string[] {
  switch (type.kind) {
    case 'name':
      return [type.name]
    case 'choice':
      return type.options.flatMap(namesOf)
    case 'control':
      return [...namesOf(type.target), ...namesOf(type.argument)]
    case 'array':
      return type.entries.flatMap((entry) => namesOf(entry.type))
    case 'integer':
    case 'text':
    case 'range':
      return []
  }
}
