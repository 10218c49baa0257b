import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultOf } from '../../../test/support/results.ts'
import { LOG_BYTES_MAX } from '../../attestation/event-log.ts'
import { RECORD_BYTES_MAX } from '../../attestation/record.ts'
import { getRandom } from '../../attestation/tpm/random.ts'
import { SHOWN_LOG_BYTES_MAX, SHOWN_RECORD_BYTES_MAX } from '../../consensus/wire-message.ts'
import { openProvider } from './provider.ts'

test('where nothing vouches there is no TPM, and none is pretended', () => {
  assert.equal(openProvider(undefined), undefined)
  assert.equal(openProvider({ provider: 'none' }), undefined)
})

test('a TPM that is not there is a fault of the command, by every way, and every command is counted', async () => {
  const absent = join(tmpdir(), `quorumtime-no-tpm-${process.pid}`)
  for (const way of [{ device: absent }, { swtpm: absent }, { swtpm: '127.0.0.1:1' }]) {
    const tpm = openProvider({ provider: 'tpm2', ...way })
    assert.ok(tpm)
    for (const count of [1, 2]) {
      assert.equal(faultOf(await getRandom(tpm, 8)).code, 'tpm.absent')
      assert.equal(tpm.commands(), count)
    }
    await tpm.close()
  }
})

test('a software TPM is reached by the path of its socket, and given up while it is silent', async (t) => {
  const path = join(tmpdir(), `quorumtime-tpm-${process.pid}.sock`)
  const asked = Promise.withResolvers<number>()
  const server = createServer((socket) => socket.once('data', (bytes) => asked.resolve(bytes.length)))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const tpm = openProvider({ provider: 'tpm2', swtpm: path })
  assert.ok(tpm)
  t.after(() => server.close())
  const answer = getRandom(tpm, 8)
  assert.equal(await asked.promise, 12)
  await tpm.giveUp()
  assert.equal(faultOf(await answer).code, 'tpm.broken')
})

test('a record and its log are as long on the wire as they are believed', () => {
  assert.deepEqual([SHOWN_RECORD_BYTES_MAX, SHOWN_LOG_BYTES_MAX], [RECORD_BYTES_MAX, LOG_BYTES_MAX])
})
