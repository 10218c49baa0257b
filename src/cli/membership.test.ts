import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Ended, quorumtime } from '../../test/support/agent-process.ts'
import { unwrap } from '../../test/support/results.ts'
import { sessionFileCodec } from '../agent/session-file.ts'
import { chainedCertificateCodec } from '../consensus/chained-certificate.ts'
import { type Membership, membershipCodec } from '../consensus/membership.ts'
import { membershipOrderCodec, verifyOrder } from '../consensus/membership-order.ts'
import { toHex } from '../core/bytes.ts'
import { decode, encode } from '../core/encoding.ts'
import { writeKeyFile } from '../crypto/key-file.ts'
import { privateKeyFromSeed } from '../crypto/ml-dsa-openssl.ts'
import { generateSeed } from '../crypto/seed.ts'
import { selectMlDsa } from '../crypto/select.ts'
import { createTlsIdentity } from '../crypto/tls-identity.ts'

const scratch = mkdtempSync(join(tmpdir(), 'quorumtime-membership-'))
after(() => rmSync(scratch, { recursive: true }))

const seeds = {
  alice: generateSeed(),
  bob: generateSeed(),
  carol: generateSeed(),
  ts4: generateSeed(),
  tls: generateSeed(),
}
const mlDsa = selectMlDsa()

function path(name: string): string {
  return join(scratch, name)
}

function written(name: string, content: string | Uint8Array): string {
  writeFileSync(path(name), content)
  return path(name)
}

function publicPem(seed: Uint8Array): string {
  return createPublicKey(privateKeyFromSeed(seed)).export({ type: 'spki', format: 'pem' })
}

/** Published files of real clusters, with real signatures. */
function vector(name: string): string {
  return fileURLToPath(new URL(`../../test/vectors/${name}`, import.meta.url))
}

function readMembership(file: string): Membership {
  return unwrap(decode(membershipCodec, new Uint8Array(readFileSync(file)), 'genesis'))
}

const operators = (['alice', 'bob', 'carol'] as const).map((name) => {
  return { name, signingKey: mlDsa.createSigner(seeds[name]).publicKey }
})
/** Four members, three operators of whom two have to sign. */
const genesis: Membership = { ...readMembership(vector('n4/genesis.cbor')), operators, operatorThreshold: 2 }
const GENESIS = written('genesis.cbor', encode(membershipCodec, genesis))
const [, ts1] = genesis.members

before(() => {
  for (const name of ['alice', 'bob', 'carol'] as const) unwrap(writeKeyFile(path(`${name}.pem`), seeds[name]))
  written('ts4-signing.pem', publicPem(seeds.ts4))
  written('ts4-tls.pem', publicPem(seeds.tls))
})

/** The one sentence that a verb ends with when it refuses. */
function refusalIn({ code, stdout, stderr }: Ended): string {
  assert.deepEqual([code, stdout], [1, ''], stderr)
  const sentence = /^quorumtime: ([^\n]+)\n$/.exec(stderr)?.[1]
  assert.ok(sentence !== undefined, stderr)
  return sentence.replaceAll(`${scratch}/`, '')
}

function outputOf({ code, stdout, stderr }: Ended): string {
  assert.deepEqual([code, stderr], [0, ''], stdout)
  return stdout.replaceAll(`${scratch}/`, '')
}

function propose(changes: string, out: string, ...more: readonly string[]): Promise<Ended> {
  const file = written(`${out}.toml`, changes)
  return quorumtime('membership', 'propose', file, '--genesis', GENESIS, '--out', path(out), ...more)
}

function sign(order: string, operator: string, out: string, key = `${operator}.pem`): Promise<Ended> {
  const who = ['--operator', operator, '--key', path(key), '--out', path(out)]
  return quorumtime('membership', 'sign', path(order), '--genesis', GENESIS, ...who)
}

function show(file: string, ...more: readonly string[]): Promise<Ended> {
  return quorumtime('membership', 'show', path(file), '--genesis', GENESIS, ...more)
}

function readOrder(name: string) {
  return unwrap(decode(membershipOrderCodec, new Uint8Array(readFileSync(path(name))), 'order'))
}

const ADD = '[[add]]\nname = "ts4"\nsite = "roof"\nsigningKey = "ts4-signing.pem"\ntlsKeyHash = "ts4-tls.pem"\n'

