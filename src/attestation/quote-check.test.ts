import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { concatBytes } from '../core/bytes.ts'
import type { EnrolledKey } from './attestation-key.ts'
import { parseEventLog, replayEventLog } from './event-log.ts'
import { buildEventLog } from './event-log-fixture.ts'
import { checkQuote, type QuoteCrypto, type QuoteEvidence, type QuoteExpectation } from './quote-check.ts'
import { platformDigest } from './tpm/platform-digest.ts'
import { SHA256, SHA384, TPM_ALG_ECDSA, TPM_ECC_NIST_P256 } from './tpm-algorithm.ts'
import { encodeQuote, type TpmQuote } from './tpm-attest.ts'
import { encodePublic, nameOf, type TpmPublic } from './tpm-public.ts'
import { encodeSignature } from './tpm-signature.ts'
import { ATTESTATION_KEY, QUOTE } from './tpm-vectors-fixture.ts'

/** A key like a TPM's, in software, so that a quote can say anything at all and still be signed. */

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = pair.publicKey.export({ format: 'jwk' })
const ATTRIBUTES = 0x0005_0072

function publicArea(changes: Partial<TpmPublic> = {}, scheme = { id: TPM_ALG_ECDSA, hashId: SHA256.id }): Uint8Array {
  const [x, y] = [jwk.x, jwk.y].map((text) => Uint8Array.fromBase64(text ?? '', { alphabet: 'base64url' }))
  return encodePublic({
    nameHashId: SHA256.id,
    attributes: ATTRIBUTES,
    authPolicy: new Uint8Array(),
    key: { type: 'ecc', symmetric: undefined, scheme, curveId: TPM_ECC_NIST_P256, kdf: undefined, x: x!, y: y! },
    ...changes,
  })
}

function enrolled(area = publicArea()): EnrolledKey {
  return { publicArea: area, name: unwrap(nameOf(platformDigest, area, SHA256.id)), qualifiedName: undefined }
}

const LOG = buildEventLog([
  { pcr: 0, type: 8, data: Uint8Array.of(1) },
  { pcr: 7, type: 4, data: Uint8Array.of(2) },
])
const VALUES = unwrap(replayEventLog(unwrap(parseEventLog(LOG)), SHA256, platformDigest))
const SELECTION = { hash: SHA256, pcrs: [0, 7, 23] }

const SAID: TpmQuote = {
  qualifiedSigner: Uint8Array.of(0, 11, 9),
  extraData: Uint8Array.of(1, 2, 3),
  clock: { clockMs: 1000n, resetCount: 5, restartCount: 1, safe: true },
  firmwareVersion: 7n,
  selections: [SELECTION],
  pcrDigest: platformDigest('sha256', ...SELECTION.pcrs.map((pcr) => VALUES.get(pcr)!)),
}

const EXPECTED: QuoteExpectation = {
  extraData: SAID.extraData,
  key: enrolled(),
  policy: { selection: SELECTION, loggedPcrs: [0, 7], firmwareVersions: [7n], unsafeClock: 'refuse' },
  former: { clock: { clockMs: 900n, resetCount: 5, restartCount: 1, safe: true }, sameBoot: true },
}

const CRYPTO: QuoteCrypto = {
  digest: platformDigest,
  verify: (_key, signature, message) =>
    signature.scheme === 'ecdsa' && verifyBy(pair.publicKey, concatBytes(signature.r, signature.s), message),
}

function verifyBy(key: KeyObject, signature: Uint8Array, message: Uint8Array): boolean {
  return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)
}

function evidence(changes: Partial<TpmQuote> = {}, by = pair.privateKey): QuoteEvidence {
  const quote = encodeQuote({ ...SAID, ...changes })
  const raw = sign('sha256', quote, { key: by, dsaEncoding: 'ieee-p1363' })
  const [r, s] = [raw.subarray(0, 32), raw.subarray(32)]
  return {
    quote,
    signature: encodeSignature({ scheme: 'ecdsa', hashId: SHA256.id, r, s }),
    pcrValues: VALUES,
    eventLog: LOG,
  }
}

