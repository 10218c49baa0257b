import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { familiesUnderTest } from '../conformance/families-under-test.ts'
import { runCampaign } from './campaign.ts'
import { driverTarget } from './driver-targets.ts'
import { PACKET_DRIVER_TARGETS } from './packet-driver-targets.ts'

/** As many as finish in seconds; `npm run fuzz -- --only driver` tries a million of each. */
const INPUTS = 4_000

describe('what an instrument says, mutated', () => {
  for (const target of [...familiesUnderTest().map(driverTarget), ...PACKET_DRIVER_TARGETS]) {
    it(`never throws, never hangs and never floods: ${target.name}`, async (t) => {
      const report = await runCampaign(target, INPUTS, 1)
      t.diagnostic(`${report.inputs} inputs, ${report.accepted} accepted, ${Object.keys(report.refused).length} faults`)
      assert.equal(report.failure, undefined)
      assert.equal(report.inputs, INPUTS)
      assert.ok(report.accepted > 0, 'valid inputs are among them')
      assert.ok(report.accepted < INPUTS, 'and invalid ones')
    })
  }
})
