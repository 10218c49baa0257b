import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { unwrap } from '../../test/support/results.ts'
import { type HeardMessage, openHeardLog } from './heard-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-heard-'))
after(() => rmSync(folder, { recursive: true }))

const [ONE, OTHER] = [new Uint8Array(48).fill(1), new Uint8Array(48).fill(2)]
const heard = (member: number, slot: HeardMessage['slot'], byte: number): HeardMessage => ({
  member,
  slot,
  envelope: Uint8Array.of(byte),
})

test('the newest of a member and kind is kept over a restart; what was said under another membership is forgotten', () => {
  const path = join(folder, 'heard.sqlite')
  const log = unwrap(openHeardLog(path))
  unwrap(log.keep(OTHER, [heard(1, 'vote', 9)]))
  unwrap(log.keep(ONE, [heard(1, 'vote', 1), heard(1, 'proposal', 2), heard(3, 'vote', 3)]))
  unwrap(log.keep(ONE, [heard(1, 'vote', 4)]))
  log.close()
  const again = unwrap(openHeardLog(path))
  const kept = unwrap(again.recall(ONE)).map(({ member, slot, envelope }) => `${member} ${slot} ${envelope[0]}`)
  assert.deepEqual(kept.sort(), ['1 proposal 2', '1 vote 4', '3 vote 3'])
  assert.deepEqual(unwrap(again.recall(OTHER)), [])
  again.close()
})
