import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { withAdvice } from '../../provisioning/advice.ts'
import { KEY_HANDLE } from '../../provisioning/appliance/tpm-settings.ts'
import { openAuthority } from '../../provisioning/enrolment-authority/authority.ts'
import { issueEnrolment } from '../../provisioning/enrolment-authority/enrol.ts'
import { findSwtpm } from '../../provisioning/software-tpm.ts'
import { keyHashOf, unsealKey } from '../../src/agent/keys/seal-key.ts'
import { enrolmentCodec, signedEnrolmentCodec } from '../../src/attestation/enrolment.ts'
import { decodeAnswer, encodeAnswer } from '../../src/attestation/enrolment-answer.ts'
import { verifyChallenge } from '../../src/attestation/enrolment-challenge.ts'
import {
  type EnrolmentRequest,
  enrolmentRequestCodec,
  qualifiedNameUnder,
  signedRequestCodec,
  signRequest,
} from '../../src/attestation/enrolment-request.ts'
import { parseRegisters } from '../../src/attestation/parse-registers.ts'
import { activateCredential } from '../../src/attestation/tpm/activate-credential.ts'
import { platformDigest } from '../../src/attestation/tpm/platform-digest.ts'
import { extendRegister } from '../../src/attestation/tpm/registers.ts'
import { SHA256 } from '../../src/attestation/tpm-algorithm.ts'
import { decode } from '../../src/core/encoding.ts'
import type { Result } from '../../src/core/fault.ts'
import { readKeyFile, readPrivateKey } from '../../src/crypto/key-file.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { TPM as SOFT_TPM } from '../support/attestation-records.ts'
import { faultOf, unwrap } from '../support/results.ts'
import { openScope } from '../support/scope.ts'
import {
  applianceWith,
  type BenchAppliance,
  benchAppliance,
  challenge,
  foundAuthority,
  rootsOf,
} from './enrolment-bench.ts'

/** Enrolment as technicians do it, against software TPMs: the way through it, and everything that must not pass. */

const found = findSwtpm()
const skip = found.ok ? false : found.fault.message
const folder = mkdtempSync(join(tmpdir(), 'qt-enrolment-'))
const scope = openScope()
after(async () => {
  await scope.close()
  rmSync(folder, { recursive: true, force: true })
})
const path = (...names: readonly string[]): string => join(folder, ...names)
const authorityFolder = path('ca')
const appliance = (node: string, ca = authorityFolder): Promise<BenchAppliance> =>
  benchAppliance(scope, { folder, node, authorityFolder: ca })

const [ts0, ts1, stranger] =
  skip === false ? [await appliance('ts0'), await appliance('ts1'), await appliance('far', path('ca-2'))] : []
const authority = await foundAuthority(scope, path('authority'))
const other = await foundAuthority(scope, path('other'))
const PUB = path('authority', 'authority.pub')

/** One sentence with a code, that ends with what to do. */
function refused(result: Result<unknown>, code: string): void {
  const fault = faultOf(result)
  assert.equal(fault.code, code, fault.message)
  const { message } = withAdvice(fault)
  assert.match(message, /^[^\n]+(?:expected|got)[^\n]+; [^\n]+$/)
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, (bytes[at] ?? 0) ^ 1)
}

function requestIn(bytes: Uint8Array): EnrolmentRequest {
  return unwrap(decode(enrolmentRequestCodec, unwrap(decode(signedRequestCodec, bytes, 'r')).content, 'r'))
}

/** The same appliance asks for something else. */
async function asked(
  { files, tpm }: BenchAppliance,
  bytes: Uint8Array,
  changes: Partial<EnrolmentRequest>,
): Promise<Uint8Array> {
  const key = unwrap(readPrivateKey(files.signingKey.sealed))
  assert.ok(key.kind === 'sealed')
  const signer = selectMlDsa().createSigner(unwrap(await unsealKey(tpm, key.sealed, 'signing', 'signing key')))
  return signRequest({ ...requestIn(bytes), ...changes }, signer.sign)
}

async function enrol(who: BenchAppliance): Promise<{ request: Uint8Array; answer: Uint8Array; enrolment: Uint8Array }> {
  const request = unwrap(await who.request())
  const asks = unwrap(challenge(authority, request, rootsOf(authorityFolder)))
  const answer = unwrap(await who.answer(asks.bytes, PUB))
  const { bytes } = unwrap(issueEnrolment(authority, answer))
  return { request, answer, enrolment: unwrap(await who.install(bytes)) }
}

