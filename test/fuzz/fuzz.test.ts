import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ATTESTATION_TARGETS } from './attestation-targets.ts'
import { runCampaign } from './campaign.ts'
import { CONSENSUS_TARGETS } from './consensus-targets.ts'
import { INSTRUMENT_TARGETS } from './instrument-targets.ts'
import { PTP_TARGETS } from './ptp-targets.ts'
import { REFERENCE_TARGETS } from './reference-targets.ts'
import { TPM_TARGETS } from './tpm-targets.ts'

/** As many as finish in seconds; `npm run fuzz` tries a million of each. */
const INPUTS = 4_000

describe('bytes from outside', () => {
  for (const target of [
    ...CONSENSUS_TARGETS,
    ...INSTRUMENT_TARGETS,
    ...REFERENCE_TARGETS,
    ...PTP_TARGETS,
    ...TPM_TARGETS,
    ...ATTESTATION_TARGETS,
  ]) {
    it(`never throw, and mean one thing only: ${target.name}`, async (t) => {
      const report = await runCampaign(target, INPUTS, 1)
      t.diagnostic(`${report.inputs} inputs, ${report.accepted} accepted, ${Object.keys(report.refused).length} faults`)
      assert.equal(report.failure, undefined)
      assert.equal(report.inputs, INPUTS)
      assert.ok(report.accepted > 0, 'valid inputs are among them')
      assert.ok(report.accepted < INPUTS, 'and invalid ones')
    })
  }
})

describe('a campaign', () => {
  it('finds a target that throws, and says with which input', async () => {
    const target = CONSENSUS_TARGETS[0]
    assert.ok(target !== undefined)
    const fragile = {
      ...target,
      take: (bytes: Uint8Array) => {
        if (bytes.length > 3 && bytes[1] === 0) throw new Error('an index out of range')
        return target.take(bytes)
      },
    }
    const { failure } = await runCampaign(fragile, 20_000, 2)
    assert.match(failure ?? '', /an index out of range; seed 2, input [0-9a-f]+/)
  })

  it('finds a target for which two byte strings are one', async () => {
    const target = CONSENSUS_TARGETS[2]
    assert.ok(target !== undefined)
    const lax = { ...target, take: () => ({ ok: true, value: { again: target.corpus[0] } }) as const }
    assert.match((await runCampaign(lax, 1_000, 3)).failure ?? '', /stands for other bytes/)
  })
})
