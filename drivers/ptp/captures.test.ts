import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readPtpMessages } from '../../test/support/pcap.ts'
import { decodeHeader, FLAGS, MESSAGE_TYPES, type PtpHeader } from './header.ts'
import { decodeMessage, type PtpMessage } from './message.ts'
import { type PortIdentity, readPortIdentity } from './port-identity.ts'

/** Recorded PTP, read here as tcpdump reads it: every field that its text has, of every message. */

const captures = process.env['QUORUMTIME_CAPTURES'] ?? join(import.meta.dirname, '../../../shared/captures')
const folder = join(captures, 'ptp')
const present = existsSync(folder)
const skip = present ? false : `no recorded data at ${folder}`

/** tcpdump's words for the messages, as far as the recordings have them. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  'sync msg': 'sync',
  'follow up msg': 'follow-up',
  'delay req msg': 'delay-req',
  'delay resp msg': 'delay-resp',
  'peer delay req msg': 'pdelay-req',
  'announce msg': 'announce',
  'management msg': 'management',
}

const RECORDINGS: Readonly<Record<string, number>> = { ptp: 5, ptp_v2_1: 38, ptp_management: 10 }

// A suite that is skipped counts as no test at all.
if (!present) test('reads recorded PTP', { skip }, () => undefined)

describe('PTP as it was recorded', { skip }, () => {
  for (const [name, count] of Object.entries(RECORDINGS)) {
    test(`agrees with tcpdump about every field of ${name}`, () => {
      const lines = readFileSync(join(folder, `${name}.decoded.txt`), 'utf8')
        .split('\n')
        .filter((line) => line.includes('PTPv2'))
      const messages = readPtpMessages(readFileSync(join(folder, `${name}.pcap`)))
      assert.equal(messages.length, count)
      assert.deepEqual(messages.map(ours), lines.map(theirs))
    })
  }
})

type Fields = Record<string, string | number>

/** `name: value` where tcpdump writes so, under its names; `port id` stands for two ports, in order. */
function theirs(line: string): Fields {
  const [, text = ''] = line.split(/PTPv2(?=[.,])/)
  const fields: Fields = { version: text.startsWith('.1') ? 1 : 0 }
  const flags = /Flags \[([^\]]*)\]/.exec(text)?.[1] ?? ''
  fields['flags'] = flags
  for (const part of text.replace(/Flags \[[^\]]*\]/, '').split(', ')) {
    const match = /^([^:]+): ?(.*)$/.exec(part.trim())
    if (match?.[1] === undefined || match[2] === undefined) continue
    const name = match[1] in fields ? `${match[1]} 2` : match[1]
    const value = match[2]
    if (name === 'msg type') fields[name] = TYPE_WORDS[value] ?? value
    else if (name === 'control') continue
    else if (name.endsWith('TimeStamp')) fields['timestamp'] = value.replace(' seconds', '')
    else fields[name] = value.startsWith('0x') ? String(BigInt(value)) : Number(value)
  }
  return fields
}

function ours(bytes: Uint8Array): Fields {
  const header = decodeHeader(bytes)
  assert.ok(header.ok)
  const decoded = decodeMessage(bytes)
  assert.ok(decoded.ok)
  return { ...headerFields(header.value, bytes), ...bodyFields(header.value, decoded.value, bytes) }
}

function headerFields(header: PtpHeader, bytes: Uint8Array): Fields {
  const words = [
    [FLAGS.twoStep, 'two step'],
    [FLAGS.ptpTimescale, 'timescale'],
  ] as const
  const known = words.filter(([bit]) => (header.flags & bit) !== 0).map(([, word]) => word)
  const ns = header.correctionScaledNs >> 16n
  return {
    version: header.minorVersion,
    majorSdoId: String(header.sdoId >> 8),
    'msg type': header.type,
    length: header.messageBytes,
    domain: header.domain,
    reserved1: header.sdoId & 0xff,
    flags: known.length === 0 ? 'none' : known.join(', '),
    'NS correction': Number(ns),
    'sub NS correction': Number(header.correctionScaledNs & 0xffffn),
    // What belongs to the type of the message: nothing, of those that were recorded.
    reserved2: new DataView(bytes.buffer, bytes.byteOffset).getUint32(16),
    ...portFields('clock identity', header.sourcePort),
    'seq id': header.sequenceId,
    'log message interval': header.logInterval,
  }
}

function portFields(name: string, { clockIdentity, portNumber }: PortIdentity, again = ''): Fields {
  return { [name]: numeral(clockIdentity), [`port id${again}`]: portNumber }
}

/** The messages that are passed over stand here by their bytes, so that nothing of the text is left out. */
function bodyFields(header: PtpHeader, message: PtpMessage | undefined, bytes: Uint8Array): Fields {
  if (message === undefined) {
    if (header.type === 'pdelay-req') {
      return { timestamp: '0.000000000', ...portFields('port identity', readPortIdentity(bytes, 44), ' 2') }
    }
    assert.equal(header.type, 'management')
    const [startHops = -1, hops = -1, action = -1, reserved = -1] = bytes.subarray(44, 48)
    return {
      ...portFields('port identity', readPortIdentity(bytes, 34), ' 2'),
      'start boundary hops': startHops,
      'boundary hops': hops,
      'flags 2': String(action),
      reserved: String(reserved),
    }
  }
  assert.equal(MESSAGE_TYPES[header.type], (bytes[0] ?? 0) & 0x0f)
  assert.deepEqual(message.tlvs, [])
  const { body } = message
  switch (body.type) {
    case 'announce':
      return {
        timestamp: seconds(body.originNs),
        'origin cur utc': body.currentUtcOffset,
        rsvd: 0,
        'gm priority_1': body.priority1,
        'gm clock class': body.clockClass,
        'gm clock accuracy': body.clockAccuracy,
        'gm clock variance': body.offsetScaledLogVariance,
        'gm priority_2': body.priority2,
        'gm clock id': numeral(body.grandmasterIdentity),
        'steps removed': body.stepsRemoved,
        'time source': String(body.timeSource),
      }
    case 'delay-resp':
      return { timestamp: seconds(body.receivedNs), ...portFields('port identity', body.requestingPort, ' 2') }
    case 'signaling':
      return assert.fail('none was recorded')
    default:
      return { timestamp: seconds(body.originNs) }
  }
}

/** Identities of eight bytes, as a number that is written out. */
function numeral(identity: Uint8Array): string {
  return String(BigInt(`0x${identity.toHex()}`))
}

function seconds(timestampNs: bigint): string {
  const text = String(timestampNs).padStart(10, '0')
  return `${text.slice(0, -9)}.${text.slice(-9)}`
}
