/** What is asked of a network interface (linux/sockios.h, linux/if.h, linux/ethtool.h, linux/net_tstamp.h), the same on x86-64 and aarch64. */
export const SIOCETHTOOL = 0x8946
export const SIOCSHWTSTAMP = 0x89b0
export const SIOCGHWTSTAMP = 0x89b1
export const ETHTOOL_GET_TS_INFO = 0x41

/** `struct ifreq`: the name of the interface, then, for these requests, the address of a structure. */
export const INTERFACE_REQUEST_BYTES = 40
export const INTERFACE_REQUEST_DATA_AT = 16

/** `struct ethtool_ts_info`. */
export const STAMPING_INFO_BYTES = 44
const INFO_CLOCK_AT = 8
const INFO_TRANSMIT_AT = 12
const INFO_FILTERS_AT = 28

/** `struct hwtstamp_config`: flags, which packets are stamped when they leave, which when they come. */
export const STAMPING_CONFIG_BYTES = 12
export const HWTSTAMP_TX_ON = 1
export const HWTSTAMP_FILTER_NONE = 0
export const HWTSTAMP_FILTER_ALL = 1
/** PTP version 2 event messages over UDP. */
export const HWTSTAMP_FILTER_PTP_V2_L4_EVENT = 6
/** PTP version 2 event messages over whatever carries them. */
export const HWTSTAMP_FILTER_PTP_V2_EVENT = 12

/** What the driver of an interface can do. */
export interface StampingInfo {
  /** SOF_TIMESTAMPING_*, as bits. */
  readonly capabilities: number
  /** Number of its hardware clock, `/dev/ptpN`; undefined without one. */
  readonly clock: number | undefined
  /** HWTSTAMP_TX_*: bit n stands for type n. */
  readonly transmitTypes: number
  /** HWTSTAMP_FILTER_*: bit n stands for filter n. */
  readonly receiveFilters: number
}

export function readStampingInfo(info: Uint8Array): StampingInfo {
  const view = viewOf(info)
  const clock = view.getInt32(INFO_CLOCK_AT, true)
  return {
    capabilities: view.getUint32(4, true),
    clock: clock < 0 ? undefined : clock,
    transmitTypes: view.getUint32(INFO_TRANSMIT_AT, true),
    receiveFilters: view.getUint32(INFO_FILTERS_AT, true),
  }
}

/** Which packets a card stamps. */
export interface StampingConfig {
  readonly transmitType: number
  readonly receiveFilter: number
}

export function encodeStampingConfig({ transmitType, receiveFilter }: StampingConfig): Uint8Array {
  const config = new Uint8Array(STAMPING_CONFIG_BYTES)
  viewOf(config).setInt32(4, transmitType, true)
  viewOf(config).setInt32(8, receiveFilter, true)
  return config
}

export function readStampingConfig(config: Uint8Array): StampingConfig {
  const view = viewOf(config)
  return { transmitType: view.getInt32(4, true), receiveFilter: view.getInt32(8, true) }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
