import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type DecidedBlock, decidedChain, decideOn } from '../../../test/support/decided-chain.ts'
import { START_TAI, testMembership, testSign } from '../../../test/support/replica-cluster.ts'
import { createVoices } from '../../../test/support/signed-messages.ts'
import { honestMeasurement } from '../../../test/support/virtual-measurement.ts'
import { encode } from '../../core/encoding.ts'
import { type MonoNs, monoNs } from '../../core/time.ts'
import { chainRoot } from '../block.ts'
import { encodeEnvelope, type SignedMessage } from '../messages.ts'
import { type QuorumCertificate, quorumCertificateCodec } from '../quorum-certificate.ts'
import { createReplica, type Replica } from '../replica.ts'
import type { Effects, Input, JournalRecord } from './types.ts'

const membership = testMembership(4)
const voices = createVoices(membership)
const [first] = decidedChain(voices, membership, 1) as [DecidedBlock]
/** What the leader of view 1 could have made as well: the block of the next epoch. */
const rival = decideOn(voices, membership, { ...chainRoot(membership), block: undefined }, 1, 2)
/** Somebody who does not lead view 1. */
const SELF = (first.leader + 1) % 4
const NOW = secondsIn(1.02)

function secondsIn(seconds: number): MonoNs {
  return monoNs(BigInt(Math.round(seconds * 1e9)))
}

function recordOf(message: SignedMessage): JournalRecord {
  assert.ok(message.type !== 'hello')
  const number = message.type === 'proposal' ? message.body.epoch : message.body.view
  return { kind: message.type, number, bytes: encodeEnvelope(message) }
}

function certified(certificate: QuorumCertificate): JournalRecord {
  const kind = certificate.type === 'nullify' ? 'nullification' : 'notarization'
  return { kind, number: certificate.view, bytes: encode(quorumCertificateCodec, certificate) }
}

interface Restarted {
  readonly replica: Replica
  take(input: Input, now?: MonoNs): Effects
  /** What it has put into its journal since. */
  readonly said: string[]
}

function restart(journal: readonly JournalRecord[]): Restarted {
  const sign = (type: Parameters<typeof testSign>[1], content: Uint8Array): Uint8Array => testSign(SELF, type, content)
  const replica = createReplica(
    { membership, self: SELF, bootCount: 2, attestationDigest: undefined, sign, journal },
    monoNs(0n),
  )
  const said: string[] = []
  const take = (input: Input, now = NOW): Effects => {
    const effects = replica.step(input, now)
    said.push(...effects.persist.map(({ kind, number }) => `${kind} ${number}`))
    return effects
  }
  take({ type: 'clock', clock: { monoNs: monoNs(0n), taiNs: START_TAI, ratePpb: 0n } })
  return { replica, take, said }
}

function hearBlock({ take }: Restarted, { leader, block, proposals }: DecidedBlock): void {
  for (const message of [...proposals, voices.say(leader, 'block', block)]) take({ type: 'signed', from: 0, message })
}

const notarizeFirst = voices.say(SELF, 'notarize', { view: 1, hash: first.hash })
const offerFirst = voices.say(first.leader, 'block', first.block)

describe('a member that starts again', () => {
  it('votes for a block when its journal is empty: what the tests below do not see is possible', () => {
    const member = restart([])
    hearBlock(member, first)
    assert.ok(member.said.includes('notarize 1'))
  })

  it('does not vote again in a view in which it has notarized, whatever its leader sends now', () => {
    const member = restart([recordOf(offerFirst), recordOf(notarizeFirst)])
    hearBlock(member, rival)
    hearBlock(member, first)
    assert.deepEqual(
      member.said.filter((what) => what.startsWith('notarize')),
      [],
    )
  })

  it('does not notarize a view that it has nullified, and does not finalize it', () => {
    const member = restart([recordOf(voices.say(SELF, 'nullify', { view: 1 }))])
    hearBlock(member, first)
    const others = [0, 1, 2, 3].filter((id) => id !== SELF)
    member.take({ type: 'quorum', from: 0, certificate: voices.certificate('notarize', 1, first.hash, others) })
    assert.deepEqual(
      member.said.filter((what) => /^(notarize|finalize)/.test(what)),
      [],
    )
  })

  it('does not nullify a view that it has finalized, however late it gets', () => {
    const finalize = voices.say(SELF, 'finalize', { view: 1, hash: first.hash })
    const member = restart([recordOf(offerFirst), recordOf(notarizeFirst), recordOf(finalize)])
    for (const seconds of [1.1, 1.5, 2, 3, 9]) member.take({ type: 'wake' }, secondsIn(seconds))
    assert.deepEqual(
      member.said.filter((what) => what === 'nullify 1'),
      [],
    )
  })

  it('makes no second proposal for an epoch', () => {
    const own = first.proposals[SELF]
    assert.ok(own !== undefined)
    const member = restart([recordOf(own)])
    assert.equal(member.take({ type: 'wake' }).measure, undefined)
    const measurement = honestMeasurement(SELF, 4, NOW, START_TAI)
    member.take({ type: 'measurement', epoch: 1, measurement })
    assert.deepEqual(member.said, [])
    assert.deepEqual(member.take({ type: 'wake' }, secondsIn(2)).measure, { epoch: 2 })
  })

  it('goes on from the certificates that let it into its view, and hands them to others', () => {
    const notarization = voices.certificate('notarize', 1, first.hash, [0, 1, 2])
    const nullification = voices.certificate('nullify', 2, undefined, [0, 1, 3])
    const member = restart([recordOf(offerFirst), certified(notarization), certified(nullification)])
    assert.equal(member.replica.status().view, 3)
    const { send } = member.take({ type: 'want-quorums', from: 1, views: [1, 2] })
    assert.deepEqual(
      send.map(({ to, message }) => [to, message.kind]),
      [
        [1, 'quorum'],
        [1, 'quorum'],
      ],
    )
  })
})
