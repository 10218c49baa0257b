import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { testMembership, testVerify } from '../../test/support/replica-cluster.ts'
import { unwrap } from '../../test/support/results.ts'
import { createVoices, digestOf } from '../../test/support/signed-messages.ts'
import { contradictionOf, type Evidence, encodeEvidence, evidenceEntry } from '../consensus/evidence.ts'
import { membershipHash } from '../consensus/membership.ts'
import type { Input } from '../consensus/replica/types.ts'
import { type EvidenceLog, openEvidenceLog } from '../ledger/evidence-log.ts'
import type { AgentEvent } from './agent-event.ts'
import { createFaultLog } from './fault-log.ts'
import { createWitness, type Witness } from './witness.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-witness-'))
after(() => rmSync(folder, { recursive: true }))

const membership = testMembership(4)
const { say } = createVoices(membership)
const [one, other] = [1, 2].map((value) => say(2, 'finalize', { view: 7, hash: digestOf(value) }))
assert.ok(one && other)
const lie: Evidence = contradictionOf('conflicting-finalize', 7, one, other)
const forged: Evidence = contradictionOf('conflicting-finalize', 7, one, {
  ...other,
  signature: new Uint8Array(other.signature.length),
})

interface Bench {
  readonly log: EvidenceLog
  readonly witness: Witness
  readonly events: AgentEvent[]
}

function openBench(file: string): Bench {
  const log = unwrap(openEvidenceLog(join(folder, file)))
  const events: AgentEvent[] = []
  const report = (event: AgentEvent): void => {
    events.push(event)
  }
  const faults = createFaultLog(report)
  return { log, events, witness: createWitness({ self: 0, membership, log, verify: testVerify, report, faults }) }
}

/** What comes back until the gate, which works in promises, has judged all of it. */
async function recalled(witness: Witness): Promise<readonly Input[]> {
  const inputs: Input[] = []
  witness.recall((input) => inputs.push(input))
  await new Promise((resolve) => setTimeout(resolve, 20))
  return inputs
}

test('a proof is kept and said once, with who, what and when', () => {
  const { log, witness, events } = openBench('once.sqlite')
  witness.saw(lie, 41)
  witness.saw(lie, 42)
  assert.deepEqual(events, [
    {
      type: 'alarm',
      code: 'evidence.conflicting-finalize',
      message: 'node2 signed what no correct appliance signs: conflicting-finalize in view 7, seen after epoch 41',
    },
  ])
  const kept = { ...evidenceEntry(lie), membershipHash: membershipHash(membership), seenAfterEpoch: 41 }
  assert.deepEqual(unwrap(log.all()), [{ ...kept, bytes: encodeEvidence(lie) }])
  log.close()
})

test('after a restart it is verified again, given to the replica, and not said again', async () => {
  const first = openBench('restart.sqlite')
  first.witness.saw(lie, 41)
  first.log.close()
  const { log, witness, events } = openBench('restart.sqlite')
  const [input, ...more] = await recalled(witness)
  assert.ok(input?.type === 'evidence')
  assert.deepEqual([input.evidence, input.from, more], [lie, 0, []])
  witness.saw(input.evidence, 50)
  assert.deepEqual(events, [])
  log.close()
})

test('what a disk has changed, or what is of another membership, is not given to the replica', async () => {
  const { log, witness, events } = openBench('damaged.sqlite')
  const kept = { ...evidenceEntry(forged), seenAfterEpoch: 1, bytes: encodeEvidence(forged) }
  unwrap(log.append({ ...kept, membershipHash: membershipHash(membership) }))
  unwrap(log.append({ ...kept, digest: digestOf(3), membershipHash: digestOf(4) }))
  assert.deepEqual(await recalled(witness), [])
  assert.deepEqual(
    events.map((event) => (event.type === 'alarm' ? event.code : event.type)),
    ['evidence.signature'],
  )
  log.close()
})

test('a proof that can not be kept is still said', () => {
  const { log, witness, events } = openBench('closed.sqlite')
  log.close()
  witness.saw(lie, 41)
  assert.deepEqual(
    events.map((event) => (event.type === 'alarm' ? event.code : event.type)),
    ['ledger.sqlite', 'evidence.conflicting-finalize'],
  )
})
