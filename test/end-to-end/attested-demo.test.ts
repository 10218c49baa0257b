import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findSwtpm } from '../../provisioning/software-tpm.ts'
import { quorumtime } from '../support/agent-process.ts'

/** `npm start -- --attest swtpm`: agents that unseal their keys, and show each other what their TPMs say. */

const found = findSwtpm()
const skip = found.ok ? false : found.fault.message
const folder = mkdtempSync(join(tmpdir(), 'qt-demo-'))
after(() => rmSync(folder, { recursive: true, force: true }))

interface Line {
  readonly type: string
  readonly certified: boolean
  readonly attestation: readonly { readonly verdict: string }[]
  readonly missedTruth: readonly number[]
}

test('a demonstration with software TPMs certifies epochs in which four records are verified', {
  skip,
  timeout: 480_000,
}, async () => {
  const ran = await quorumtime('demo', '--attest', 'swtpm', '--epochs', '30', '--folder', folder, '--json')
  assert.equal(ran.code, 0, ran.stderr)
  const lines = ran.stdout.split('\n').filter((line) => line.startsWith('{'))
  const epochs = lines.map((line) => JSON.parse(line) as Line).filter(({ type }) => type === 'epoch')
  assert.equal(epochs.length, 30)
  const verified = epochs.filter(
    ({ certified, attestation }) =>
      certified && attestation.length === 4 && attestation.every(({ verdict }) => verdict === 'verified'),
  )
  assert.ok(verified.length >= 3, `${verified.length} of 30 certified with four verified records:\n${ran.stdout}`)
  for (const { missedTruth } of epochs) assert.deepEqual(missedTruth, [])
})
