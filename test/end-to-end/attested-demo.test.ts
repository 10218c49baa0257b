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

/** Why certificates verify nobody yet: nothing dates a record, or it, or what dates it, has not come. */
const EARLY = ['record.undated', 'record.certificate', 'record.absent', 'record.withheld', 'record.none', 'unjudged']

interface Summary {
  readonly records: { readonly firstEpoch: number; readonly reasonsBefore: readonly { readonly code: string }[] } | null
}

interface Line {
  readonly type: string
  readonly epoch: number
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
  const summary = lines.map((line) => JSON.parse(line) as Line & Summary).find(({ type }) => type === 'summary')
  const first = epochs.find((epoch) => verified.includes(epoch))
  assert.equal(summary?.records?.firstEpoch, first?.epoch)
  assert.ok(
    summary?.records?.reasonsBefore.every(({ code }) => EARLY.includes(code)),
    ran.stdout,
  )
  for (const { missedTruth } of epochs) assert.deepEqual(missedTruth, [])
})
