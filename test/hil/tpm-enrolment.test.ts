import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { activateCredential } from '../../src/attestation/tpm/activate-credential.ts'
import { checkEndorsementCertificate } from '../../src/attestation/tpm/endorsement-certificate.ts'
import { flushStrays, TPM_RH_ENDORSEMENT, withHandle } from '../../src/attestation/tpm/handles.ts'
import { keyObjectOf } from '../../src/attestation/tpm/key-object.ts'
import { type Credential, makeCredential } from '../../src/attestation/tpm/make-credential.ts'
import { NV_ENDORSEMENT_ECC_P384, NV_ENDORSEMENT_RSA_2048, readNv } from '../../src/attestation/tpm/nv.ts'
import { createPrimary, readPublic } from '../../src/attestation/tpm/objects.ts'
import { decodePublic } from '../../src/attestation/tpm-public.ts'
import { ENDORSEMENT_ECC_P384, ENDORSEMENT_RSA_2048 } from '../../src/attestation/tpm-template.ts'
import { sized, u32 } from '../../src/attestation/tpm-writer.ts'
import { concatBytes } from '../../src/core/bytes.ts'
import { faultOf, unwrap } from '../support/results.ts'
import { openScope } from '../support/scope.ts'
import { ENDORSEMENT_ECC, ENDORSEMENT_RSA, enrolNode } from './attesting-node.ts'
import { missingSwtpm, type Swtpm, startSwtpm } from './swtpm.ts'

/** From the certificate of an endorsement key to an attestation key that is proved to live beside it, against swtpm. */

const skip = await missingSwtpm()
const folder = mkdtempSync(join(tmpdir(), 'quorumtime-enrolment-'))
const scope = openScope()
after(async () => {
  await scope.close()
  rmSync(folder, { recursive: true, force: true })
})
const [swtpm, another] =
  skip === false ? [await startSwtpm(scope, folder, 'one'), await startSwtpm(scope, folder, 'other')] : []

const KINDS = [
  { name: 'RSA', handle: ENDORSEMENT_RSA, index: NV_ENDORSEMENT_RSA_2048, template: ENDORSEMENT_RSA_2048 },
  { name: 'ECC', handle: ENDORSEMENT_ECC, index: NV_ENDORSEMENT_ECC_P384, template: ENDORSEMENT_ECC_P384 },
] as const
const SECRET = new TextEncoder().encode('a secret of thirty-two bytes, yes').slice(0, 32)

async function endorsementKey({ tpm }: Swtpm, handle: number) {
  return unwrap(decodePublic(unwrap(await readPublic(tpm, handle)).publicArea, 'endorsement key'))
}

