import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { unwrap } from '../support/results.ts'
import { runCommand } from './command.ts'
import { startDaemon } from './daemon.ts'
import { runGuest, whyNoGuest } from './guest/guest.ts'
import { kernelPackage } from './guest/kernel-package.ts'
import { missingSwtpm } from './swtpm.ts'

/**
 * Debian's kernel on an emulated PC with a TPM: `/dev/tpmrm0` as the kernel has it, and what the PC's firmware (SeaBIOS) has
 * measured into the registers, with its log. The TPM is swtpm, behind the registers of a chip (TIS) that QEMU emulates.
 */

const SECONDS_MAX = 360
const skip = (await whyNoGuest()) || (await missingSwtpm())

test('a TPM of the kernel quotes what the firmware measured, seals, and swaps objects', {
  skip,
  timeout: (SECONDS_MAX + 40) * 1_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-guest-tpm-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [state, control] = [join(folder, 'state'), join(folder, 'control')]
  mkdirSync(state)
  const setup = await runCommand('swtpm_setup', ['--tpm2', '--tpmstate', state, '--pcr-banks', 'sha256,sha384'], 180)
  assert.equal(setup.exitCode, 0, setup.output + setup.complaint)
  const words = ['socket', '--tpm2', '--tpmstate', `dir=${state}`, '--ctrl', `type=unixio,path=${control}`]
  const swtpm = startDaemon(t, 'swtpm', words)
  for (let waits = 0; (await runCommand('test', ['-S', control], 5)).exitCode !== 0; waits++) {
    assert.ok(waits < 600, swtpm.output())
    await sleep(50)
  }
  const hardware = ['-chardev', `socket,id=tpm,path=${control}`, '-tpmdev', 'emulator,id=tpm0,chardev=tpm']
  const run = unwrap(
    await runGuest({
      kernel: unwrap(await kernelPackage()),
      // Debian's kernel has the driver built in.
      modules: [],
      hardware: [...hardware, '-device', 'tpm-tis,tpmdev=tpm0'],
      program: 'test/hil/guest/tpm-init.ts',
      secondsMax: SECONDS_MAX,
    }),
  )
  for (const line of run.said) t.diagnostic(JSON.stringify(line))
  const said = (trial: string) => {
    const found = run.said.find((line) => line['trial'] === trial)
    assert.ok(found, `${JSON.stringify(run.said)}\n${run.console}`)
    return found
  }
  assert.equal(said('quote')['fault'], null)
  assert.ok(Number(said('quote')['events']) > 0)
  assert.equal(said('seal')['opened'], true)
  assert.match(String(said('seal')['refused']), /^TPM2_Unseal: .*TPM_RC_POLICY_FAIL/)
  // The kernel has three for everybody who opens the device, and as many for the next.
  const { rooms, refusals, again } = said('objects')
  assert.deepEqual([rooms, again], [[3, 3], true])
  assert.match(String(refusals), /^TPM2_CreatePrimary: 0x902 TPM_RC_OBJECT_MEMORY/)
})