test('an appliance is enrolled by files alone, and a second run changes none of them', { skip }, async () => {
  assert.ok(ts0 && ts1)
  const [first, second] = [await enrol(ts0), await enrol(ts1)]
  const serials = [first, second].map(({ enrolment }) => {
    const { content } = unwrap(decode(signedEnrolmentCodec, enrolment, 'e'))
    return unwrap(decode(enrolmentCodec, content, 'e')).serial
  })
  assert.deepEqual(serials, [1, 2])
  const count = authority.ledger.entries.length
  assert.deepEqual(await enrol(ts0), first)
  assert.equal(authority.ledger.entries.length, count, 'no second number')
})

test('a file that was lost or damaged on its way is refused, whichever it is', { skip }, async () => {
  assert.ok(ts0)
  const { request, answer, enrolment } = await enrol(ts0)
  const roots = rootsOf(authorityFolder)
  const asks = unwrap(challenge(authority, request, roots)).bytes
  for (let at = 3; at < request.length; at += 97)
    assert.equal(challenge(authority, flipped(request, at), roots).ok, false, `byte ${at}`)
  for (let at = 3; at < asks.length; at += 97)
    assert.equal((await ts0.answer(flipped(asks, at), PUB)).ok, false, `byte ${at}`)
  for (let at = 3; at < answer.length; at += 11)
    assert.equal(issueEnrolment(authority, flipped(answer, at)).ok, false, `byte ${at}`)
  for (let at = 3; at < enrolment.length; at += 97)
    assert.equal((await ts0.install(flipped(enrolment, at))).ok, false, `byte ${at}`)
  refused(challenge(authority, request.subarray(0, 100), roots), 'encoding.cbor')
  refused(challenge(authority, flipped(request, request.length - 9), roots), 'request.signature')
  refused(await ts0.answer(asks.subarray(0, 50), PUB), 'encoding.cbor')
  refused(issueEnrolment(authority, new Uint8Array()), 'encoding.cbor')
  refused(await ts0.install(enrolment.subarray(1)), 'encoding.value')
})

test('a TPM whose certificate leads elsewhere is refused, and a site may stand in for its maker', {
  skip,
}, async () => {
  assert.ok(stranger)
  const request = unwrap(await stranger.request())
  // Both authorities have the same names: whoever has swtpm can be one.
  refused(challenge(authority, request, rootsOf(authorityFolder)), 'ek.issuer')
  const { roots, intermediates } = {
    roots: rootsOf(path('ca-2')).vendor,
    intermediates: rootsOf(path('ca-2')).intermediates,
  }
  const bySite = { vendor: rootsOf(authorityFolder).vendor, site: roots, intermediates }
  assert.equal(unwrap(challenge(other, request, bySite)).rootedIn, 'site')
  const asks = await asked(stranger, request, {
    endorsementCertificate: flipped(requestIn(request).endorsementCertificate, 500),
  })
  assert.equal(challenge(authority, asks, bySite).ok, false)
})

test('the keys of two TPMs are never enrolled as one', { skip }, async () => {
  assert.ok(ts0 && ts1)
  const roots = rootsOf(authorityFolder)
  const [one, two] = [unwrap(await ts0.request()), unwrap(await ts1.request())]
  const [of0, of1] = [requestIn(one), requestIn(two)]
  refused(
    challenge(authority, await asked(ts0, one, { attestationKey: of1.attestationKey }), roots),
    'request.qualified-name',
  )
  refused(
    challenge(authority, await asked(ts0, one, { endorsementKey: of1.endorsementKey }), roots),
    'request.qualified-name',
  )
  const certificate = { endorsementCertificate: of1.endorsementCertificate }
  refused(challenge(authority, await asked(ts0, one, certificate), roots), 'request.certificate-key')
  // A key in software with the name of one under the endorsement key: nothing in the request says that it is none.
  const forged = {
    ...SOFT_TPM.key,
    qualifiedName: unwrap(qualifiedNameUnder(of0.endorsementKey, SOFT_TPM.key.name, platformDigest)),
  }
  const asks = unwrap(challenge(other, await asked(ts0, one, { attestationKey: forged, node: 'forger' }), roots))
  const { challenge: credential } = unwrap(
    verifyChallenge(asks.bytes, other.signer.publicKey, selectMlDsa().verifier.verifySync),
  )
  const opened = await activateCredential(ts0.tpm, KEY_HANDLE, 0x8101_0016, credential)
  assert.equal(faultOf(opened).code, 'tpm.refused', 'the TPM holds no such key, and opens nothing')
})

