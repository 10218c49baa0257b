import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StampBatch } from './stamp-messages.ts'
import { createStampOutbox } from './stamp-outbox.ts'

const PATIENT = 1
const OTHER = 2

function batch(id: number, parts: Partial<StampBatch>): StampBatch {
  return { id, packets: [], sent: [], unsent: [], lost: new Map(), fault: undefined, ...parts }
}

const frame = new Uint8Array(1)
const stamp = { at: 0n, errorNs: 0n, kind: 'kernel' } as unknown as NonNullable<StampBatch['sent'][number]['stamp']>
const sent = (id: number): StampBatch => batch(id, { sent: [{ frame, stamp }] })
const packet = (id: number): StampBatch =>
  batch(id, { packets: [{ bytes: frame, from: { address: '::1', port: 1 }, stamp }] })

function open() {
  let now = 1_000
  const outbox = createStampOutbox(
    (id) => id === PATIENT,
    () => now,
  )
  return {
    outbox,
    pass: (ms: number) => {
      now += ms
    },
  }
}

test('what may wait is told with what may not, before it', () => {
  const { outbox, pass } = open()
  outbox.add([sent(PATIENT)])
  pass(10)
  outbox.add([packet(PATIENT)])
  assert.deepEqual(outbox.take(), [])
  const next = [sent(PATIENT), packet(OTHER)]
  outbox.add(next)
  assert.deepEqual(outbox.take(), [sent(PATIENT), packet(PATIENT), ...next])
  assert.deepEqual(outbox.take(), [])
})

test('it is told by itself when it has waited for long enough, and others are waited for no longer than that', () => {
  const { outbox, pass } = open()
  assert.equal(outbox.waitMsMax(), Number.POSITIVE_INFINITY)
  outbox.add([sent(PATIENT)])
  assert.equal(outbox.waitMsMax(), 50)
  pass(20)
  outbox.add([sent(PATIENT)])
  assert.equal(outbox.waitMsMax(), 30)
  pass(29)
  assert.deepEqual(outbox.take(), [])
  pass(1)
  assert.equal(outbox.waitMsMax(), 0)
  assert.equal(outbox.take().length, 2)
  assert.equal(outbox.waitMsMax(), Number.POSITIVE_INFINITY)
})

test('all else is told at once', () => {
  const fault = { code: 'socket.closed', message: 'closed' }
  const urgent = [
    sent(OTHER),
    packet(OTHER),
    batch(OTHER, { lost: new Map([['stamp.none', 1]]) }),
    batch(PATIENT, { unsent: [{ serial: 1, fault }] }),
    batch(PATIENT, { fault }),
  ]
  for (const each of urgent) {
    const { outbox } = open()
    outbox.add([each])
    assert.deepEqual(outbox.take(), [each])
  }
})

test('no more wait than are of use', () => {
  const { outbox } = open()
  for (let count = 0; count < 64; count++) outbox.add([sent(PATIENT)])
  assert.deepEqual(outbox.take(), [])
  outbox.add([sent(PATIENT)])
  assert.equal(outbox.take().length, 65)
})
