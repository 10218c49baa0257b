import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openTpm } from '../../provisioning/appliance/tpm-place.ts'
import { issueEnrolment } from '../../provisioning/enrolment-authority/enrol.ts'
import { drawEnrolmentMove } from '../../provisioning/members/next-enrolment.ts'
import { runTasks } from '../../provisioning/run-tasks.ts'
import { findSwtpm, makeSoftwareTpm, startSoftwareTpm } from '../../provisioning/software-tpm.ts'
import { type Enrolment, enrolmentCodec, signedEnrolmentCodec } from '../../src/attestation/enrolment.ts'
import {
  type EnrolmentRequest,
  enrolmentRequestCodec,
  signedRequestCodec,
} from '../../src/attestation/enrolment-request.ts'
import { SHA256 } from '../../src/attestation/tpm-algorithm.ts'
import { decode } from '../../src/core/encoding.ts'
import { sha384 } from '../../src/core/hash.ts'
import { faultOf, unwrap } from '../support/results.ts'
import { openScope } from '../support/scope.ts'
import { applianceWith, type BenchAppliance, challenge, foundAuthority, rootsOf } from './enrolment-bench.ts'

/** An appliance whose sealed signing key has been rotated asks for enrolment anew, of the same TPM (swtpm, libtpms). */

const found = findSwtpm()
const skip = found.ok ? false : found.fault.message
const folder = mkdtempSync(join(tmpdir(), 'qt-renew-'))
const scope = openScope()
after(async () => {
  await scope.close()
  rmSync(folder, { recursive: true, force: true })
})
const path = (...names: readonly string[]): string => join(folder, ...names)
const PUB = path('authority', 'authority.pub')

function enrolmentIn(bytes: Uint8Array): Enrolment {
  return unwrap(decode(enrolmentCodec, unwrap(decode(signedEnrolmentCodec, bytes, 'e')).content, 'e'))
}

function requestIn(bytes: Uint8Array): EnrolmentRequest {
  return unwrap(decode(enrolmentRequestCodec, unwrap(decode(signedRequestCodec, bytes, 'r')).content, 'r'))
}

test('after a rotation an enrolment is renewed under the new key, for other registers too', { skip }, async () => {
  const authority = await foundAuthority(scope, path('authority'))
  const place = { authorityFolder: path('ca'), folder: path('tpm', 'ts0') }
  unwrap(await makeSoftwareTpm(place))
  const { socket, stop } = unwrap(await startSoftwareTpm(place))
  const tpm = openTpm({ swtpm: socket })
  scope.after(async () => {
    await tpm.close()
    await stop()
  })
  const enrol = async (who: BenchAppliance, request: Uint8Array, replace: boolean): Promise<Enrolment> => {
    const asks = unwrap(challenge(authority, request, rootsOf(path('ca')), replace))
    const issued = unwrap(issueEnrolment(authority, unwrap(await who.answer(asks.bytes, PUB))))
    return enrolmentIn(unwrap(await who.install(issued.bytes, PUB)))
  }
  const own = applianceWith(tpm, path('ts0'), { node: 'ts0', socket })
  const first = await enrol(own, unwrap(await own.request()), false)
  const next = applianceWith(tpm, path('ts0', 'next'), { node: 'ts0', socket })
  const rotated = await enrol(next, unwrap(await next.request()), true)
  assert.deepEqual([first.serial, rotated.serial], [1, 2])
  assert.notDeepEqual(rotated.keyHash, first.keyHash)

  // As `rotate-key finish --only signing` leaves it: the TLS key of next/ is nobody's.
  cpSync(next.files.signingKey.sealed, own.files.signingKey.sealed)
  const { tasks, cleared } = unwrap(drawEnrolmentMove(path('ts0'), undefined, rotated.keyHash))
  unwrap(await runTasks([...tasks, ...cleared], { dryRun: false, say: () => undefined, log: undefined }))

  // What was asked for with next/ names that TLS key.
  assert.equal(faultOf(await own.request()).code, 'enrol.request-differs')
  const selection = { hash: SHA256, pcrs: [0, 1, 2, 3, 4, 5, 6, 7] }
  const renewed = unwrap(await own.request({ renew: true, selection }))
  const request = requestIn(renewed)
  assert.deepEqual([sha384(request.signingKey), request.former?.serial], [rotated.keyHash, 2])
  const third = await enrol(own, renewed, false)
  assert.deepEqual([third.serial, third.keyHash], [3, rotated.keyHash])
  assert.deepEqual(third.selection.pcrs, selection.pcrs)
  assert.deepEqual(third.attestationKey.name, first.attestationKey.name)
  // Asked again, it is kept.
  assert.deepEqual(unwrap(await own.request({ selection })), renewed)
})
