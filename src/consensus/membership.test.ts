import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleMembership } from '../../test/support/proposals.ts'
import { unwrap } from '../../test/support/results.ts'
import { testOperators } from '../../test/support/test-orders.ts'
import { DEFAULT_POLICY } from '../attestation/policy.ts'
import { compareBytes } from '../core/bytes.ts'
import { decode, encode } from '../core/encoding.ts'
import {
  type AttestationTerms,
  leaderOf,
  type Member,
  type Membership,
  membershipCodec,
  PUBLIC_KEY_BYTES,
  quorumOf,
} from './membership.ts'

function told(membership: Membership): string {
  const decoded = decode(membershipCodec, encode(membershipCodec, membership), 'genesis')
  return decoded.ok ? 'accepted' : decoded.fault.message
}

/** Four members, of whom the last is changed. */
function withLast(change: Partial<Member>): Membership {
  const membership = sampleMembership(4)
  return {
    ...membership,
    members: membership.members.map((member, id) => (id === 3 ? { ...member, ...change } : member)),
  }
}

test('a genesis is accepted whose members differ in everything that names them', () => {
  assert.equal(told(sampleMembership(4)), 'accepted')
})

test('a genesis is refused in which two members have a name or a key in common', () => {
  const [first] = sampleMembership(4).members
  assert.match(told(withLast({ name: first!.name })), /expected members with distinct names$/)
  assert.match(told(withLast({ signingKey: first!.signingKey })), /expected members with distinct signing keys$/)
  assert.match(told(withLast({ tlsKeyHash: first!.tlsKeyHash })), /expected members with distinct TLS keys$/)
  assert.match(told(withLast({ id: 4 })), /expected members with ids 0, 1, 2, … in order$/)
})

test('a genesis is refused whose domains are out of order or repeated', () => {
  for (const acceptSingleDomain of [
    ['b', 'a'],
    ['a', 'a'],
  ]) {
    assert.match(told(sampleMembership(1, { acceptSingleDomain })), /acceptSingleDomain sorted, without repetition$/)
  }
})

test('a genesis is refused under rules that are not computed here', () => {
  assert.match(
    told(sampleMembership(1, { rulesVersion: 2 })),
    /^genesis\.rulesVersion: expected version 3 of the rules, the one that this quorumtime computes, got 2$/,
  )
  assert.match(told(sampleMembership(1, { rulesVersion: 0 })), /^genesis\.rulesVersion/)
})

test('a name is printable ASCII, so that it looks and sorts alike everywhere', () => {
  for (const name of ['é', 'a\u009b31m', 'a\u202eb', 'tab\t', '']) {
    assert.match(told(withLast({ name })), /^genesis\.members\[3\]\.name: expected 1 to 64 printable ASCII/)
  }
})

test('the leader of a view is exact up to the last view that the format can carry', () => {
  const hash = new Uint8Array(48).fill(0xff)
  const view = Number.MAX_SAFE_INTEGER
  for (const n of [1, 3, 4, 7, 100]) {
    const exact = (BigInt(view) + 0xffff_ffffn) % BigInt(n)
    assert.equal(leaderOf(view, quorumOf(n), hash), Number(exact))
  }
})

test('a genesis is refused whose operators share a key or a name, or could never or always sign', () => {
  const operators = testOperators(2)
  const [first, second] = operators
  const [member] = sampleMembership(1).members
  const with2 = (changes: Partial<Membership>): string => told(sampleMembership(1, changes))
  assert.equal(with2({ operators, operatorThreshold: 2 }), 'accepted')
  assert.match(with2({ operators, operatorThreshold: 0 }), /expected an operatorThreshold in \[1, 2\]$/)
  assert.match(with2({ operators, operatorThreshold: 3 }), /expected an operatorThreshold in \[1, 2\]$/)
  assert.match(with2({ operatorThreshold: 1 }), /expected an operatorThreshold in \[0, 0\]$/)
  const alike = { ...second!, name: first!.name }
  assert.match(with2({ operators: [first!, alike], operatorThreshold: 1 }), /operators with distinct names$/)
  for (const signingKey of [first!.signingKey, member!.signingKey]) {
    const shared = { ...second!, signingKey }
    assert.match(with2({ operators: [first!, shared], operatorThreshold: 1 }), /signing keys, which no member has$/)
  }
})

test('a genesis with attestation is read as it was written, and one is refused whose authorities are somebody else', () => {
  const operators = testOperators(1)
  const [low, high] = [100, 101].map((byte) => new Uint8Array(PUBLIC_KEY_BYTES).fill(byte)) as [Uint8Array, Uint8Array]
  const terms = { fleet: 'racks', authorities: [low, high], policy: DEFAULT_POLICY }
  const having = (attestation: AttestationTerms): Membership =>
    sampleMembership(4, { operators, operatorThreshold: 1, attestation })
  const membership = having(terms)
  assert.deepEqual(unwrap(decode(membershipCodec, encode(membershipCodec, membership), 'genesis')), membership)
  for (const authorities of [
    [high, low],
    [low, low],
  ]) {
    assert.match(told(having({ ...terms, authorities })), /expected authorities in ascending order, each once$/)
  }
  for (const { signingKey } of [...operators, ...membership.members.slice(3)]) {
    const authorities = [signingKey, high].sort(compareBytes)
    assert.match(told(having({ ...terms, authorities })), /with keys that no member and no operator has$/)
  }
  assert.match(
    told(having({ ...terms, authorities: [] })),
    /^genesis\.attestation\.authorities: expected an array of 1 to 4/,
  )
})

test('every membership but the genesis says which one it follows', () => {
  assert.match(told(sampleMembership(1, { session: 1 })), /expected a previous membership in every session but 0$/)
  assert.match(told(sampleMembership(1, { previous: new Uint8Array(48) })), /in every session but 0$/)
})

test('f and q follow from n: two quorums have an honest member in common, and the honest ones are a quorum', () => {
  for (const [n, f, q] of [
    [1, 0, 1],
    [2, 0, 2],
    [3, 0, 2],
    [4, 1, 3],
    [5, 1, 4],
    [6, 1, 4],
    [7, 2, 5],
    [8, 2, 6],
    [10, 3, 7],
    [31, 10, 21],
    [100, 33, 67],
  ] as const) {
    assert.deepEqual(quorumOf(n), { n, f, q })
  }
  for (let n = 1; n <= 100; n++) {
    const { f, q } = quorumOf(n)
    assert.ok(2 * q - n >= f + 1, `n = ${n}: overlap`)
    assert.ok(q <= n - f, `n = ${n}: the honest ones alone`)
  }
})
