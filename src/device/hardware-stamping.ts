import { fail, ok, type Result } from '../core/fault.ts'
import {
  HWTSTAMP_FILTER_ALL,
  HWTSTAMP_FILTER_NONE,
  HWTSTAMP_FILTER_PTP_V2_EVENT,
  HWTSTAMP_FILTER_PTP_V2_L4_EVENT,
  HWTSTAMP_TX_ON,
  type StampingInfo,
} from '../linux/interface-abi.ts'
import type { NetworkInterface } from '../linux/network-interface.ts'
import { SOF_RAW_HARDWARE, SOF_RX_HARDWARE, SOF_TX_HARDWARE } from '../linux/stamping-abi.ts'
import { openPhcBridge, type PhcBridge } from './phc-bridge.ts'

/** Which packets need the card's stamps: all, or PTP's event messages over UDP, which far more cards can tell. */
export type StampedTraffic = 'all' | 'ptp'

const NEEDED = SOF_TX_HARDWARE | SOF_RX_HARDWARE | SOF_RAW_HARDWARE
/** In the order in which they are asked for. */
const FILTERS: Readonly<Record<StampedTraffic, readonly number[]>> = {
  all: [HWTSTAMP_FILTER_ALL],
  ptp: [HWTSTAMP_FILTER_PTP_V2_EVENT, HWTSTAMP_FILTER_PTP_V2_L4_EVENT, HWTSTAMP_FILTER_ALL],
}

/**
 * Has the card of an interface stamp packets, and returns the path of the clock that it stamps on. A card that does
 * already, for whom ever, is left as it is. Faults: `stamp.no-hardware` says what it lacks, `linux.interface` what the
 * kernel refused, and those of `openPhcBridge` why its clock cannot be read.
 */
export function startHardwareStamping(
  nic: NetworkInterface,
  traffic: StampedTraffic,
  openClock: (path: string) => Result<Pick<PhcBridge, 'close'>> = openPhcBridge,
): Result<string> {
  const info = nic.stampingInfo()
  if (!info.ok) return info
  const clock = clockOf(nic.name, info.value)
  if (!clock.ok) return clock
  const opened = openClock(clock.value)
  if (!opened.ok) return opened
  opened.value.close()
  const wanted = FILTERS[traffic]
  const suits = ({ transmitType, receiveFilter }: { transmitType: number; receiveFilter: number }): boolean =>
    transmitType === HWTSTAMP_TX_ON && (receiveFilter === HWTSTAMP_FILTER_ALL || wanted.includes(receiveFilter))
  const present = nic.stamping()
  if (present.ok && suits(present.value)) return clock
  const other = present.ok && present.value.receiveFilter !== HWTSTAMP_FILTER_NONE
  const receiveFilter = (other ? [HWTSTAMP_FILTER_ALL] : wanted).find((filter) =>
    has(info.value.receiveFilters, filter),
  )
  if (receiveFilter === undefined) {
    const needed = traffic === 'all' ? 'all packets' : "PTP's event messages"
    return fail(
      'stamp.no-hardware',
      `network interface ${nic.name}: expected a card that stamps ${needed} as they come${other ? ' beside what it stamps for others' : ''}, got receive filters 0x${info.value.receiveFilters.toString(16)}`,
    )
  }
  const set = nic.setStamping({ transmitType: HWTSTAMP_TX_ON, receiveFilter })
  if (!set.ok) return set
  return suits(set.value)
    ? clock
    : fail(
        'stamp.no-hardware',
        `network interface ${nic.name}: expected receive filter ${receiveFilter}, got ${set.value.receiveFilter}`,
      )
}

function clockOf(name: string, { capabilities, clock, transmitTypes }: StampingInfo): Result<string> {
  const complete = (capabilities & NEEDED) === NEEDED && has(transmitTypes, HWTSTAMP_TX_ON)
  if (complete && clock !== undefined) return ok(`/dev/ptp${clock}`)
  const found = complete ? 'one without a clock' : `capabilities 0x${capabilities.toString(16)}`
  return fail('stamp.no-hardware', `network interface ${name}: expected a card that stamps packets, got ${found}`)
}

function has(bits: number, bit: number): boolean {
  return ((bits >>> bit) & 1) === 1
}