test('names, keys and TPMs are enrolled once, unless an appliance was replaced', { skip }, async () => {
  assert.ok(ts0 && ts1)
  await enrol(ts0)
  await enrol(ts1)
  const roots = rootsOf(authorityFolder)
  const [one, two] = [unwrap(await ts0.request()), unwrap(await ts1.request())]
  refused(challenge(authority, await asked(ts1, two, { node: 'ts0' }), roots), 'authority.name-taken')
  refused(challenge(authority, await asked(ts0, one, { node: 'ts9' }), roots), 'authority.key-taken')
  // A new key on the same machine, under another name.
  const copy = applianceWith(ts0.tpm, path('copy'), { node: 'ts8', socket: '/nowhere' })
  refused(challenge(authority, unwrap(await copy.request()), roots), 'authority.tpm-taken')
  const anew = applianceWith(ts1.tpm, path('anew'), { node: 'ts1', socket: '/nowhere' })
  const request = unwrap(await anew.request())
  refused(challenge(authority, request, roots), 'authority.name-taken')
  assert.equal(unwrap(challenge(authority, request, roots, true)).kept, false)
  // From here on the former request of ts1 counts no more.
  refused(issueEnrolment(authority, new Uint8Array(readFileSync(ts1.files.answer))), 'answer.superseded')
})

test('an answer counts for its own challenge alone, and brings one number', { skip }, async () => {
  assert.ok(ts0 && ts1)
  const roots = rootsOf(authorityFolder)
  const { answer, enrolment } = await enrol(ts0)
  assert.deepEqual(
    unwrap(issueEnrolment(authority, answer)).bytes,
    enrolment,
    'replayed, it brings what it has brought',
  )
  refused(issueEnrolment(other, answer), 'answer.authority')
  const said = unwrap(decodeAnswer(answer))
  const newest = unwrap(await ts0.request({ renew: true }))
  const asks = unwrap(challenge(authority, newest, roots))
  refused(issueEnrolment(authority, answer), 'answer.superseded')
  const again = unwrap(decodeAnswer(unwrap(await ts0.answer(asks.bytes, PUB))))
  refused(issueEnrolment(authority, encodeAnswer({ ...again, node: 'ts1' })), 'answer.unknown')
  refused(issueEnrolment(authority, encodeAnswer({ ...again, challenge: new Uint8Array(48) })), 'answer.unknown')
  refused(issueEnrolment(authority, encodeAnswer({ ...again, secret: said.secret })), 'answer.secret')
  const { quote, signature, registers } = said
  refused(issueEnrolment(authority, encodeAnswer({ ...again, quote, signature })), 'quote.binding')
  refused(issueEnrolment(authority, encodeAnswer({ ...again, quote })), 'quote.signature')
  refused(issueEnrolment(authority, encodeAnswer({ ...again, registers: registers.slice(1) })), 'answer.registers')
  const lied = registers.with(0, new Uint8Array(32).fill(7))
  refused(issueEnrolment(authority, encodeAnswer({ ...again, registers: lied })), 'quote.pcr-digest')
  const renewed = unwrap(issueEnrolment(authority, encodeAnswer(again)))
  unwrap(await ts0.install(renewed.bytes))
  refused(await ts0.install(enrolment), 'enrol.older')
})

test('an appliance goes by its own authority, answers for itself, and installs what is its own', { skip }, async () => {
  assert.ok(ts0 && ts1 && stranger)
  const roots = rootsOf(authorityFolder)
  const { request, enrolment } = await enrol(ts0)
  const OTHER_PUB = path('other', 'authority.pub')
  const byOther = unwrap(challenge(other, request, roots))
  refused(await ts0.answer(byOther.bytes, OTHER_PUB), 'enrol.authority')
  refused(await ts0.answer(byOther.bytes, PUB), 'challenge.authority')
  refused(await ts1.answer(unwrap(challenge(authority, request, roots)).bytes, PUB), 'enrol.other-request')
  refused(await stranger.install(enrolment), 'enrol.no-authority')
  refused(await stranger.install(enrolment, PUB), 'enrol.no-challenge')
  refused(await ts1.install(enrolment), 'enrolment.node')
  // The folder of one on the machine of the other, as when TPMs were swapped.
  const swapped = applianceWith(ts1.tpm, ts0.files.folder, { node: 'ts0', socket: '/nowhere' })
  refused(await swapped.request(), 'enrol.tpm-changed')
  refused(await swapped.answer(unwrap(challenge(authority, request, roots)).bytes, PUB), 'enrol.wrong-tpm')
  refused(await swapped.install(enrolment), 'enrol.wrong-tpm')
  refused(
    await applianceWith(ts0.tpm, path('nobody'), { node: 'x', socket: '/nowhere' }).install(enrolment, PUB),
    'enrol.no-request',
  )
})

