import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AUTHORITY, PCR_VALUES, recordOf, STRANGER } from '../../test/support/attestation-records.ts'
import {
  type AttestedChainOptions,
  attestedChain,
  attestingMembership,
  BUNDLE_CRYPTO,
  bundleOf,
  honestRecord,
  quoteOf,
  statementOf,
  tpmOf,
} from '../../test/support/attested-chain.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { buildEventLog } from '../attestation/event-log-fixture.ts'
import { encodeRecord } from '../attestation/record.ts'
import { platformDigest } from '../attestation/tpm/platform-digest.ts'
import { equalBytes } from '../core/bytes.ts'
import type { Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { decodeBundle, type EvidenceBundle, encodeBundle } from './bundle.ts'
import { type VerifiedBundle, verifyBundle } from './verify-bundle.ts'

const KEY = AUTHORITY.publicKey
const membership = attestingMembership()
const HONEST = unwrap(bundleOf(attestedChain({ membership }))).bytes
const OPENED = unwrap(decodeBundle(HONEST))

function verify(bytes: Uint8Array, ...keys: readonly Uint8Array[]): Promise<Result<VerifiedBundle>> {
  return verifyBundle(bytes, keys.length === 0 ? [KEY] : keys, BUNDLE_CRYPTO)
}

async function verdictsOf(options: AttestedChainOptions): Promise<readonly string[]> {
  const { members } = unwrap(await verify(unwrap(bundleOf(attestedChain(options))).bytes))
  return members.map(({ member, proposal, vote, judgement: { verdict, reasons } }) => {
    const signed = `${proposal === undefined ? '' : 'p'}${vote ? 'v' : ''}`
    return `${member} ${signed} ${[verdict, ...reasons.map(({ code }) => code)].join(' ')}`
  })
}

async function changed(changes: Partial<EvidenceBundle>): Promise<string> {
  return faultOf(await verify(encodeBundle({ ...OPENED, ...changes }))).code
}

test("from one authority's key alone: genesis, certificate, enrolments and quotes of all whose records are named", async () => {
  const verified = unwrap(await verify(HONEST))
  assert.deepEqual(verified.signers, [0, 1, 2])
  assert.deepEqual(verified.authorities, [KEY])
  assert.deepEqual([verified.block.height, verified.changes], [6, 0])
  assert.deepEqual(
    verified.members.map(({ name, vote, judgement }) => [name, vote, judgement.verdict]),
    [
      ['node0', true, 'verified'],
      ['node1', true, 'verified'],
      ['node2', true, 'verified'],
      ['node3', false, 'verified'],
    ],
  )
  // Four records of one certificate: its leaf and the one before it.
  assert.deepEqual(
    OPENED.leaves.map(({ index }) => index),
    [3, 4],
  )
})

test('another key, and one that signed the genesis without being of its authorities, verify nothing', async () => {
  assert.equal(faultOf(await verify(HONEST, STRANGER.publicKey)).code, 'genesis.unsigned')
  assert.equal(faultOf(await verify(HONEST, new Uint8Array(2592))).code, 'genesis.unsigned')
  const chain = attestedChain({ membership, authorities: [AUTHORITY, STRANGER] })
  const both = encodeBundle({ ...OPENED, genesisSignatures: chain.genesisSignatures })
  assert.equal(faultOf(await verify(both)).code, 'bundle.unnamed')
  assert.equal(faultOf(await verify(both, STRANGER.publicKey)).code, 'bundle.authority')
  // The exporter leaves it out.
  assert.equal(faultOf(await verify(unwrap(bundleOf(chain)).bytes, STRANGER.publicKey)).code, 'genesis.unsigned')
})

test('only enrolments by the key that was given count, whoever else the membership names', async () => {
  const two = attestingMembership({}, [STRANGER])
  const chain = attestedChain({ membership: two, authorities: [AUTHORITY, STRANGER] })
  const { bytes } = unwrap(bundleOf(chain))
  const judged = async (...keys: readonly Uint8Array[]): Promise<readonly string[]> =>
    unwrap(await verify(bytes, ...keys)).members.map(({ judgement }) => judgement.reasons[0]?.code ?? judgement.verdict)
  assert.deepEqual(await judged(KEY), Array(4).fill('verified'))
  assert.deepEqual(await judged(KEY, STRANGER.publicKey), Array(4).fill('verified'))
  assert.deepEqual(await judged(STRANGER.publicKey), Array(4).fill('enrolment.authority'))
})

test('what is left out of a bundle makes nobody better', async () => {
  const exported = unwrap(bundleOf(attestedChain({ membership }), [1]))
  assert.equal(exported.missing.length, 1)
  assert.match(exported.missing[0] ?? '', /^record [0-9a-f]{96}$/)
  const verdicts = unwrap(await verify(exported.bytes)).members.map(({ judgement }) => judgement.reasons[0]?.code)
  assert.deepEqual(verdicts, [undefined, 'record.withheld', undefined, undefined])
  for (const leaves of [OPENED.leaves.slice(0, 1), OPENED.leaves.slice(1), []]) {
    const undated = unwrap(await verify(encodeBundle({ ...OPENED, leaves })))
    assert.deepEqual(
      undated.members.map(({ judgement }) => judgement.reasons[0]?.code),
      Array(4).fill('record.certificate'),
    )
  }
})

test('what nothing names has no place in a bundle, and no leaf but of the log', async () => {
  const [first] = OPENED.leaves
  assert.ok(first)
  const stranger = honestRecord(membership, 0, { height: 4, hash: new Uint8Array(48) })
  assert.equal(await changed({ records: [...OPENED.records, stranger] }), 'bundle.unnamed')
  assert.equal(await changed({ eventLogs: [Uint8Array.of(1)] }), 'bundle.unnamed')
  const later = { ...first, decision: { ...first.decision, epoch: first.decision.epoch + 1 } }
  assert.equal(await changed({ leaves: [later, ...OPENED.leaves.slice(1)] }), 'bundle.leaf')
  assert.equal(await changed({ leaves: [{ ...first, index: 2 }, ...OPENED.leaves.slice(1)] }), 'bundle.leaf')
  const others = unwrap(decodeBundle(unwrap(bundleOf(attestedChain({ membership, record: naming(3) }))).bytes))
  assert.deepEqual(
    others.leaves.map(({ index }) => index),
    [1, 2],
  )
  const valid = encodeBundle({ ...others, leaves: others.leaves, records: [] })
  assert.equal(faultOf(await verify(valid)).code, 'bundle.unnamed')
})

/** Everybody's record names the certificate of this height. */
function naming(height: number, of = membership): NonNullable<AttestedChainOptions['record']> {
  const made = new Map<number, Uint8Array>()
  return (id, _signed, named) => {
    const record = made.get(id) ?? honestRecord(of, id, named(height))
    made.set(id, record)
    return record
  }
}

test('the very first block dates a record by its own epoch, since none stands before it', async () => {
  assert.deepEqual(await verdictsOf({ membership, record: naming(1) }), [
    '0 pv verified',
    '1 pv verified',
    '2 pv verified',
    '3 p verified',
  ])
  // From the mark of the epoch before it to the anchor's: the sixth block is five epochs later.
  const within = attestingMembership({ ageNsMax: 6_000_000_000n })
  const older = attestingMembership({ ageNsMax: 5_999_999_999n })
  assert.equal((await verdictsOf({ membership: within, record: naming(1, within) }))[0], '0 pv verified')
  assert.equal((await verdictsOf({ membership: older, record: naming(1, older) }))[0], '0 pv flagged record.stale')
})

test('a member that changed its record between proposal and vote has both judged, and an older one after a newer is found', async () => {
  const honest = naming(5)
  const record: AttestedChainOptions['record'] = (id, signed, named) => {
    if (id === 0) return honestRecord(membership, id, named(signed === 'proposal' ? 4 : 5))
    if (id === 1) return honestRecord(membership, id, named(signed === 'proposal' ? 5 : 4))
    if (id === 2) return signed === 'proposal' ? honest(id, signed, named) : undefined
    return undefined
  }
  assert.deepEqual(await verdictsOf({ membership, record }), [
    '0 p verified',
    '0 v verified',
    '1 p verified',
    '1 v flagged record.older',
    '2 p verified',
    '2 v flagged record.absent',
    '3 p none record.absent',
  ])
})

test('a record of a stranger, of another name, of a certificate that never was or long ago is not verified', async () => {
  const strict = attestingMembership({ onFailure: 'refuse', unattested: 'refuse', ageNsMax: 2_000_000_000n })
  const made: (Uint8Array | undefined)[] = []
  const record: AttestedChainOptions['record'] = (id, signed, named) => {
    if (signed === 'vote') return made[id]
    if (id === 0) made[id] = honestRecord(strict, id, named(5))
    if (id === 1) made[id] = honestRecord(strict, id, { height: 5, hash: new Uint8Array(48).fill(9) })
    if (id === 2) made[id] = honestRecord(strict, id, named(3))
    return made[id]
  }
  assert.deepEqual(await verdictsOf({ membership: strict, record }), [
    '0 pv verified',
    '1 pv refused record.certificate',
    '2 pv refused record.stale',
    '3 p refused record.absent',
  ])
})

test('two members with one TPM are both found', async () => {
  const made: (Uint8Array | undefined)[] = []
  const record: AttestedChainOptions['record'] = (id, signed, named) => {
    if (signed === 'proposal') {
      const owner = id === 1 ? 0 : id
      made[id] = encodeRecord(recordOf(statementOf(membership, id, named(5), owner), quoteOf(owner), tpmOf(owner)))
    }
    return made[id]
  }
  assert.deepEqual(await verdictsOf({ membership, record }), [
    '0 pv flagged record.shared-tpm',
    '1 pv flagged record.shared-tpm',
    '2 pv verified',
    '3 p verified',
  ])
})

test('where the policy asks for logs of the measured boot they are in the bundle, and judged', async () => {
  const logged = attestingMembership({ loggedPcrs: [0] })
  const eventLog = buildEventLog([{ pcr: 0, type: 1, data: Uint8Array.of(1, 2, 3) }])
  const event = platformDigest('sha256', Uint8Array.of(1, 2, 3))
  const values = [platformDigest('sha256', new Uint8Array(32), event), ...PCR_VALUES.slice(1)]
  const made: (Uint8Array | undefined)[] = []
  const record: AttestedChainOptions['record'] = (id, signed, named) => {
    if (signed === 'proposal') {
      const statement = { ...statementOf(logged, id, named(5)), eventLogDigest: sha384(eventLog) }
      const quote = { ...quoteOf(id), pcrDigest: platformDigest('sha256', ...values) }
      const whole = recordOf(statement, quote, tpmOf(id))
      const { evidence } = whole
      assert.ok(evidence)
      made[id] = encodeRecord({ ...whole, evidence: { ...evidence, pcrValues: values } })
    }
    return made[id]
  }
  const chain = attestedChain({ membership: logged, record })
  const { bytes, missing } = unwrap(bundleOf(chain, [], eventLog))
  assert.deepEqual(missing, [])
  const opened = unwrap(decodeBundle(bytes))
  assert.equal(opened.eventLogs.length, 1)
  const all = async (bundle: Uint8Array): Promise<readonly string[]> =>
    unwrap(await verify(bundle)).members.map(({ judgement }) => judgement.reasons[0]?.code ?? judgement.verdict)
  assert.deepEqual(await all(bytes), Array(4).fill('verified'))
  assert.deepEqual(await all(encodeBundle({ ...opened, eventLogs: [] })), Array(4).fill('quote.event-log'))
  const without = unwrap(bundleOf(chain))
  assert.equal(without.missing.length, 1)
  assert.match(without.missing[0] ?? '', /^event log [0-9a-f]{96}$/)
})

test('a flipped bit anywhere in a bundle is found, and so are bytes that are cut off or added', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(HONEST.length - 1), fc.nat(7), async (at, bit) => {
      const bytes = Uint8Array.from(HONEST)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
      assert.ok(!(await verify(bytes)).ok, `bit ${bit} of byte ${at}`)
    }),
    { numRuns: 300 },
  )
  for (const length of [0, 1, 30, HONEST.length - 1]) assert.ok(!(await verify(HONEST.subarray(0, length))).ok)
  assert.ok(!(await verify(Uint8Array.from([...HONEST, 0]))).ok)
  assert.ok(equalBytes(encodeBundle(OPENED), HONEST))
})

test('what is no bundle at all is refused and never thrown at', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      assert.ok(!(await verify(bytes)).ok)
    }),
  )
  assert.equal(faultOf(await verify(new Uint8Array((64 << 20) + 1))).code, 'bundle.size')
})