test('a quote of which everything is so is believed', () => {
  const verified = unwrap(checkQuote(evidence(), EXPECTED, CRYPTO))
  assert.deepEqual([verified.clock, verified.firmwareVersion], [SAID.clock, 7n])
  assert.deepEqual([...verified.pcrValues.keys()], [0, 7, 23])
})

const former = (clock: Partial<TpmQuote['clock']>, sameBoot = true): Partial<QuoteExpectation> => ({
  former: { clock: { ...SAID.clock, ...clock }, sameBoot },
})
const policy = (changes: Partial<QuoteExpectation['policy']>): Partial<QuoteExpectation> => ({
  policy: { ...EXPECTED.policy, ...changes },
})
const signedBy = (area: Uint8Array): Partial<QuoteExpectation> => ({ key: enrolled(area) })
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

/** What is wrong, the fault, what the node shows, and what the verifier expects beside the usual. */
const CASES: readonly (readonly [
  what: string,
  code: string,
  shown: QuoteEvidence,
  expected?: Partial<QuoteExpectation>,
])[] = [
  ['a quote with a byte more', 'quote.signature', { ...evidence(), quote: Uint8Array.of(...evidence().quote, 0) }],
  [
    'a signature with a byte more',
    'tpm.encoding',
    { ...evidence(), signature: Uint8Array.of(...evidence().signature, 0) },
  ],
  ['another key', 'quote.signature', evidence({}, other)],
  ['another hash', 'quote.scheme', { ...evidence(), signature: evidence().signature.with(3, 0x0c) }],
  ['a key that was not enrolled', 'quote.ak-name', evidence(), { key: { ...enrolled(), name: ATTESTATION_KEY.name } }],
  ['a key that signs anything', 'quote.ak-attributes', evidence(), signedBy(publicArea({ attributes: 0x0004_0072 }))],
  ['a key that can leave', 'quote.ak-attributes', evidence(), signedBy(publicArea({ attributes: 0x0005_0070 }))],
  ['a key that decrypts', 'quote.ak-attributes', evidence(), signedBy(publicArea({ attributes: 0x0007_0072 }))],
  ['a key of ECDH', 'quote.ak-scheme', evidence(), signedBy(publicArea({}, { id: 0x19, hashId: 11 }))],
  ['a key that signs by SHA-1', 'quote.ak-scheme', evidence(), signedBy(publicArea({}, { id: 0x18, hashId: 4 }))],
  [
    'a key named by SHA-1',
    'tpm.name-hash',
    evidence(),
    { key: { ...enrolled(), publicArea: publicArea({ nameHashId: 4 }) } },
  ],
  [
    'a key under another parent',
    'quote.signer',
    evidence(),
    { key: { ...enrolled(), qualifiedName: Uint8Array.of(1) } },
  ],
  ['a replayed quote', 'quote.binding', evidence(), { extraData: Uint8Array.of(1, 2, 4) }],
  ['fewer registers', 'quote.selection', evidence({ selections: [{ hash: SHA256, pcrs: [0, 7] }] })],
  ['more registers', 'quote.selection', evidence({ selections: [{ hash: SHA256, pcrs: [0, 1, 7, 23] }] })],
  ['no register', 'quote.selection', evidence({ selections: [] })],
  ['another bank', 'quote.selection', evidence({ selections: [{ hash: SHA384, pcrs: [0, 7, 23] }] })],
  [
    'a policy of nothing',
    'quote.selection',
    evidence({ selections: [] }),
    policy({ selection: { hash: SHA256, pcrs: [] } }),
  ],
  ['another digest', 'quote.pcr-digest', evidence({ pcrDigest: new Uint8Array(32) })],
  ['values left out', 'quote.pcr-digest', { ...evidence(), pcrValues: new Map([[0, VALUES.get(0)!]]) }],
  ['no log', 'quote.event-log', { ...evidence(), eventLog: undefined }],
  ['another log', 'quote.event-log', { ...evidence(), eventLog: buildEventLog([]) }],
  ['no log at all in it', 'event-log.format', { ...evidence(), eventLog: Uint8Array.of(1) }],
  ['a log for a register that is not quoted', 'quote.event-log', evidence(), policy({ loggedPcrs: [0, 5] })],
  ['another firmware', 'quote.firmware', evidence({ firmwareVersion: 6n })],
  ['a clock that lost power', 'quote.clock-unsafe', evidence({ clock: { ...SAID.clock, safe: false } })],
  ['a reset in one boot', 'quote.reset', evidence(), former({ resetCount: 4 })],
  ['fewer resets', 'quote.rolled-back', evidence(), former({ resetCount: 6 }, false)],
  ['fewer restarts', 'quote.rolled-back', evidence(), former({ restartCount: 2 }, false)],
  ['a clock that went back', 'quote.rolled-back', evidence(), former({ clockMs: 1001n })],
]

