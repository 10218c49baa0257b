import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { unwrap } from '../../test/support/results.ts'
import type { PacketAction } from '../packet-driver.ts'
import { decodeHeader } from '../ptp/header.ts'
import { decodeManagement, encodeManagement } from '../ptp/management.ts'
import { DATA_SETS, encodeDataSet } from '../ptp/management-data-sets.ts'
import { encodeMessage } from '../ptp/message.ts'
import { ptpGrandmaster } from './index.ts'

const OWN = { clockIdentity: Uint8Array.of(2, 0, 0, 0xff, 0xfe, 0, 0, 9), portNumber: 1 }
const CLOCK = { clockIdentity: Uint8Array.of(0, 0x11, 0x22, 0xff, 0xfe, 0x33, 0x44, 0x55), portNumber: 1 }
const ADDRESS = '192.0.2.1'
const TARGET = { targetPort: OWN, startingBoundaryHops: 0, boundaryHops: 0 }

/** A receiver that is played by hand: an Announce every second of one grandmaster, and what comes beside that. */
function receiver(options: object = {}) {
  const parsed = unwrap(ptpGrandmaster.parseOptions(options, 'options'))
  const driver = ptpGrandmaster.create(parsed, { source: 'gm0', leapTable: EMBEDDED_LEAP_TABLE, port: OWN })
  const actions: PacketAction[] = []
  let now = NS_PER_SECOND
  const hear = (bytes: Uint8Array, from = ADDRESS): void => {
    const received = { at: monoNs(now), errorNs: 50n, kind: 'kernel' } as const
    actions.push(...driver.receive({ channel: 'general', bytes, from, received }))
  }
  const pass = (seconds: number): void => {
    for (let each = 0; each < seconds; each++) {
      hear(announce(each))
      actions.push(...driver.wake(monoNs(now)))
      now += NS_PER_SECOND
    }
  }
  const questions = () =>
    actions.flatMap((action) => {
      if (action.type !== 'send') return []
      const header = unwrap(decodeHeader(action.bytes))
      return header.type === 'management' ? [{ ...unwrap(decodeManagement(header, action.bytes)), to: action.to }] : []
    })
  const status = () => actions.findLast((action) => action.type === 'status')?.status ?? assert.fail('no status')
  /** Of messages: that there is no Sync is missed too. */
  const faults = () =>
    actions.flatMap((action) =>
      action.type === 'fault' && !action.fault.code.startsWith('ptp.no-') ? [action.fault.code] : [],
    )
  return { hear, pass, questions, status, faults }
}

function announce(sequenceId: number): Uint8Array {
  return encodeMessage({
    header: {
      sdoId: 0,
      minorVersion: 1,
      domain: 0,
      flags: 0x3c,
      correctionScaledNs: 0n,
      sourcePort: CLOCK,
      sequenceId,
      logInterval: 0,
    },
    body: {
      type: 'announce',
      originNs: 0n,
      currentUtcOffset: 37,
      priority1: 128,
      clockClass: 6,
      clockAccuracy: 0x21,
      offsetScaledLogVariance: 0x4e5d,
      priority2: 128,
      grandmasterIdentity: CLOCK.clockIdentity,
      stepsRemoved: 0,
      timeSource: 0x20,
    },
  })
}

function answer(data: Uint8Array): Uint8Array {
  const header = { sdoId: 0, domain: 0, sourcePort: CLOCK, sequenceId: 1 }
  const { id } = DATA_SETS.CURRENT_DATA_SET
  return encodeManagement(header, { ...TARGET, action: 'RESPONSE', content: { kind: 'data', id, data } })
}

const CURRENT = encodeDataSet('CURRENT_DATA_SET', {
  stepsRemoved: 0,
  offsetFromMasterScaledNs: 12n * 65_536n,
  meanDelayScaledNs: 0n,
})

test('the chosen grandmaster is asked what it is, five questions a minute, and shown in the details', () => {
  const { hear, pass, questions, status, faults } = receiver()
  pass(30)
  assert.equal(questions().length, 5)
  for (const { targetPort, action, to } of questions()) {
    assert.deepEqual([targetPort, action, to], [CLOCK, 'GET', undefined])
  }
  assert.ok(!('offsetFromParentNs' in status().details), 'a grandmaster that does not answer is none the worse for it')
  assert.deepEqual(faults(), [])
  hear(answer(CURRENT))
  pass(15)
  assert.equal(status().details['offsetFromParentNs'], 12)
  pass(60)
  assert.equal(questions().length, 10)
})

test('an answer from elsewhere is nothing, and one that is cut is a fault', () => {
  const { hear, pass, status, faults } = receiver()
  pass(3)
  hear(answer(CURRENT), '192.0.2.66')
  pass(15)
  assert.ok(!('offsetFromParentNs' in status().details))
  hear(answer(CURRENT.subarray(0, 8)))
  assert.deepEqual(faults(), ['ptp.length'])
})

test('who is not to be asked is not', () => {
  const { pass, questions } = receiver({ management: false })
  pass(30)
  assert.equal(questions().length, 0)
})

test('a unicast grandmaster is asked at its address', () => {
  const { pass, questions } = receiver({ unicast: 'static', address: ADDRESS })
  pass(3)
  assert.deepEqual([...new Set(questions().map(({ to }) => to))], [ADDRESS])
})
