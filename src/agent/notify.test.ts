import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { unwrap } from '../../test/support/results.ts'
import { bindUnixDatagram } from '../linux/unix-datagram.ts'
import { createNotifier } from './notify.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-notify-'))
after(() => rmSync(folder, { recursive: true }))

test('systemd hears that the agent is ready, alive and stopping, each with a status of one line', () => {
  const path = join(folder, 'notify.sock')
  const receiver = unwrap(bindUnixDatagram(path, 0o600))
  try {
    const notifier = createNotifier(path)
    notifier.ready('waiting for\nthe first certificate')
    notifier.watchdog('epoch 7: 4 signatures')
    notifier.stopping('SIGTERM')
    const into = new Uint8Array(512)
    const heard = [1, 2, 3].map(() => Buffer.from(into.subarray(0, unwrap(receiver.receive(into)))).toString())
    assert.deepEqual(heard, [
      'READY=1\nSTATUS=waiting for the first certificate',
      'WATCHDOG=1\nSTATUS=epoch 7: 4 signatures',
      'STOPPING=1\nSTATUS=SIGTERM',
    ])
    assert.equal(unwrap(receiver.receive(into)), undefined)
  } finally {
    receiver.close()
  }
})

test('without a socket, or with one that nobody listens on, nothing happens', () => {
  for (const path of [undefined, '', join(folder, 'absent.sock'), '@quorumtime-test-absent']) {
    const notifier = createNotifier(path)
    notifier.ready('ready')
    notifier.watchdog('alive')
    notifier.stopping('over')
  }
})
