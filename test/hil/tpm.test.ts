import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseEventLog } from '../../src/attestation/event-log.ts'
import { buildEventLog } from '../../src/attestation/event-log-fixture.ts'
import { checkQuote } from '../../src/attestation/quote-check.ts'
import { flushStrays } from '../../src/attestation/tpm/handles.ts'
import { platformDigest } from '../../src/attestation/tpm/platform-digest.ts'
import { quote, readClock } from '../../src/attestation/tpm/quote.ts'
import { extendRegister, readRegisters, resetRegister } from '../../src/attestation/tpm/registers.ts'
import { sealUnderRegisters, unsealUnderRegisters } from '../../src/attestation/tpm/seal.ts'
import { SHA256, SHA512 } from '../../src/attestation/tpm-algorithm.ts'
import { ATTESTATION_RSASSA_2048 } from '../../src/attestation/tpm-template.ts'
import { faultOf, unwrap } from '../support/results.ts'
import { openScope } from '../support/scope.ts'
import { BOOT, bindingOf, ENDORSEMENT_RSA, enrolNode, MEANS } from './attesting-node.ts'
import { runCommand } from './command.ts'
import { missingSwtpm, startSwtpm } from './swtpm.ts'

/** Quotes and sealing against software TPMs (swtpm, libtpms), with tpm2-tools as the second opinion. */

const skip = await missingSwtpm()
const folder = mkdtempSync(join(tmpdir(), 'quorumtime-tpm-'))
const scope = openScope()
after(async () => {
  await scope.close()
  rmSync(folder, { recursive: true, force: true })
})
const [swtpm, another] =
  skip === false ? [await startSwtpm(scope, folder, 'one'), await startSwtpm(scope, folder, 'other')] : []

