import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { fail, ok } from '../core/fault.ts'
import type { StampingConfig, StampingInfo } from '../linux/interface-abi.ts'
import type { NetworkInterface } from '../linux/network-interface.ts'
import { type StampedTraffic, startHardwareStamping } from './hardware-stamping.ts'

/** What drivers of cards say (linux/net_tstamp.h); test/hil/guest-kernel.test.ts asks real drivers. */
const CAPABLE: StampingInfo = { capabilities: 0x5f, clock: 2, transmitTypes: 0b11, receiveFilters: 0b11 }
const PTP_ALONE: StampingInfo = { ...CAPABLE, receiveFilters: (1 << 12) | 1 }
const OFF: StampingConfig = { transmitType: 0, receiveFilter: 0 }

interface Card {
  readonly info: StampingInfo
  readonly present?: StampingConfig
  /** What the driver makes of what it is told; absent: just that. */
  readonly makes?: StampingConfig
  readonly mayBeSet?: boolean
  readonly readable?: boolean
}

function start({ info, present = OFF, makes, mayBeSet = true, readable = true }: Card, traffic: StampedTraffic) {
  const set: StampingConfig[] = []
  const opened: string[] = []
  const nic: NetworkInterface = {
    name: 'eth1',
    stampingInfo: () => ok(info),
    stamping: () => ok(present),
    setStamping: (config) => {
      if (!mayBeSet) return fail('linux.interface', 'network interface eth1: the kernel said EPERM')
      set.push(config)
      return ok(makes ?? config)
    },
  }
  const openClock = (path: string) => {
    opened.push(path)
    return readable ? ok({ close: () => opened.push('closed') }) : fail('linux.open', `${path}: got EACCES`)
  }
  return { result: startHardwareStamping(nic, traffic, openClock), set, opened }
}

test('a card is told to stamp what is needed, and no more', () => {
  const all = start({ info: CAPABLE }, 'all')
  assert.equal(unwrap(all.result), '/dev/ptp2')
  assert.deepEqual(all.set, [{ transmitType: 1, receiveFilter: 1 }])
  assert.deepEqual(all.opened, ['/dev/ptp2', 'closed'])
  assert.deepEqual(start({ info: PTP_ALONE }, 'ptp').set, [{ transmitType: 1, receiveFilter: 12 }])
  assert.deepEqual(start({ info: { ...CAPABLE, receiveFilters: 1 << 6 } }, 'ptp').set, [
    { transmitType: 1, receiveFilter: 6 },
  ])
  // What stamps everything stamps PTP as well.
  assert.deepEqual(start({ info: CAPABLE }, 'ptp').set, [{ transmitType: 1, receiveFilter: 1 }])
})

test('a card that stamps already is left as it is, and what others need of it stays', () => {
  const present = { transmitType: 1, receiveFilter: 12 }
  assert.deepEqual(start({ info: PTP_ALONE, present }, 'ptp').set, [])
  assert.deepEqual(start({ info: CAPABLE, present: { transmitType: 1, receiveFilter: 1 } }, 'ptp').set, [])
  assert.deepEqual(start({ info: CAPABLE, present }, 'all').set, [{ transmitType: 1, receiveFilter: 1 }])
  const ntp = { transmitType: 1, receiveFilter: 15 }
  const beside = start({ info: PTP_ALONE, present: ntp }, 'ptp')
  assert.match(
    faultOf(beside.result).message,
    /stamps PTP's event messages as they come beside what it stamps for others/,
  )
  assert.deepEqual(beside.set, [])
})

test('what a card lacks is said, and nothing is set', () => {
  const refused = (card: Card, traffic: StampedTraffic = 'all'): string => {
    const { result, set } = start(card, traffic)
    assert.deepEqual(set, [])
    return faultOf(result).message
  }
  assert.match(
    refused({ info: { ...CAPABLE, capabilities: 0x1a } }),
    /expected a card that stamps packets, got capabilities 0x1a/,
  )
  assert.match(refused({ info: { ...CAPABLE, clock: undefined } }), /got one without a clock/)
  assert.match(refused({ info: { ...CAPABLE, transmitTypes: 1 } }), /expected a card that stamps packets/)
  assert.match(
    refused({ info: PTP_ALONE }),
    /expected a card that stamps all packets as they come, got receive filters 0x1001/,
  )
  assert.match(refused({ info: CAPABLE, readable: false }), /\/dev\/ptp2: got EACCES/)
  assert.match(refused({ info: CAPABLE, mayBeSet: false }), /EPERM/)
})

test('a driver that does something else than it was told is not trusted with it', () => {
  const { result } = start({ info: CAPABLE, makes: { transmitType: 1, receiveFilter: 0 } }, 'all')
  assert.match(faultOf(result).message, /expected receive filter 1, got 0/)
  assert.ok(start({ info: PTP_ALONE, makes: { transmitType: 1, receiveFilter: 1 } }, 'ptp').result.ok)
})