test('keys that are gone are not made again, and a handle in use is left alone', { skip }, async () => {
  assert.ok(ts0 && ts1)
  cpSync(ts0.files.folder, path('lost'), { recursive: true })
  rmSync(path('lost', 'keys', 'tls.sealed'))
  const lost = applianceWith(ts0.tpm, path('lost'), { node: 'ts0', socket: '/nowhere' })
  refused(await lost.request(), 'enrol.key-lost')
  // The attestation key lives under the ECC endorsement key.
  const underRsa = applianceWith(ts1.tpm, path('rsa'), { node: 'ts7', socket: '/nowhere' })
  refused(await underRsa.request({ endorsement: 'rsa' }), 'enrol.handle-taken')
  const request = unwrap(await underRsa.request({ endorsement: 'rsa', keyHandle: 0x8101_0018 }))
  const asks = unwrap(challenge(other, request, rootsOf(authorityFolder)))
  const answer = unwrap(await underRsa.answer(asks.bytes, path('other', 'authority.pub')))
  assert.equal(unwrap(issueEnrolment(other, answer)).node, 'ts7')
})

test('keys are sealed when they are made, with a copy for the escrow where one is asked for', { skip }, async () => {
  assert.ok(ts1)
  const sealed = applianceWith(ts1.tpm, path('sealed'), { node: 'ts5', socket: '/nowhere' })
  const keys = { seal: parseRegisters('sha256:7'), escrow: path('escrow') }
  refused(await sealed.request({ keys }), 'enrol.escrow')
  mkdirSync(path('escrow'))
  const request = unwrap(await sealed.request({ keys }))
  assert.deepEqual(readdirSync(sealed.files.keys).sort(), ['signing.sealed', 'tls.sealed'])
  const escrowed = unwrap(readKeyFile(path('escrow', 'ts5-signing.pem')))
  assert.deepEqual(selectMlDsa().createSigner(escrowed).publicKey, requestIn(request).signingKey)
  assert.deepEqual(unwrap(await sealed.request({ keys })), request)
  // A copy that was not made before is made later; one of another key is left alone, and never used.
  rmSync(path('escrow', 'ts5-tls.pem'))
  unwrap(await sealed.request({ keys }))
  assert.equal(keyHashOf(unwrap(readKeyFile(path('escrow', 'ts5-tls.pem'))), 'tls').length, 48)
  const namesake = applianceWith(ts1.tpm, path('namesake'), { node: 'ts5', socket: '/nowhere' })
  refused(await namesake.request({ keys }), 'enrol.escrow')
  assert.equal(existsSync(namesake.files.keys), false)
  // As a firmware update does to what is measured.
  unwrap(await extendRegister(ts1.tpm, 7, SHA256, new Uint8Array(32).fill(7)))
  assert.equal(faultOf(await sealed.request({ keys })).code, 'key.registers')
})

test('keys in the clear are made where that is asked for, and kept', { skip }, async () => {
  assert.ok(ts1)
  const plain = applianceWith(ts1.tpm, path('plain'), { node: 'ts6', socket: '/nowhere' })
  const request = unwrap(await plain.request({ keys: { seal: undefined, escrow: undefined } }))
  assert.deepEqual(readdirSync(plain.files.keys).sort(), ['signing.pem', 'tls.pem'])
  assert.deepEqual(unwrap(await plain.request()), request)
})

test('an authority whose ledger was put back from an older copy is told so by an appliance', { skip }, async () => {
  assert.ok(ts0)
  const older = await foundAuthority(scope, path('older'))
  const copied = path('copied')
  cpSync(path('older'), copied, { recursive: true })
  rmSync(join(copied, 'ledger.lock'))
  const node = applianceWith(ts0.tpm, path('node'), { node: 'node', socket: '/nowhere' })
  const roots = rootsOf(authorityFolder)
  const asks = unwrap(challenge(older, unwrap(await node.request()), roots))
  const issued = unwrap(issueEnrolment(older, unwrap(await node.answer(asks.bytes, path('older', 'authority.pub')))))
  unwrap(await node.install(issued.bytes))
  const request = unwrap(await node.request({ renew: true }))
  const again = unwrap(openAuthority(copied))
  refused(challenge(again, request, roots), 'authority.ledger-older')
  again.close()
  // Another authority counts on from there.
  const elsewhere = unwrap(challenge(other, request, roots))
  writeFileSync(join(node.files.attestation, 'authority.pub'), readFileSync(path('other', 'authority.pub')))
  const answer = unwrap(await node.answer(elsewhere.bytes, path('other', 'authority.pub')))
  assert.ok(unwrap(issueEnrolment(other, answer)).serial > issued.serial)
})