test('a quote is believed here and by tpm2_checkquote, and one of tpm2_quote is believed here', { skip }, async () => {
  assert.ok(swtpm)
  const ecdsa = await enrolNode(swtpm)
  for (const node of [ecdsa, await enrolNode(swtpm, ENDORSEMENT_RSA, ATTESTATION_RSASSA_2048)]) {
    const shown = await node.show(1)
    const verified = unwrap(checkQuote(shown, node.expect(1), MEANS))
    assert.deepEqual([...verified.pcrValues.keys()], BOOT.pcrs)
    const [message, signature, key] = ['message', 'signature', 'key'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    writeFileSync(message, shown.quote)
    writeFileSync(signature, shown.signature)
    const handle = `0x${node.handle.toString(16)}`
    await swtpm.tool('tpm2_readpublic', ['-c', handle, '-f', 'pem', '-o', key])
    const extraData = bindingOf(1).toHex()
    const selection = `sha256:${BOOT.pcrs.join(',')}`
    const told = ['-u', key, '-m', message, '-s', signature, '-l', selection]
    const checked = (binding: string) => runCommand('tpm2_checkquote', [...told, '-q', binding], 60)
    assert.equal((await checked(extraData)).exitCode, 0)
    assert.equal((await checked(bindingOf(2).toHex())).exitCode, 1)
    // The other way round.
    await swtpm.tool('tpm2_quote', ['-c', handle, '-l', selection, '-q', extraData, '-m', message, '-s', signature])
    const theirs = {
      ...shown,
      quote: new Uint8Array(readFileSync(message)),
      signature: new Uint8Array(readFileSync(signature)),
    }
    unwrap(checkQuote(theirs, node.expect(1), MEANS))
  }
})

test('a quote that is replayed, of other registers, or by another key or TPM is refused', { skip }, async () => {
  assert.ok(swtpm && another)
  const node = await enrolNode(swtpm)
  const shown = await node.show(1)
  const codeOf = (evidence: typeof shown, expectation = node.expect(1)): string =>
    faultOf(checkQuote(evidence, expectation, MEANS)).code
  assert.equal(codeOf(shown, node.expect(2)), 'quote.binding')
  assert.equal(codeOf(await node.show(1, { selection: { ...BOOT, pcrs: [0, 7] } })), 'quote.selection')
  assert.equal(
    codeOf({ ...shown, pcrValues: new Map(shown.pcrValues).set(7, new Uint8Array(32).fill(1)) }),
    'quote.pcr-digest',
  )
  // A second key of the same TPM, and a key of another TPM under the same handle: a board that was swapped.
  assert.equal(codeOf(await (await enrolNode(swtpm)).show(1)), 'quote.signature')
  const stranger = await enrolNode(another)
  assert.equal(codeOf(await stranger.show(1)), 'quote.signature')
  const claimed = { ...node.expect(1), key: { ...node.key, publicArea: stranger.key.publicArea } }
  assert.equal(codeOf(await stranger.show(1), claimed), 'quote.ak-name')
  // The other TPM's key, enrolled as if it lived under this one's endorsement key.
  const moved = { ...stranger.expect(1), key: { ...stranger.key, qualifiedName: node.key.qualifiedName } }
  assert.equal(codeOf(await stranger.show(1), moved), 'quote.signer')
  const { policy } = node.expect(1)
  assert.equal(codeOf(shown, node.expect(1, { policy: { ...policy, firmwareVersions: [1n] } })), 'quote.firmware')
})

test('a register that moves while it is quoted is quoted again, and a log explains what it holds', {
  skip,
}, async () => {
  assert.ok(swtpm)
  const node = await enrolNode(swtpm)
  const events = [
    { pcr: 0, type: 8, data: Uint8Array.of(1, 2) },
    { pcr: 7, type: 0x8000_0001, data: Uint8Array.of(3) },
    { pcr: 0, type: 4, data: Uint8Array.of(0, 0, 0, 0) },
  ]
  const log = buildEventLog(events)
  for (const { pcr, digests } of unwrap(parseEventLog(log)).events) {
    const digest = digests.get(SHA256.id)
    assert.ok(digest)
    unwrap(await extendRegister(swtpm.tpm, pcr, SHA256, digest))
  }
  const { policy } = node.expect(1)
  const expectation = node.expect(1, { policy: { ...policy, loggedPcrs: [0, 7] } })
  unwrap(checkQuote(await node.show(1, { eventLog: log }), expectation, MEANS))
  const shortened = buildEventLog(events.slice(0, 2))
  assert.equal(
    faultOf(checkQuote(await node.show(1, { eventLog: shortened }), expectation, MEANS)).code,
    'quote.event-log',
  )
  // Between the reading of the values and the quote.
  const values = unwrap(await readRegisters(swtpm.tpm, BOOT))
  const extending = extendRegister(swtpm.tpm, 9, SHA256, new Uint8Array(32))
  const moved = unwrap(await quote(swtpm.tpm, node.handle, bindingOf(1), BOOT))
  unwrap(await extending)
  const torn = { ...moved, pcrValues: values, eventLog: undefined }
  assert.equal(faultOf(checkQuote(torn, node.expect(1), MEANS)).code, 'quote.pcr-digest')
  unwrap(checkQuote(await node.show(1), node.expect(1), MEANS))
})

test('a reset is counted, and an older image of a TPM is found out', { skip }, async (t) => {
  assert.ok(another)
  const node = await enrolNode(another)
  const image = another.takeImage()
  const before = unwrap(checkQuote(await node.show(1), node.expect(1), MEANS)).clock
  await another.losePower()
  const after = await node.show(2)
  const follows = (sameBoot: boolean, clock = before) => node.expect(2, { former: { clock, sameBoot } })
  assert.equal(faultOf(checkQuote(after, follows(true), MEANS)).code, 'quote.reset')
  const { clock } = unwrap(checkQuote(after, follows(false), MEANS))
  t.diagnostic(`reset count ${before.resetCount} → ${clock.resetCount}, safe ${before.safe} → ${clock.safe}`)
  assert.equal(clock.resetCount, before.resetCount + 1)
  // Twice as many starts as the image has had.
  await another.losePower()
  const later = unwrap(checkQuote(await node.show(2), follows(false, clock), MEANS)).clock
  await another.losePower(image)
  const old = faultOf(checkQuote(await node.show(2), follows(false, later), MEANS))
  assert.equal(old.code, 'quote.rolled-back', old.message)
})

test('what is sealed opens while the registers are as they were, and never otherwise', { skip }, async () => {
  assert.ok(swtpm && another)
  const { tpm } = swtpm
  const debug = { hash: SHA256, pcrs: [23] }
  const seed = new Uint8Array(32).fill(7)
  unwrap(await resetRegister(tpm, 23))
  const sealed = unwrap(await sealUnderRegisters(tpm, seed, debug, platformDigest))
  assert.deepEqual(unwrap(await unsealUnderRegisters(tpm, sealed, debug)), seed)
  unwrap(await extendRegister(tpm, 23, SHA256, new Uint8Array(32).fill(1)))
  const fault = faultOf(await unsealUnderRegisters(tpm, sealed, debug))
  assert.equal(fault.code, 'tpm.refused')
  assert.match(fault.message, /^TPM2_Unseal: 0x99d TPM_RC_POLICY_FAIL/)
  // Other registers than those of the policy are no way round.
  assert.equal(faultOf(await unsealUnderRegisters(tpm, sealed, { hash: SHA256, pcrs: [16] })).code, 'tpm.refused')
  unwrap(await resetRegister(tpm, 23))
  assert.deepEqual(unwrap(await unsealUnderRegisters(tpm, sealed, debug)), seed)
  // A disk that was put into another machine.
  const elsewhere = faultOf(await unsealUnderRegisters(another.tpm, sealed, debug))
  assert.match(elsewhere.message, /^TPM2_Load: .*TPM_RC_INTEGRITY/)
  const last = sealed.privateArea.length - 1
  const tampered = { ...sealed, privateArea: sealed.privateArea.with(last, (sealed.privateArea[last] ?? 0) ^ 1) }
  assert.match(faultOf(await unsealUnderRegisters(tpm, tampered, debug)).message, /TPM_RC_INTEGRITY/)
  assert.equal(
    faultOf(await sealUnderRegisters(tpm, new Uint8Array(129), debug, platformDigest)).code,
    'tpm.sealed-length',
  )
})

test('a bank that the chip does not have is a fault', { skip }, async () => {
  assert.ok(swtpm)
  const fault = faultOf(await readRegisters(swtpm.tpm, { hash: SHA512, pcrs: [0] }))
  assert.match(fault.message, /^TPM2_PCR_Read: expected 1 values of sha512, got 0/)
})

test('nothing of all that is left in the three slots of the TPM', { skip }, async (t) => {
  assert.ok(swtpm && another)
  for (const { tpm } of [swtpm, another]) assert.equal(unwrap(await flushStrays(tpm)), 0)
  t.diagnostic(`clock ${unwrap(await readClock(swtpm.tpm)).clockMs} ms`)
})
