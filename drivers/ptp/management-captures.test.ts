import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { captureFolder } from '../../test/support/captures.ts'
import { unwrap } from '../../test/support/results.ts'
import { decodeClockDescription } from './clock-description.ts'
import { decodeHeader } from './header.ts'
import { decodeManagement, MANAGEMENT_ACTIONS } from './management.ts'
import { DATA_SETS, decodeDataSet } from './management-data-sets.ts'

const recording = join(captureFolder, 'ptp', 'ptp_management.pcap')
const skip = existsSync(recording) ? false : `no recorded data at ${recording}`

const PCAP_HEAD_BYTES = 24
const PACKET_HEAD_BYTES = 16
const ETHERNET_HEAD_BYTES = 14

/** The PTP messages of a recording on Ethernet. */
function readMessages(): readonly Uint8Array[] {
  const bytes = readFileSync(recording)
  const messages: Uint8Array[] = []
  for (let at = PCAP_HEAD_BYTES; at < bytes.length; ) {
    const packetBytes = bytes.readUInt32LE(at + 8)
    at += PACKET_HEAD_BYTES
    messages.push(bytes.subarray(at + ETHERNET_HEAD_BYTES, at + packetBytes))
    at += packetBytes
  }
  return messages
}

/** What tcpdump says in a line: `name: value`, separated by commas. */
function saidByTcpdump(): readonly (readonly [length: string, action: string, sequence: string, target: string])[] {
  const lines = readFileSync(recording.replace('.pcap', '.decoded.txt'), 'utf8').trim().split('\n')
  return lines.map((line) => {
    const found = /, length: (\d+),.* seq id: (\d+),.* port identity: 0x([0-9a-f]+),.* flags: 0x(\d)/.exec(line)
    const [, length = '', sequence = '', target = '', action = ''] = found ?? []
    return [length, action, sequence, target]
  })
}

test('what tcpdump reads in a recording of management is read here', { skip }, () => {
  const read = readMessages().map((message) => {
    const header = unwrap(decodeHeader(message))
    const { action, targetPort } = unwrap(decodeManagement(header, message))
    const target = targetPort.clockIdentity.toHex().replace(/^0+/, '')
    return [String(header.messageBytes), String(MANAGEMENT_ACTIONS.indexOf(action)), String(header.sequenceId), target]
  })
  assert.equal(read.length, 10)
  assert.deepEqual(read, saidByTcpdump())
})

test('the answers in a recording hold the data sets that were asked for', { skip }, () => {
  const answers = readMessages().flatMap((message) => {
    const { action, content } = unwrap(decodeManagement(unwrap(decodeHeader(message)), message))
    return action === 'RESPONSE' && content.kind === 'data' ? [content] : []
  })
  const dataOf = (id: number): Uint8Array => answers.find((answer) => answer.id === id)?.data ?? new Uint8Array(0)
  const own = unwrap(decodeDataSet('DEFAULT_DATA_SET', dataOf(DATA_SETS.DEFAULT_DATA_SET.id)))
  assert.equal(own.clockIdentity.toHex(), '000000fffe000012')
  assert.equal(own.domainNumber, 0)
  const parent = unwrap(decodeDataSet('PARENT_DATA_SET', dataOf(DATA_SETS.PARENT_DATA_SET.id)))
  assert.equal(parent.grandmasterIdentity.toHex(), '000000fffe000012')
  assert.deepEqual(parent.grandmasterClockQuality, {
    clockClass: 248,
    clockAccuracy: 0xfe,
    offsetScaledLogVariance: 0xffff,
  })
  const ownPort = unwrap(decodeDataSet('PORT_DATA_SET', dataOf(DATA_SETS.PORT_DATA_SET.id)))
  assert.equal(ownPort.versionNumber, 2)
  const description = unwrap(decodeClockDescription(dataOf(1)))
  assert.deepEqual(
    [description.physicalLayerProtocol, description.networkProtocol, description.productDescription],
    ['IEEE 802.3', 3, ';;'],
  )
  assert.equal(description.profileIdentity.toHex(), '001b19000200')
})
