import { blockCodec } from '../../src/consensus/block.ts'
import { certificateCodec, certificateOf, verifyCertificate } from '../../src/consensus/certificate.ts'
import { contradictionOf, encodeEvidence, evidenceCodec } from '../../src/consensus/evidence.ts'
import { verifyEvidence } from '../../src/consensus/evidence-check.ts'
import { membershipCodec } from '../../src/consensus/membership.ts'
import { membershipOrderCodec, verifyOrder } from '../../src/consensus/membership-order.ts'
import { decodeEnvelope, encodeEnvelope } from '../../src/consensus/messages.ts'
import { proofBundleCodec, verifyProof } from '../../src/consensus/proof.ts'
import { proposalCodec, type RecordJudged } from '../../src/consensus/proposal.ts'
import { quorumCertificateCodec, type Verify } from '../../src/consensus/quorum-certificate.ts'
import { decodeWireMessage, encodeWireMessage } from '../../src/consensus/wire-message.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import { type Codec, decode, encode } from '../../src/core/encoding.ts'
import type { Result } from '../../src/core/fault.ts'
import { parseLeapSecondsList } from '../../src/core/leap.ts'
import { realtimeNs } from '../../src/core/time.ts'
import { decodeSockSample, encodeSockSample, pulseAt } from '../../src/device/sock-sample.ts'
import { createFrameDecoder, encodeFrame } from '../../src/transport/frame.ts'
import { decidedChain } from '../support/decided-chain.ts'
import { KEYED_HASH_BYTES } from '../support/keyed-hash.ts'
import { testMembership, testSign, testVerify } from '../support/replica-cluster.ts'
import { unwrap } from '../support/results.ts'
import { createVoices, digestOf } from '../support/signed-messages.ts'
import { nextMembership, testOperators, testOrder } from '../support/test-orders.ts'
import { genesisOf, readVector } from '../vectors/read-vectors.ts'
import type { Target } from './target.ts'

const membership = testMembership(4)
const voices = createVoices(membership)
const chain = decidedChain(voices, membership, 3)
const last = chain.at(-1)
if (last === undefined) throw new Error('expected a chain')
const finalization = voices.certificate('finalize', last.block.view, last.hash, [0, 1, 2])
const nullification = voices.certificate('nullify', 9, undefined, [1, 2, 3])
const certificate = encode(certificateCodec, certificateOf(last.block, finalization.votes))
const [proposal] = last.proposals
if (proposal === undefined) throw new Error('expected a proposal')
const envelopes = [
  proposal,
  voices.say(last.leader, 'block', last.block),
  voices.say(0, 'notarize', { view: 3, hash: last.hash }),
  voices.say(1, 'nullify', { view: 4 }),
].map(encodeEnvelope)

const judged: readonly RecordJudged[] = [
  { member: 1, digest: digestOf(1), verdict: 'verified' },
  { member: 3, digest: undefined, verdict: 'refused' },
]
const lie = contradictionOf(
  'conflicting-notarize',
  7,
  voices.say(2, 'notarize', { view: 7, hash: digestOf(1) }),
  voices.say(2, 'notarize', { view: 7, hash: digestOf(2) }),
)
const governed = { ...membership, operators: testOperators(3), operatorThreshold: 2 }
const order = encode(
  membershipOrderCodec,
  testOrder(governed, nextMembership(governed, { targetPrecisionNs: 2_000n }), [0, 2]),
)

/** The keyed hash of the tests, for which every bit of a signature counts. */
const verifyEveryBit: Verify = async (key, context, message, signature) =>
  (await testVerify(key, context, message, signature)) &&
  signature.subarray(KEYED_HASH_BYTES).every((byte) => byte === 0)

function codecTarget<T>(name: string, codec: Codec<T>, ...corpus: Uint8Array[]): Target {
  return {
    name,
    corpus,
    take: (bytes) => {
      const decoded = decode(codec, bytes, name)
      return decoded.ok ? { ok: true, value: { again: encode(codec, decoded.value) } } : decoded
    },
  }
}

/** A verifier accepts nothing but what was signed: anything that it accepts beside the corpus is a forgery. */
function verifierTarget(
  name: string,
  corpus: readonly Uint8Array[],
  verify: (bytes: Uint8Array) => Promise<Result<unknown>>,
): Target {
  return {
    name,
    corpus,
    take: async (bytes) => {
      const verified = await verify(bytes)
      if (!verified.ok) return verified
      if (corpus.some((known) => equalBytes(known, bytes))) return { ok: true, value: { again: undefined } }
      throw new Error('a forgery is accepted')
    },
  }
}

const genesis4 = genesisOf('n4/genesis.cbor')

