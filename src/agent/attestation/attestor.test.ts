import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { enrolmentOf, signEnrolment, TPM } from '../../../test/support/attestation-records.ts'
import { unwrap } from '../../../test/support/results.ts'
import { decodeRecord, type NamedCertificate } from '../../attestation/record.ts'
import type { AttestationConfiguration } from '../../config/attestation.ts'
import { ok } from '../../core/fault.ts'
import { createAttestor } from './attestor.ts'
import { openProvider } from './provider.ts'
import type { OwnRecord } from './record-maker.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-attestor-'))
after(() => rmSync(folder, { recursive: true }))
const enrolment = join(folder, 'enrolment.cbor')
const FIRST: NamedCertificate = { height: 2, hash: new Uint8Array(48).fill(2) }
const ME = { cluster: 'hall', name: 'node-b', keyHash: new Uint8Array(48).fill(7) }
writeFileSync(enrolment, signEnrolment(enrolmentOf(TPM, { keyHash: ME.keyHash })))

/** An attestor whose records go nowhere but here. */
function openDesk(t: TestContext, attestation: AttestationConfiguration | undefined) {
  const published: OwnRecord[] = []
  const faults: string[] = []
  let certificate: NamedCertificate | undefined
  const attestor = createAttestor({
    attestation,
    tpm: openProvider(attestation),
    bootId: new Uint8Array(16).fill(1),
    configurationDigest: undefined,
    softwareDigest: () => undefined,
    inventory: () => [],
    ready: () => Promise.resolve(),
    random: () => 0,
    note: ({ code }) => faults.push(code),
  })
  t.after(attestor.close)
  const enter = (member: number, keyHash = ME.keyHash): void => {
    const newestCertificate = (): NamedCertificate | undefined => certificate
    const publish = async (record: OwnRecord) => {
      published.push(record)
      return ok(undefined)
    }
    attestor.prepare({ ...ME, member, keyHash })
    attestor.enter({ ...ME, member, keyHash, newestCertificate, publish })
  }
  const until = async (count: number): Promise<void> => {
    while (published.length < count) await sleep(10)
  }
  const certify = (named: NamedCertificate | undefined): void => {
    certificate = named
    attestor.certified()
  }
  return { attestor, enter, until, certify, published, faults }
}

test('an appliance that nothing vouches for says so, and names the first certificate as soon as there is one', async (t) => {
  const { attestor, enter, until, certify, published, faults } = openDesk(t, undefined)
  enter(1)
  await until(1)
  certify(undefined)
  certify(FIRST)
  certify({ ...FIRST, height: 3 })
  await until(2)
  await sleep(50)
  assert.equal(published.length, 2)
  const statements = published.map(({ bytes }) => unwrap(decodeRecord(bytes)).statement)
  // What it names is the newest when it is made.
  assert.deepEqual(
    statements.map(({ provider, certificate }) => [provider, certificate?.height]),
    [
      ['none', undefined],
      ['none', 3],
    ],
  )
  assert.deepEqual(faults, [])
  assert.equal(attestor.shown(), published[1])
  // In the next session one is shown at once, and another one as soon as that session has certified something.
  enter(1)
  await until(3)
  certify({ ...FIRST, height: 7 })
  certify({ ...FIRST, height: 8 })
  await until(4)
  await sleep(50)
  const last = unwrap(decodeRecord(published[3]?.bytes ?? new Uint8Array())).statement
  assert.deepEqual([published.length, last.certificate?.height], [4, 8])
  // In another session it may be another member, and what it has shown is nobody's.
  attestor.prepare({ ...ME, member: 1 })
  assert.equal(attestor.shown(), published[3])
  attestor.prepare({ ...ME, member: 2 })
  assert.equal(attestor.shown(), undefined)
})

test('an appliance whose TPM is not there takes part, says what it can, and tries again', async (t) => {
  const attestation = { provider: 'tpm2' as const, device: join(folder, 'tpmrm0'), enrolment, refreshMinutes: 10 }
  const { attestor, enter, until, published, faults } = openDesk(t, attestation)
  enter(1)
  await until(1)
  while (faults.length < 2) await sleep(10)
  assert.equal(unwrap(decodeRecord(published[0]?.bytes ?? new Uint8Array())).statement.provider, 'none')
  assert.deepEqual(new Set(faults), new Set(['tpm.absent']))
  // That there is none is not told again and again.
  assert.equal(published.length, 1)
  assert.deepEqual((attestor.describe() as { failure: { code: string } }).failure.code, 'tpm.absent')
})

test('a session under another key begins with a record of that key, long before the next one is due', async (t) => {
  const { attestor, enter, until, certify, published } = openDesk(t, undefined)
  enter(1)
  await until(1)
  certify(FIRST)
  await until(2)
  const keyHash = new Uint8Array(48).fill(8)
  enter(1, keyHash)
  // What it has shown under the former key is nobody's.
  assert.equal(attestor.shown(), undefined)
  await until(3)
  assert.equal(attestor.shown(), published[2])
  const { statement } = unwrap(decodeRecord(published[2]?.bytes ?? new Uint8Array()))
  assert.deepEqual([statement.keyHash, statement.certificate], [keyHash, FIRST])
})
