import { assert } from '../../core/assert.ts'
import { decode } from '../../core/encoding.ts'
import { sha384 } from '../../core/hash.ts'
import { blockCodec, blockHash } from '../block.ts'
import { certificateCodec } from '../certificate.ts'
import { decodeEnvelope } from '../messages.ts'
import type { Context } from './context.ts'
import type { JournalRecord } from './types.ts'

/**
 * Takes back what the journal holds: what this member has said it never unsays, and the newest final block is where it
 * goes on. The records are this member's own; one that does not decode means a damaged journal, and the process dies.
 */
export function restore(context: Context, records: readonly JournalRecord[]): void {
  for (const record of records) {
    if (record.kind === 'final') restoreFinal(context, record.bytes)
    else restoreOwn(context, record)
  }
  context.measuringEpoch = context.proposal?.epoch ?? 0
}

function restoreFinal(context: Context, bytes: Uint8Array): void {
  const certificate = decode(certificateCodec, bytes, 'journal')
  assert(certificate.ok, 'the journal holds a certificate that does not decode')
  const block = decode(blockCodec, certificate.value.block, 'journal')
  assert(block.ok, 'the journal holds a block that does not decode')
  const hash = sha384(certificate.value.block)
  if (block.value.height <= context.chain.finalized.height) return
  context.chain.add(block.value, hash)
  context.chain.finalize(hash)
  context.final = { block: block.value, hash, votes: certificate.value.votes }
  context.tip = { view: block.value.view, hash }
  context.view = Math.max(context.view, block.value.view + 1)
  context.views.dropBefore(block.value.view)
  context.pool.advance(block.value.epoch)
}

function restoreOwn(context: Context, record: Exclude<JournalRecord, { kind: 'final' }>): void {
  const { bytes } = record
  const message = decodeEnvelope(bytes)
  assert(message.ok, `the journal holds a ${record.kind} that does not decode`)
  const { value } = message
  if (value.type === 'proposal') {
    if (value.body.epoch > (context.proposal?.epoch ?? 0)) context.proposal = { epoch: value.body.epoch, bytes }
    return
  }
  if (value.type === 'hello') return
  const { view } = value.body
  const viewRecord = context.views.at(view)
  const { own } = viewRecord
  if (value.type === 'block') {
    own.block = bytes
    viewRecord.offered.push({ block: value.body, hash: blockHash(value.body), message: value })
  } else if (value.type === 'notarize') own.notarize = { hash: value.body.hash, bytes }
  else if (value.type === 'nullify') own.nullify = { bytes }
  else own.finalize = { hash: value.body.hash, bytes }
  // A vote in a view shows that this member had been let into it.
  context.view = Math.max(context.view, view)
}