describe('an order', () => {
  test('is proposed, signed by two operators one after the other, and then verifies', async () => {
    const said = outputOf(await propose(`${ADD}[[remove]]\nname = "ts0"\n`, 'add.qto'))
    assert.match(said, /^add\.qto: an order for cluster rack-7, session 0 → 1\n {2}removes ts0\n/)
    assert.match(said, /^ {2}adds ts4 at site roof: signing key [0-9a-f]+…, TLS key [0-9a-f]+…$/m)
    assert.match(said, /^ {2}numbers the members that stay anew$/m)
    assert.match(said, /^ {2}before: ts0, ts1, ts2, ts3: 4 members, 3 decide, 1 may lie$/m)
    assert.match(said, /^ {2}after: {2}ts1, ts2, ts3, ts4: 4 members, 3 decide, 1 may lie$/m)
    assert.match(said, /\nsigned by 0 of the 2 that it needs: nobody\n$/)
    assert.ok(!said.includes('warning'), said)
    const first = outputOf(await sign('add.qto', 'carol', 'add-1.qto'))
    assert.match(first, /\nsigned by 1 of the 2 that it needs: carol\n$/)
    const half = JSON.parse(outputOf(await show('add-1.qto', '--json'))) as Record<string, unknown>
    assert.deepEqual([half['verified'], half['needed']], [false, 2])
    const second = outputOf(await sign('add-1.qto', 'alice', 'add-2.qto'))
    assert.match(second, /\nverified: signed by 2 of the 2 that it needs: alice, carol\n$/)
    const [shown, json] = await Promise.all([show('add-2.qto'), show('add-2.qto', '--json')])
    assert.equal(outputOf(shown), second)
    const verified = unwrap(await verifyOrder(readOrder('add-2.qto'), genesis, mlDsa.verifier.verify))
    const plain = JSON.parse(outputOf(json)) as Record<string, unknown>
    assert.deepEqual([plain['verified'], plain['digest']], [true, toHex(verified.digest)])
    const [, , , ts4] = verified.next.members
    assert.deepEqual(ts4, {
      id: 3,
      name: 'ts4',
      site: 'roof',
      signingKey: mlDsa.createSigner(seeds.ts4).publicKey,
      tlsKeyHash: createTlsIdentity(seeds.tls).keyHash,
    })
  })

  test('replaces a key in its place, changes the policy and raises the era; a smaller f is warned of', async () => {
    const key = toHex(mlDsa.createSigner(seeds.ts4).publicKey)
    const hash = toHex(createTlsIdentity(seeds.tls).keyHash)
    const changes = [
      'targetPrecisionNs = 500\nacceptSingleDomain = ["local", "gnss", "gnss"]\noperatorThreshold = 3',
      '[raiseEra]\ngenesisTaiSeconds = 1796000037',
      `[[replaceKey]]\nname = "ts1"\nsigningKey = "${key}"\ntlsKeyHash = "${hash}"`,
      '[[remove]]\nname = "ts3"',
    ]
    const said = outputOf(await propose(changes.join('\n'), 'policy.qto'))
    assert.match(
      said,
      /^ {2}replaces the signing key of ts1: [0-9a-f]+… → [0-9a-f]+…\n {2}replaces the TLS key of ts1:/m,
    )
    assert.match(
      said,
      /^ {2}era: 1 → 2\n {2}epoch 0: 2025-12-31T23:59:23\S+ \(\d+ ns TAI\) → 2026-11-30\S+ \(1796000037/m,
    )
    assert.match(
      said,
      /^ {2}targetPrecisionNs: 1000 → 500\n {2}acceptSingleDomain: gnss → gnss, local\n {2}operatorThreshold: 2 → 3$/m,
    )
    assert.match(said, /^ {2}warning: fewer may lie than before: 1 → 0$/m)
    const next = unwrap(decode(membershipCodec, readOrder('policy.qto').next, 'next'))
    const [first, second] = next.members
    assert.deepEqual([next.members.length, first], [3, genesis.members[0]])
    assert.deepEqual([second?.id, second?.name, second?.site], [1, 'ts1', ts1?.site])
    assert.equal(toHex(second?.signingKey ?? new Uint8Array()), key)
    assert.equal(next.genesisTai, 1_796_000_037_000_000_000n)
  })
})

describe('membership propose refuses', () => {
  const refusals: readonly (readonly [string, string, RegExp | string])[] = [
    ['a file that is no TOML', 'remove = [', /^no-0\.qto\.toml:1:\d+: expected TOML/],
    ['an unknown key', 'quorum = 2', /^no-1\.qto\.toml: quorum: expected one of remove, .*, got an unknown key$/],
    [
      'a number out of range',
      'targetPrecisionNs = 0',
      /toml: targetPrecisionNs: expected an integer from 1 to 10{9}, got 0$/,
    ],
    ['no change', '', 'no-3.qto.toml: order: expected a change, got the present membership'],
    [
      'a member that is none',
      '[[remove]]\nname = "ts9"',
      'no-4.qto.toml: remove[0].name: expected one of ts0, ts1, ts2, ts3, got "ts9"',
    ],
    [
      'nobody to stay',
      [0, 1, 2, 3].map((id) => `[[remove]]\nname = "ts${id}"`).join('\n'),
      'no-5.qto.toml: members: expected 1 to 100 members after the change, got 0',
    ],
    [
      'a name that is taken',
      ADD.replace('"ts4"', '"ts1"'),
      'no-6.qto.toml: add[0].name: expected a name that no other member has, got "ts1"',
    ],
    [
      'a key that an operator has',
      ADD.replace('ts4-signing.pem', toHex(operators[1]?.signingKey ?? new Uint8Array())),
      'no-7.qto.toml: add[0].signingKey: expected a key that no other member and no operator has, got the one of bob',
    ],
    [
      'a TLS key that a member has',
      ADD.replace('ts4-tls.pem', toHex(ts1?.tlsKeyHash ?? new Uint8Array())),
      'no-8.qto.toml: add[0].tlsKeyHash: expected a key that no other member has, got the one of ts1',
    ],
    [
      'too few digits',
      ADD.replace('ts4-tls.pem', 'ab'.repeat(47)),
      'no-9.qto.toml: add[0].tlsKeyHash: expected 96 hexadecimal digits, got 94',
    ],
    [
      'a key file that is not there',
      ADD.replace('ts4-tls.pem', 'absent.pem'),
      'no-10.qto.toml: add[0].tlsKeyHash: absent.pem: expected an ML-DSA-87 public key in PEM, got no such file',
    ],
    [
      'a private key',
      ADD.replace('ts4-signing.pem', 'alice.pem'),
      'no-11.qto.toml: add[0].signingKey: alice.pem: expected an ML-DSA-87 public key in PEM (RFC 9881), got text that is not such a PEM block',
    ],
    [
      'more signers than operators',
      'operatorThreshold = 4',
      'no-12.qto.toml: operatorThreshold: expected an integer from 1 to 3, the number of operators, got 4',
    ],
  ]
  for (const [index, [what, changes, sentence]] of refusals.entries()) {
    test(what, async () => {
      const refusal = refusalIn(await propose(changes, `no-${index}.qto`))
      if (typeof sentence === 'string') assert.equal(refusal, sentence)
      else assert.match(refusal, sentence)
    })
  }

  test('a file that exists, and a cluster without operators', async () => {
    written('there.qto', '')
    assert.match(refusalIn(await propose(ADD, 'there.qto')), /^there\.qto: expected to write a new file, got EEXIST/)
    const alone = written('alone.cbor', encode(membershipCodec, { ...genesis, operators: [], operatorThreshold: 0 }))
    const changes = written('alone.toml', ADD)
    const ended = await quorumtime('membership', 'propose', changes, '--genesis', alone, '--out', path('alone.qto'))
    assert.equal(refusalIn(ended), 'alone.toml: order: expected a cluster with operators, got "rack-7" without any')
  })
})

describe('membership sign and show refuse', () => {
  before(async () => {
    outputOf(await propose('targetPrecisionNs = 900', 'base.qto'))
    outputOf(await sign('base.qto', 'bob', 'base-bob.qto'))
  })

  test('a name that is no operator, a key of another, a key that others may read, and a file that is none', async () => {
    unwrap(writeKeyFile(path('open.pem'), seeds.alice))
    chmodSync(path('open.pem'), 0o644)
    const [nobody, other, open, none] = await Promise.all([
      sign('base.qto', 'mallory', 'x1.qto', 'alice.pem'),
      sign('base.qto', 'alice', 'x2.qto', 'bob.pem'),
      sign('base.qto', 'alice', 'x3.qto', 'open.pem'),
      sign('genesis.cbor', 'alice', 'x4.qto'),
    ])
    assert.equal(refusalIn(nobody), '--operator: expected one of alice, bob, carol, got "mallory"')
    assert.equal(refusalIn(other), 'bob.pem: expected the key of operator alice, got another one')
    assert.equal(refusalIn(open), 'open.pem: expected mode 0600 or stricter, got 0644')
    assert.match(refusalIn(none), /^genesis\.cbor: order/)
  })

  test('an order of another membership', async () => {
    const other = written('other.cbor', encode(membershipCodec, { ...genesis, targetPrecisionNs: 7n }))
    const ended = await quorumtime('membership', 'show', path('base.qto'), '--genesis', other)
    assert.equal(refusalIn(ended), 'base.qto: order: expected a change of the present membership, got one of another')
  })

  test('a signature that does not verify, which show names and sign does not add to', async () => {
    const order = readOrder('base-bob.qto')
    const [bob] = order.signatures
    assert.ok(bob !== undefined)
    written('forged.qto', encode(membershipOrderCodec, { ...order, signatures: [{ ...bob, operator: 2 }] }))
    const sentence = 'forged.qto: order: the signature of carol does not verify'
    assert.equal(refusalIn(await sign('forged.qto', 'alice', 'x5.qto')), sentence)
    const shown = await show('forged.qto')
    assert.deepEqual([shown.code, shown.stderr.replaceAll(`${scratch}/`, '')], [1, `quorumtime: ${sentence}\n`])
    assert.match(shown.stdout, /\nsigned by 0 of the 2 that it needs: carol \(does not verify\)\n$/)
  })

  test('nothing when an operator signs again: that is one signature', async () => {
    assert.match(
      outputOf(await sign('base-bob.qto', 'bob', 'again.qto')),
      /\nsigned by 1 of the 2 that it needs: bob\n$/,
    )
  })
})

describe('a sessions file', () => {
  const chained = unwrap(
    decode(chainedCertificateCodec, new Uint8Array(readFileSync(vector('n1/later-chained.cbor'))), 'chained'),
  )
  const file = written(
    'sessions.cbor',
    encode(sessionFileCodec, { format: 'quorumtime-sessions-1', steps: chained.steps }),
  )
  const trusted = ['--genesis', vector('n1/genesis.cbor')]

  test('is shown with what each step changed and who signed it, and verified', async () => {
    const [text, json] = await Promise.all([
      quorumtime('membership', 'show', file, ...trusted),
      quorumtime('membership', 'show', file, ...trusted, '--json'),
    ])
    const said = outputOf(text)
    assert.match(said, /^sessions\.cbor: verified: \S+ is in session 1\n/)
    assert.match(
      said,
      /^ {2}adds ts1 at site hall-b:.*\n.*\n {2}after: {2}ts0, ts1: 2 members, 2 decide, 0 may lie\n {2}signed by ada, grace\n$/m,
    )
    const plain = JSON.parse(outputOf(json)) as { verified: boolean; sessions: readonly Record<string, unknown>[] }
    assert.deepEqual([plain.verified, plain.sessions[0]?.['operators']], [true, ['ada', 'grace']])
  })

  test('gives the membership that the next order changes; a flipped bit in it is refused', async () => {
    const changes = written('later.toml', '[[remove]]\nname = "ts1"\n')
    const words = ['membership', 'propose', changes, ...trusted]
    const said = outputOf(await quorumtime(...words, '--sessions', file, '--out', path('later.qto')))
    assert.match(said, /^later\.qto: an order for cluster \S+, session 1 → 2\n {2}removes ts1\n/)
    const flipped = new Uint8Array(readFileSync(file))
    flipped[flipped.length - 9] = (flipped[flipped.length - 9] ?? 0) ^ 1
    const wrong = written('flipped.cbor', flipped)
    const ended = await quorumtime(...words, '--sessions', wrong, '--out', path('x6.qto'))
    assert.match(refusalIn(ended), /^flipped\.cbor: sessions\[0\]: .*does not verify/)
  })
})
