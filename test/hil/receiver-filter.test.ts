import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { encodeMessage, type PtpMessageParts } from '../../drivers/ptp/message.ts'
import { receiverFilter } from '../../drivers/ptp-grandmaster/receiver-filter.ts'
import { createMessageReader } from '../../src/linux/message-reader.ts'
import { pollDescriptors } from '../../src/linux/poll.ts'
import { openUdpSocket, sendDatagram } from '../../src/linux/udp-socket.ts'
import { faultOf, unwrap } from '../support/results.ts'

const PATIENCE_MS = 30_000
const LOOPBACK = { local: { address: '127.0.0.1', port: 0 } }

const own = Uint8Array.of(0x02, 0xff, 0xee, 0xdd, 0xff, 0xfe, 0x80, 0x01)
const other = Uint8Array.of(0x02, 0xff, 0xee, 0xdd, 0xff, 0xfe, 0x80, 0x02)
const stranger = Uint8Array.of(0x03, 0xff, 0xee, 0xdd, 0xff, 0xfe, 0x80, 0x01)

function message(body: PtpMessageParts['body']): Uint8Array {
  const sourcePort = { clockIdentity: other, portNumber: 1 }
  const header = { sdoId: 0x100, minorVersion: 1, domain: 3, flags: 0, correctionScaledNs: 0n, sourcePort }
  return encodeMessage({ header: { ...header, sequenceId: 1, logInterval: 0 }, body })
}

const answerTo = (clockIdentity: Uint8Array): Uint8Array =>
  message({ type: 'delay-resp', receivedNs: 7n, requestingPort: { clockIdentity, portNumber: 2 } })

const PACKETS: Readonly<Record<string, Uint8Array>> = {
  sync: message({ type: 'sync', originNs: 1n }),
  'a request': message({ type: 'delay-req', originNs: 0n }),
  'follow-up': message({ type: 'follow-up', originNs: 1n }),
  'an answer to another': answerTo(other),
  'an answer to a stranger': answerTo(stranger),
  'an own answer': answerTo(own),
  'an answer that is cut': answerTo(other).subarray(0, 50),
  'no message': Uint8Array.of(0xff),
}

/** What comes through of all of these, sent to a real socket. */
function heard(t: TestContext, filtered: boolean): readonly string[] {
  const filter = filtered ? receiverFilter(own) : undefined
  const [from, to] = [undefined, filter].map((only) => unwrap(openUdpSocket({ ...LOOPBACK, filter: only })))
  assert.ok(from !== undefined && to !== undefined)
  t.after(from.close)
  t.after(to.close)
  for (const bytes of Object.values(PACKETS)) unwrap(sendDatagram(from.fd, bytes, unwrap(from.addressOf(to.local))))
  const reader = createMessageReader()
  const came: string[] = []
  // The last one comes through in any case, and none that was sent before it comes after it.
  for (;;) {
    unwrap(pollDescriptors([to.fd], PATIENCE_MS))
    const read = unwrap(reader.read(to.fd, 'packets'))
    if (read === undefined) return came
    const [name] = Object.entries(PACKETS).find(([, bytes]) => Buffer.compare(bytes, read.bytes) === 0) ?? ['?']
    came.push(name)
    if (name === 'no message') return came
  }
}

test('the kernel drops what concerns other receivers and lets the rest pass, malformed or not', (t) => {
  assert.deepEqual(heard(t, false), Object.keys(PACKETS))
  assert.deepEqual(heard(t, true), ['sync', 'follow-up', 'an own answer', 'an answer that is cut', 'no message'])
})

test('a program that the kernel refuses is a fault', () => {
  const fault = faultOf(openUdpSocket({ ...LOOPBACK, filter: [{ code: 0x15, ifTrue: 9, ifFalse: 9, k: 0 }] }))
  assert.equal(fault.code, 'socket.option')
  assert.match(fault.message, /EINVAL/)
})
