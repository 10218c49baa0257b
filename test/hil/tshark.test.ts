import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CLOCK_DESCRIPTION_ID } from '../../drivers/ptp/clock-description.ts'
import { FLAGS } from '../../drivers/ptp/header.ts'
import { ANY_PORT, encodeManagement, type Management, type ManagementAction } from '../../drivers/ptp/management.ts'
import { DATA_SETS, encodeDataSet } from '../../drivers/ptp/management-data-sets.ts'
import { encodeMessage, type PtpMessageParts } from '../../drivers/ptp/message.ts'
import { encodeUnicast } from '../../drivers/ptp/unicast.ts'
import { openPacketBench } from '../conformance/packet-bench.ts'
import { packetUses } from '../conformance/packet-uses.ts'
import { type Datagram, writeCapture } from '../support/pcap.ts'
import { unwrap } from '../support/results.ts'
import { runCommand } from './command.ts'

/** Every message that is written here, read by a program that knows PTP from elsewhere. */

const SECONDS_MAX = 60
const FIELDS = ['ptp.v2.messagetype', 'ptp.v2.messagelength', '_ws.malformed', '_ws.expert.message'] as const

test('tshark decodes every PTP message that is written, without a complaint', async (t) => {
  const { exitCode } = await runCommand('tshark', ['--version'], SECONDS_MAX)
  if (exitCode === undefined) {
    t.skip('no tshark here')
    return
  }
  const messages = [...everyMessage(), ...whatIsSent()]
  const datagrams = (['udp4', 'udp6'] as const).flatMap((network) =>
    messages.map(({ port, payload }): Datagram => ({ network, port, payload })),
  )
  assert.deepEqual(
    await decoded(datagrams),
    datagrams.map(({ payload }) => [
      `0x${((payload[0] ?? 0) & 0x0f).toString(16).padStart(2, '0')}`,
      `${payload.length}`,
      '',
      '',
    ]),
  )
  // What the comparison is worth: a length that does not fit is complained of.
  const [broken] = datagrams
  assert.ok(broken !== undefined)
  const [complaint = []] = await decoded([{ ...broken, payload: broken.payload.subarray(0, 40) }])
  assert.notEqual(complaint.slice(2).join(''), '')
})

async function decoded(datagrams: readonly Datagram[]): Promise<readonly (readonly string[])[]> {
  const folder = await mkdtemp(join(tmpdir(), 'quorumtime-tshark-'))
  try {
    const file = join(folder, 'made.pcap')
    await writeFile(file, writeCapture(datagrams))
    const words = ['-r', file, '-T', 'fields', ...FIELDS.flatMap((field) => ['-e', field])]
    const { exitCode, output, complaint } = await runCommand('tshark', words, SECONDS_MAX)
    assert.equal(exitCode, 0, complaint)
    return output
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** What receiver and emulated grandmaster say to each other in all uses, unknown TLVs among it. */
function whatIsSent(): ReturnType<typeof everyMessage> {
  return packetUses().flatMap(({ family, use }) => {
    const bench = openPacketBench(family, { options: use.options })
    const { eventPort, generalPort } = bench.link
    unwrap(bench.emulator.setFault('unknown-tlvs', true))
    bench.run(4)
    return bench.record.sent.map(({ packet }) => ({
      port: packet.channel === 'event' ? eventPort : generalPort,
      payload: packet.bytes,
    }))
  })
}

const EVENT_PORT = 319
const GENERAL_PORT = 320
const PORT = { clockIdentity: Uint8Array.of(0, 0x11, 0x22, 0xff, 0xfe, 0x33, 0x44, 0x55), portNumber: 1 }
const HEADER: PtpMessageParts['header'] = {
  sdoId: 0,
  minorVersion: 1,
  domain: 0,
  flags: FLAGS.unicast,
  correctionScaledNs: 98_765n,
  sourcePort: PORT,
  sequenceId: 0xffff,
  logInterval: 0x7f,
}
const ORIGIN_NS = 1_768_478_437_123_456_789n

function everyMessage(): readonly { readonly port: number; readonly payload: Uint8Array }[] {
  const targetPort = { clockIdentity: new Uint8Array(8).fill(0xff), portNumber: 0xffff }
  const bodies: readonly PtpMessageParts['body'][] = [
    { type: 'sync', originNs: ORIGIN_NS },
    { type: 'delay-req', originNs: 0n },
    { type: 'follow-up', originNs: ORIGIN_NS },
    { type: 'delay-resp', receivedNs: ORIGIN_NS, requestingPort: PORT },
    {
      type: 'announce',
      originNs: 0n,
      currentUtcOffset: 37,
      priority1: 128,
      clockClass: 6,
      clockAccuracy: 0x21,
      offsetScaledLogVariance: 0x4e5d,
      priority2: 128,
      grandmasterIdentity: PORT.clockIdentity,
      stepsRemoved: 1,
      timeSource: 0x20,
    },
    { type: 'signaling', targetPort },
  ]
  const unicast = (['announce', 'sync', 'delay-resp'] as const).flatMap((of) => [
    encodeUnicast({ kind: 'request', of, logInterval: 0, seconds: 300 }),
    encodeUnicast({ kind: 'grant', of, logInterval: 0, seconds: 300, renewal: true }),
    encodeUnicast({ kind: 'cancel', of }),
    encodeUnicast({ kind: 'acknowledge-cancel', of }),
  ])
  const management = everyManagement().map((payload) => ({ port: GENERAL_PORT, payload }))
  const others = bodies.map((body) => {
    const tlvs = body.type === 'signaling' ? unicast : []
    const isEvent = body.type === 'sync' || body.type === 'delay-req'
    return { port: isEvent ? EVENT_PORT : GENERAL_PORT, payload: encodeMessage({ header: HEADER, body, tlvs }) }
  })
  return [...others, ...management]
}

/** Questions for every data set, settings for the one that is set, and an error. */
function everyManagement(): readonly Uint8Array[] {
  const message = (action: ManagementAction, content: Management['content']): Uint8Array =>
    encodeManagement(HEADER, { targetPort: ANY_PORT, startingBoundaryHops: 1, boundaryHops: 1, action, content })
  const settings = {
    clockQuality: { clockClass: 6, clockAccuracy: 0x23, offsetScaledLogVariance: 0xffff },
    currentUtcOffset: 37,
    flags: 0x3c,
    timeSource: 0x20,
  }
  const questions = Object.values(DATA_SETS).map(({ id }) => message('GET', { kind: 'data', id, data: NOTHING }))
  const { id } = DATA_SETS.GRANDMASTER_SETTINGS_NP
  const data = encodeDataSet('GRANDMASTER_SETTINGS_NP', settings)
  return [
    ...questions,
    message('GET', { kind: 'data', id: CLOCK_DESCRIPTION_ID, data: NOTHING }),
    message('SET', { kind: 'data', id, data }),
    message('RESPONSE', { kind: 'error', error: 2, id }),
  ]
}

const NOTHING = new Uint8Array(0)
