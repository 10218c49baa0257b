import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockCodec, chainRoot } from '../../../src/consensus/block.ts'
import { certificateOf } from '../../../src/consensus/certificate.ts'
import { quorumOf, SIGNATURE_BYTES } from '../../../src/consensus/membership.ts'
import {
  BODY_BYTES_MAX,
  contentDigest,
  encodeContent,
  encodeEnvelope,
  openBody,
  openEnvelope,
} from '../../../src/consensus/messages.ts'
import { composeBlock } from '../../../src/consensus/replica/compose-block.ts'
import { encodeWireMessage } from '../../../src/consensus/wire-message.ts'
import { encode } from '../../../src/core/encoding.ts'
import { monoNs, plus } from '../../../src/core/time.ts'
import { FRAME_PAYLOAD_BYTES_MAX } from '../../../src/transport/frame.ts'
import { START_TAI, testMembership } from '../../support/replica-cluster.ts'
import { unwrap } from '../../support/results.ts'
import { createVoices } from '../../support/signed-messages.ts'
import { honestMeasurement } from '../../support/virtual-measurement.ts'
import { manySources } from './hoarder.ts'

test('the largest block that f of a hundred can make an honest leader compose fits where blocks must fit', (t) => {
  const n = 100
  const { f } = quorumOf(n)
  const plain = testMembership(n)
  const sites = plain.members.map((member) => ({ ...member, site: `${member.id}`.padStart(64, 's') }))
  const membership = { ...plain, members: sites }
  const voices = createVoices(membership)
  const epoch = 1
  const now = monoNs(1_000_000_000n)
  const proposals = sites.map(({ id }) => {
    const honest = honestMeasurement(id, n, now, plus(START_TAI, now))
    const sources = id < f ? manySources(id) : honest.sources
    const body = { ...honest, sources, era: 1, epoch, parent: chainRoot(membership).hash }
    const message = voices.say(id, 'proposal', body)
    return { member: id, digest: contentDigest(message), message }
  })
  const parent = { ...chainRoot(membership), block: undefined }
  const composed = composeBlock({ view: 1, leader: f, epoch, parent, proposals, evidence: [] }, membership)
  assert.ok(composed.ok)
  const bytes = encode(blockCodec, composed.value)
  const { votes } = voices.certificate(
    'finalize',
    1,
    contentDigest({ content: bytes }),
    sites.map(({ id }) => id),
  )
  const final = encodeWireMessage({ kind: 'final', value: certificateOf(composed.value, votes) })
  t.diagnostic(`${bytes.length} bytes, with its certificate ${final.length}`)
  assert.ok(bytes.length > 140_000, 'expected that the names of liars fill it')
  assert.ok(bytes.length <= BODY_BYTES_MAX)
  assert.ok(final.length <= FRAME_PAYLOAD_BYTES_MAX)
  const content = encodeContent({ ...proposals[0]!.message.header, type: 'block' }, composed.value)
  assert.ok(content.length <= BODY_BYTES_MAX + 1_024)
  // And nobody refuses it for having more in it than a block of so many members can have.
  const envelope = encodeEnvelope({ content, signature: new Uint8Array(SIGNATURE_BYTES) })
  assert.equal(unwrap(openBody(unwrap(openEnvelope(envelope)), n)).type, 'block')
})
