import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { countInTpm } from '../../src/agent/keys/start-count.ts'
import { type Ledgers, openLedgers } from '../../src/agent/ledgers.ts'
import type { OwnSession } from '../../src/agent/own-session.ts'
import { counterIndexOf, readCounter } from '../../src/attestation/tpm/nv-counter.ts'
import type { Configuration } from '../../src/config/schema.ts'
import { firstSession } from '../../src/consensus/session.ts'
import type { Fault, Result } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { createSafetyJournal } from '../../src/ledger/new-safety-journal.ts'
import { openSafetyJournal } from '../../src/ledger/safety-journal.ts'
import { faultOf, unwrap } from '../support/results.ts'
import { openScope } from '../support/scope.ts'
import { createSigningMembers } from '../support/signing-members.ts'
import { missingSwtpm, type Swtpm, startSwtpm } from './swtpm.ts'

/** What a TPM's counter finds of a restored backup when nobody else is there to ask (swtpm, libtpms). */

const skip = await missingSwtpm()
const folder = mkdtempSync(join(tmpdir(), 'quorumtime-count-'))
const scope = openScope()
after(async () => {
  await scope.close()
  rmSync(folder, { recursive: true, force: true })
})
const [swtpm, another] =
  skip === false ? [await startSwtpm(scope, folder, 'one'), await startSwtpm(scope, folder, 'other')] : []

const { membership, members, verifier } = createSigningMembers(6)
let appliances = 0

/** The state folder of an appliance with a key of its own, as provisioning leaves it. */
function newAppliance(): { readonly state: string; readonly own: OwnSession } {
  const id = appliances
  appliances += 1
  const { signer } = members[id] as (typeof members)[number]
  const keyHash = sha384(signer.publicKey)
  const session = firstSession(membership)
  const state = join(folder, `state-${id}`)
  mkdirSync(state)
  unwrap(createSafetyJournal(join(state, 'journal.sqlite'), { membershipHash: session.hash, member: id, keyHash }))
  const member = membership.members[id]
  return { state, own: { session, identity: { member, signer, verifier, keyHash } } as unknown as OwnSession }
}

async function start(state: string, own: OwnSession, tpm: Swtpm | undefined): Promise<Result<Ledgers>> {
  await tpm?.tpm.close()
  const attestation = tpm === undefined ? {} : { attestation: { provider: 'tpm2', swtpm: `${tpm.host}:${tpm.port}` } }
  const configuration = { node: { stateDirectory: state }, ...attestation } as Configuration
  return openLedgers(configuration, own, (fault: Fault) => assert.fail(fault.message))
}

/** As if its machine lost its power: nothing is counted at the end. */
async function crash({ journal, records, handOver, close }: Ledgers): Promise<void> {
  handOver()
  await close()
  journal.close()
  assert.ok(records)
}

function copy(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  cpSync(from, to, { recursive: true })
}

test('starts, ends, crashes and losses of power go on and on', { skip }, async () => {
  assert.ok(swtpm)
  const { state, own } = newAppliance()
  const counts: number[] = []
  for (const way of ['ends', 'ends', 'crashes', 'ends', 'loses power', 'ends']) {
    const ledgers = unwrap(await start(state, own, swtpm))
    counts.push(ledgers.journal.tpmCount() ?? -1)
    if (way === 'ends') await ledgers.close()
    else await crash(ledgers)
    if (way === 'loses power') await swtpm.losePower()
  }
  const [first = 0] = counts
  assert.deepEqual(counts, [first, first + 2, first + 4, first + 5, first + 7, first + 8])
  // Another program reads the same number.
  assert.equal(unwrap(await readCounter(swtpm.tpm, counterIndexOf(own.identity.keyHash))), first + 9)
})

test('a backup of a running agent, restored after its end, is refused, and stays refused without the TPM', {
  skip,
}, async () => {
  assert.ok(swtpm)
  const { state, own } = newAppliance()
  const running = unwrap(await start(state, own, swtpm))
  copy(state, `${state}-backup`)
  await running.close()
  copy(`${state}-backup`, state)
  const { code, message } = faultOf(await start(state, own, swtpm))
  assert.equal(code, 'journal.rolled-back')
  assert.match(
    message,
    /expected the count of the TPM, \d+, got a journal that knows \d+: a backup .* under a new key$/,
  )
  assert.equal(faultOf(await start(state, own, undefined)).code, 'journal.rolled-back')
})

test('a backup of an earlier start is refused after a crash too; one of the very start that crashed is not found', {
  skip,
}, async () => {
  assert.ok(swtpm)
  const { state, own } = newAppliance()
  await crash(unwrap(await start(state, own, swtpm)))
  copy(state, `${state}-earlier`)
  const running = unwrap(await start(state, own, swtpm))
  copy(state, `${state}-same`)
  await crash(running)
  copy(`${state}-earlier`, state)
  assert.equal(faultOf(await start(state, own, swtpm)).code, 'journal.rolled-back')
  // What a crash leaves and what a copy of that start holds, no counter tells apart: the others have to.
  copy(`${state}-same`, state)
  await unwrap(await start(state, own, swtpm)).close()
})

test('a journal from before the TPM counted is refused', { skip }, async () => {
  assert.ok(swtpm)
  const { state, own } = newAppliance()
  copy(state, `${state}-new`)
  await unwrap(await start(state, own, swtpm)).close()
  copy(`${state}-new`, state)
  assert.equal(faultOf(await start(state, own, swtpm)).code, 'journal.rolled-back')
})

test('without the TPM that has counted nothing is signed; a crash between journal and TPM is no other TPM', {
  skip,
}, async () => {
  assert.ok(swtpm && another)
  const { state, own } = newAppliance()
  await unwrap(await start(state, own, swtpm)).close()
  for (const tpm of [undefined, another]) {
    const { code, message } = faultOf(await start(state, own, tpm))
    assert.equal(code, 'journal.counter-lost')
    assert.match(
      message,
      /expected the TPM that has counted its starts to \d+, got no .*: bring back that TPM, or rejoin/,
    )
  }
  const { session, identity } = own
  const owner = { membershipHash: session.hash, member: identity.member.id, keyHash: identity.keyHash }
  const journal = unwrap(openSafetyJournal(join(state, 'journal.sqlite'), owner))
  unwrap(journal.setTpmCount((journal.tpmCount() ?? 0) + 1))
  unwrap(await countInTpm(swtpm.tpm, identity.keyHash, journal))
  // Counted by somebody else, it is ahead of the journal.
  const index = `0x${counterIndexOf(identity.keyHash).toString(16)}`
  await swtpm.tool('tpm2_nvincrement', ['-C', index, index])
  assert.equal(faultOf(await countInTpm(swtpm.tpm, identity.keyHash, journal)).code, 'journal.rolled-back')
  journal.close()
})