for (const { name, handle, index, template } of KINDS) {
  test(`the certificate of the ${name} key leads to its root, and is of that key`, { skip }, async (t) => {
    assert.ok(swtpm && another)
    const { tpm, authorities } = swtpm
    const der = unwrap(await readNv(tpm, index))
    const { publicKey, identity } = unwrap(checkEndorsementCertificate(der, authorities, Date.now()))
    t.diagnostic(`${identity.manufacturer} ${identity.model} ${identity.version}, ${der.length} bytes`)
    assert.ok(publicKey.equals(unwrap(keyObjectOf(await endorsementKey(swtpm, handle)))))
    assert.ok(!publicKey.equals(unwrap(keyObjectOf(await endorsementKey(another, handle)))))
    // The template makes the very key that the certificate is for.
    const made = await withHandle(tpm, createPrimary(tpm, TPM_RH_ENDORSEMENT, template), (primary) =>
      readPublic(tpm, primary),
    )
    assert.deepEqual(unwrap(made).name, unwrap(await readPublic(tpm, handle)).name)
  })

  test(`a certificate of the ${name} key that is forged, or of another authority, is refused`, { skip }, async () => {
    assert.ok(swtpm && another)
    const { tpm, authorities } = swtpm
    const der = unwrap(await readNv(tpm, index))
    const codeOf = (certificate: Uint8Array, given = authorities, at = Date.now()): string =>
      faultOf(checkEndorsementCertificate(certificate, given, at)).code
    // An authority of the same name with another key: whoever has swtpm can be one.
    assert.equal(codeOf(der, another.authorities), 'ek.issuer')
    assert.equal(codeOf(der, { ...authorities, roots: another.authorities.roots }), 'ek.issuer')
    assert.equal(codeOf(der, { ...authorities, intermediates: [] }), 'ek.issuer')
    assert.equal(codeOf(der, { roots: [], intermediates: authorities.intermediates }), 'ek.issuer')
    assert.equal(codeOf(der, authorities, Date.UTC(2000, 0)), 'ek.validity')
    assert.equal(codeOf(lastBitFlipped(der)), 'ek.signature')
    assert.equal(codeOf(der.subarray(0, 100)), 'ek.format')
    // An authority is no TPM.
    assert.equal(codeOf(authorities.intermediates[0] ?? der), 'ek.purpose')
    for (let at = 0; at < der.length; at += 7) {
      const forged = checkEndorsementCertificate(der.with(at, (der[at] ?? 0) ^ 1), authorities, Date.now())
      assert.equal(forged.ok, false, `byte ${at}`)
    }
  })

  test(`a credential for the ${name} key opens in the TPM that holds both keys, and nowhere else`, {
    skip,
  }, async () => {
    assert.ok(swtpm && another)
    const node = await enrolNode(swtpm, handle)
    const credential = unwrap(makeCredential(await endorsementKey(swtpm, handle), node.key.name, SECRET))
    assert.deepEqual(unwrap(await activateCredential(swtpm.tpm, node.handle, handle, credential)), SECRET)
    const second = await enrolNode(swtpm, handle)
    const others = [
      await activateCredential(swtpm.tpm, second.handle, handle, credential),
      await activateCredential(another.tpm, (await enrolNode(another, handle)).handle, handle, credential),
    ]
    for (const result of others) assert.equal(faultOf(result).code, 'tpm.refused')
  })

  test(`tpm2_activatecredential opens ours for the ${name} key, and we open theirs`, { skip }, async () => {
    assert.ok(swtpm)
    const node = await enrolNode(swtpm, handle)
    const path = (file: string): string => join(folder, `${name}-${file}`)
    const ours = unwrap(makeCredential(await endorsementKey(swtpm, handle), node.key.name, SECRET))
    writeFileSync(path('ours'), credentialFile(ours))
    const [attestation, endorsement] = [node.handle, handle].map((of) => `0x${of.toString(16)}`) as [string, string]
    const session = path('session')
    await swtpm.tool('tpm2_startauthsession', ['--policy-session', '-S', session])
    await swtpm.tool('tpm2_policysecret', ['-S', session, '-c', 'e'])
    const keys = ['-c', attestation, '-C', endorsement]
    // An endorsement key of the high range takes its empty password, one of the low range the policy.
    const authorization = name === 'RSA' ? ['-P', `session:${session}`] : []
    await swtpm.tool('tpm2_activatecredential', [...keys, '-i', path('ours'), '-o', path('opened'), ...authorization])
    assert.deepEqual(new Uint8Array(readFileSync(path('opened'))), SECRET)
    await swtpm.tool('tpm2_flushcontext', [session])

    writeFileSync(path('secret'), SECRET)
    await swtpm.tool('tpm2_readpublic', ['-c', endorsement, '-o', path('key')])
    const told = ['-u', path('key'), '-s', path('secret'), '-n', node.key.name.toHex(), '-o', path('theirs')]
    await swtpm.tool('tpm2_makecredential', told)
    const theirs = readCredentialFile(new Uint8Array(readFileSync(path('theirs'))))
    assert.deepEqual(unwrap(await activateCredential(swtpm.tpm, node.handle, handle, theirs)), SECRET)
  })
}

test('nothing of all that is left in the three slots of the TPM', { skip }, async () => {
  assert.ok(swtpm && another)
  for (const { tpm } of [swtpm, another]) assert.equal(unwrap(await flushStrays(tpm)), 0)
})

function lastBitFlipped(bytes: Uint8Array): Uint8Array {
  return bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1)
}

const FILE_HEAD_BYTES = 8

/** As tpm2-tools keep them: a magic number, version 1, then both parts with their lengths. */
function credentialFile({ idObject, encryptedSecret }: Credential): Uint8Array {
  return concatBytes(u32(0xbadc_c0de), u32(1), sized(idObject), sized(encryptedSecret))
}

function readCredentialFile(bytes: Uint8Array): Credential {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const first = view.getUint16(FILE_HEAD_BYTES)
  const secondAt = FILE_HEAD_BYTES + 2 + first
  const second = view.getUint16(secondAt)
  return {
    idObject: bytes.subarray(FILE_HEAD_BYTES + 2, secondAt),
    encryptedSecret: bytes.subarray(secondAt + 2, secondAt + 2 + second),
  }
}
