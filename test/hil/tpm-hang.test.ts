import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { flushStrays, TPM_RH_OWNER } from '../../src/attestation/tpm/handles.ts'
import { createPrimary } from '../../src/attestation/tpm/objects.ts'
import { readClock } from '../../src/attestation/tpm/quote.ts'
import { getRandom } from '../../src/attestation/tpm/random.ts'
import { createTpm, type Tpm } from '../../src/attestation/tpm/tpm.ts'
import { createTpmDevice } from '../../src/attestation/tpm/tpm-device.ts'
import { createTpmSocket } from '../../src/attestation/tpm/tpm-socket.ts'
import { STORAGE_P256 } from '../../src/attestation/tpm-template.ts'
import { openPty } from '../../src/linux/pty.ts'
import { faultOf, unwrap } from '../support/results.ts'
import { openScope } from '../support/scope.ts'
import { missingSwtpm, type Swtpm, startSwtpm } from './swtpm.ts'

/** A TPM that does not answer: SIGSTOP to swtpm, in the middle of whatever it does. */

const skip = await missingSwtpm()
const folder = mkdtempSync(join(tmpdir(), 'quorumtime-hang-'))
const scope = openScope()
after(async () => {
  await scope.close()
  rmSync(folder, { recursive: true, force: true })
})
const swtpm = skip === false ? await startSwtpm(scope, folder, 'one') : undefined

const PATIENCE_MS = 2_000

/** What the event loop got done while a command hung. */
async function askWhileStopped(t: TestContext, tpm: Tpm): Promise<void> {
  assert.ok(swtpm)
  swtpm.child.kill('SIGSTOP')
  let turns = 0
  const counting = setInterval(() => {
    turns += 1
  }, 5)
  const from = performance.now()
  // It may be at work on a key, not only idle.
  const fault = faultOf(await createPrimary(tpm, TPM_RH_OWNER, STORAGE_P256))
  const tookMs = performance.now() - from
  clearInterval(counting)
  assert.equal(fault.code, 'tpm.silent')
  assert.match(fault.message, /expected a response within 2000 ms, got none$/)
  // A loop that hung with the TPM would have had none of these, however busy the machine is.
  assert.ok(turns > 5, `expected turns of the event loop meanwhile, got ${turns}`)
  t.diagnostic(`silent after ${tookMs.toFixed(0)} ms, ${turns} turns of the event loop meanwhile`)
}

async function untilAnswers(tpm: Tpm): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const clock = await readClock(tpm)
    if (clock.ok) return
    assert.equal(clock.fault.code, 'tpm.silent')
    assert.ok(attempt < 100, clock.fault.message)
    await sleep(100)
  }
}

test('a software TPM that hangs is silent, and is asked again over a new connection', { skip }, async (t) => {
  assert.ok(swtpm)
  const tpm = createTpm(createTpmSocket({ host: swtpm.host, port: swtpm.port }, PATIENCE_MS))
  t.after(() => tpm.close())
  unwrap(await getRandom(tpm, 8))
  await askWhileStopped(t, tpm)
  assert.equal(faultOf(await getRandom(tpm, 8)).code, 'tpm.silent')
  swtpm.child.kill('SIGCONT')
  await untilAnswers(tpm)
  // The key that nobody waited for any more was made all the same.
  assert.ok(unwrap(await flushStrays(tpm)) <= 1)
  assert.equal(unwrap(await getRandom(tpm, 8)).length, 8)
})

test('a device that hangs takes one thread with it, and is asked again when that is free', { skip }, async (t) => {
  const device = await deviceOn(t, swtpm)
  const tpm = createTpm(createTpmDevice(device, PATIENCE_MS))
  t.after(() => tpm.close())
  assert.equal(unwrap(await getRandom(tpm, 8)).length, 8)
  await askWhileStopped(t, tpm)
  // No second thread is sent after the first.
  const from = performance.now()
  assert.match(faultOf(await getRandom(tpm, 8)).message, /got one that still hangs in an earlier command$/)
  t.diagnostic(`refused in ${(performance.now() - from).toFixed(1)} ms while it hangs`)
  swtpm?.child.kill('SIGCONT')
  await untilAnswers(tpm)
  assert.equal(unwrap(await getRandom(tpm, 8)).length, 8)
  unwrap(await flushStrays(tpm))
})

test('a device that is not there is a fault', async (t) => {
  const tpm = createTpm(createTpmDevice(join(folder, 'tpmrm0')))
  t.after(() => tpm.close())
  assert.equal(faultOf(await getRandom(tpm, 8)).code, 'tpm.absent')
})

/**
 * A file that is opened, written and read as `/dev/tpmrm0` is: a raw pty, whose other end goes to swtpm byte for byte. What the
 * kernel's driver does beside that, one command in one write and one response in one read, a pty does for what is
 * this short.
 */
async function deviceOn(t: TestContext, target: Swtpm | undefined): Promise<string> {
  assert.ok(target)
  await target.tpm.close()
  const socket = connect(target.port, target.host)
  const pty = unwrap(openPty({ onBytes: (bytes) => socket.write(bytes), onFault: () => undefined }))
  socket.on('data', (bytes: Buffer) => unwrap(pty.write(bytes)))
  socket.on('error', () => undefined)
  t.after(async () => {
    await pty.close()
    socket.destroy()
  })
  return pty.path
}