/** The bytes of messages, of files that are shown to strangers, and of other programs on this machine. */
export const CONSENSUS_TARGETS: readonly Target[] = [
  {
    name: 'wire message',
    corpus: [
      ...envelopes.map((value) => encodeWireMessage({ kind: 'signed', value })),
      encodeWireMessage({ kind: 'quorum', value: nullification }),
      encodeWireMessage({ kind: 'final', value: unwrap(decode(certificateCodec, certificate, 'certificate')) }),
      encodeWireMessage({ kind: 'want-proposals', value: [last.hash] }),
      encodeWireMessage({ kind: 'want-block', value: last.hash }),
      encodeWireMessage({ kind: 'block-bytes', value: encode(blockCodec, last.block) }),
      encodeWireMessage({ kind: 'want-quorums', value: [1, 2, 3] }),
      encodeWireMessage({ kind: 'want-record', value: { digest: last.hash, withEventLog: true } }),
      encodeWireMessage({ kind: 'record', value: { record: Uint8Array.of(1), eventLog: Uint8Array.of(2) } }),
      readVector('n4/wire-nullification.cbor'),
    ],
    take: (bytes) => {
      const decoded = decodeWireMessage(bytes)
      return decoded.ok ? { ok: true, value: { again: encodeWireMessage(decoded.value) } } : decoded
    },
  },
  {
    name: 'envelope',
    corpus: [...envelopes, readVector('n4/hello.cbor'), readVector('n4/finalize.cbor')],
    take: (bytes) => {
      const decoded = decodeEnvelope(bytes)
      return decoded.ok ? { ok: true, value: { again: encodeEnvelope(decoded.value) } } : decoded
    },
  },
  codecTarget(
    'proposal',
    proposalCodec,
    encode(proposalCodec, proposal.body),
    encode(proposalCodec, { ...proposal.body, verdicts: judged }),
  ),
  codecTarget('block', blockCodec, encode(blockCodec, last.block)),
  codecTarget(
    'quorum certificate',
    quorumCertificateCodec,
    encode(quorumCertificateCodec, finalization),
    encode(quorumCertificateCodec, nullification),
  ),
  codecTarget('certificate', certificateCodec, certificate, readVector('n4/certificate.cbor')),
  codecTarget('genesis', membershipCodec, readVector('n4/genesis.cbor'), readVector('n1/genesis.cbor')),
  codecTarget('proof bundle', proofBundleCodec, readVector('n4/proof.cbor'), readVector('n1/proof.cbor')),
  verifierTarget('certificate verifier', [certificate], (bytes) =>
    verifyCertificate(bytes, membership, verifyEveryBit),
  ),
  codecTarget('evidence', evidenceCodec, encodeEvidence(lie), readVector('n4/evidence.cbor')),
  // An accusation that convinces is made of what the accused has signed: there is no other one to be had from a few bits.
  verifierTarget('evidence verifier', [encodeEvidence(lie)], async (bytes) => {
    const evidence = decode(evidenceCodec, bytes, 'evidence')
    return evidence.ok ? verifyEvidence(evidence.value, membership, verifyEveryBit) : evidence
  }),
  codecTarget('membership order', membershipOrderCodec, order),
  verifierTarget('order verifier', [order], async (bytes) => {
    const decoded = decode(membershipOrderCodec, bytes, 'order')
    return decoded.ok ? verifyOrder(decoded.value, governed, verifyEveryBit) : decoded
  }),
  // What a proof hangs on besides its signatures: form, path and numbers. Signatures are taken for good here.
  {
    name: 'proof verifier',
    corpus: [readVector('n4/proof.cbor')],
    take: async (bytes) => {
      const verified = await verifyProof(bytes, genesis4, async () => true)
      return verified.ok ? { ok: true, value: { again: undefined } } : verified
    },
  },
  {
    name: 'frames',
    corpus: [unwrap(encodeFrame(new Uint8Array(20))), unwrap(encodeFrame(testSign(0, 'hello', new Uint8Array(9))))],
    take: (bytes) => {
      const decoder = createFrameDecoder()
      decoder.push(bytes)
      const payload = decoder.next()
      return payload.ok ? { ok: true, value: { again: undefined } } : payload
    },
  },
  {
    name: 'chrony sock sample',
    corpus: [encodeSockSample(pulseAt(realtimeNs(1_700_000_000_000_123_456n)))],
    take: (bytes) => {
      const sample = decodeSockSample(bytes, bytes.length)
      return sample.ok ? { ok: true, value: { again: undefined } } : sample
    },
  },
  {
    name: 'leap seconds list',
    corpus: [new TextEncoder().encode('#$ 3676924800\n#@ 3896899200\n3692217600 37 # 1 Jan 2017\n')],
    take: (bytes) => {
      const table = parseLeapSecondsList(new TextDecoder('latin1').decode(bytes), 'list')
      return table.ok ? { ok: true, value: { again: undefined } } : table
    },
  },
]