for (const [what, code, shown, changes] of CASES) {
  test(`${what} is ${code}`, () => {
    const fault = faultOf(checkQuote(shown, { ...EXPECTED, ...changes }, CRYPTO))
    assert.equal(fault.code, code, fault.message)
    assert.match(fault.message, /: expected .+, got .+$/)
  })
}

test('what a policy allows, and what a restart of the machine explains, is no fault', () => {
  const unsafe = evidence({ clock: { ...SAID.clock, safe: false } })
  unwrap(checkQuote(unsafe, { ...EXPECTED, ...policy({ unsafeClock: 'accept' }) }, CRYPTO))
  unwrap(checkQuote(evidence(), { ...EXPECTED, ...former({ resetCount: 4, clockMs: 999n }, false) }, CRYPTO))
  unwrap(checkQuote(evidence(), { ...EXPECTED, former: undefined }, CRYPTO))
  const logless = { ...evidence(), eventLog: undefined }
  unwrap(checkQuote(logless, { ...EXPECTED, ...policy({ loggedPcrs: [] }) }, CRYPTO))
})

test('a quote of another magic or type, though signed, has its own fault', () => {
  const shown = evidence()
  const yes: QuoteCrypto = { ...CRYPTO, verify: () => true }
  assert.equal(faultOf(checkQuote({ ...shown, quote: shown.quote.with(0, 0) }, EXPECTED, yes)).code, 'quote.magic')
  assert.equal(faultOf(checkQuote({ ...shown, quote: shown.quote.with(5, 0) }, EXPECTED, yes)).code, 'quote.type')
  const longer = Uint8Array.of(...shown.quote, 0)
  assert.equal(faultOf(checkQuote({ ...shown, quote: longer }, EXPECTED, yes)).code, 'tpm.encoding')
})

test('no byte of a quote, and none of its signature, can be another', () => {
  const shown = evidence()
  for (let at = 0; at < shown.quote.length; at++) {
    const changed = { ...shown, quote: shown.quote.with(at, shown.quote[at]! ^ 1) }
    assert.equal(checkQuote(changed, EXPECTED, CRYPTO).ok, false, `byte ${at}`)
  }
  for (let at = 0; at < shown.signature.length; at++) {
    const changed = { ...shown, signature: shown.signature.with(at, shown.signature[at]! ^ 1) }
    assert.equal(checkQuote(changed, EXPECTED, CRYPTO).ok, false, `byte ${at} of the signature`)
  }
})

test('the quote of a real TPM passes', () => {
  const { attest, signature, extraData, firmwareVersion } = QUOTE
  const zeros = new Map([0, 1, 2, 7].map((pcr) => [pcr, new Uint8Array(32)]))
  const real: QuoteExpectation = {
    extraData,
    key: ATTESTATION_KEY,
    policy: {
      selection: { hash: SHA256, pcrs: [0, 1, 2, 7] },
      loggedPcrs: [],
      firmwareVersions: [firmwareVersion],
      unsafeClock: 'refuse',
    },
    former: undefined,
  }
  // Its signature is verified where the platform's cryptography is: tpm/verify-signature.test.ts.
  const crypto: QuoteCrypto = { digest: platformDigest, verify: () => true }
  const shown = { quote: attest, signature, pcrValues: zeros, eventLog: undefined }
  assert.equal(unwrap(checkQuote(shown, real, crypto)).clock.resetCount, 2)
})
