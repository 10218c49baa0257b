import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { EPISODES_KEPT, openEpisodeLog } from './episode-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-episodes-'))
after(() => rmSync(folder, { recursive: true }))

test('an episode is found again after a restart, newest first, as it was last told', () => {
  const path = join(folder, 'kept.sqlite')
  const log = unwrap(openEpisodeLog(path))
  const first = unwrap(log.begin('began'))
  unwrap(log.update(first, 'ended', false))
  const second = unwrap(log.begin('again'))
  log.close()
  const reopened = unwrap(openEpisodeLog(path))
  assert.deepEqual(unwrap(reopened.newest(9)), [
    { id: second, open: true, record: 'again' },
    { id: first, open: false, record: 'ended' },
  ])
  assert.equal(unwrap(reopened.newest(1)).length, 1)
  reopened.close()
})

test('only so many episodes are kept', () => {
  const log = unwrap(openEpisodeLog(join(folder, 'many.sqlite')))
  for (let count = 0; count < EPISODES_KEPT + 10; count++) unwrap(log.begin(String(count)))
  const kept = unwrap(log.newest(10 * EPISODES_KEPT))
  assert.equal(kept.length, EPISODES_KEPT)
  assert.equal(kept[0]?.record, String(EPISODES_KEPT + 9))
  log.close()
  assert.equal(faultOf(log.begin('late')).code, 'ledger.sqlite')
  assert.equal(faultOf(log.update(1, 'late', true)).code, 'ledger.sqlite')
  assert.equal(faultOf(log.newest(1)).code, 'ledger.sqlite')
})

test('a file that is no record of episodes is a fault', () => {
  const path = join(folder, 'text.sqlite')
  writeFileSync(path, 'no database at all\n'.repeat(400))
  assert.equal(faultOf(openEpisodeLog(path)).code, 'ledger.damaged')
})
