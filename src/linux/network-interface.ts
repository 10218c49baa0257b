import { utf8 } from '../core/bytes.ts'
import { ok, type Result } from '../core/fault.ts'
import { allocateForeign, type ForeignMemory } from './foreign-memory.ts'
import {
  ETHTOOL_GET_TS_INFO,
  encodeStampingConfig,
  INTERFACE_REQUEST_BYTES,
  INTERFACE_REQUEST_DATA_AT,
  readStampingConfig,
  readStampingInfo,
  SIOCETHTOOL,
  SIOCGHWTSTAMP,
  SIOCSHWTSTAMP,
  STAMPING_CONFIG_BYTES,
  STAMPING_INFO_BYTES,
  type StampingConfig,
  type StampingInfo,
} from './interface-abi.ts'
import { failWithErrno, libc } from './libc.ts'

/** What a network interface says of its time stamps. Faults `linux.interface`: what was attempted and what the kernel said. */
export interface NetworkInterface {
  readonly name: string
  stampingInfo(): Result<StampingInfo>
  /** What its card stamps at present, on whose ever behalf. */
  stamping(): Result<StampingConfig>
  /** Sets that, for all that use the card, and returns what the driver made of it, which may be more. Takes CAP_NET_ADMIN. */
  setStamping(config: StampingConfig): Result<StampingConfig>
}

const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)') as (
  fd: number,
  request: number,
  argument: bigint,
) => number

let memory: ForeignMemory | undefined

/** Any socket of the network namespace serves to ask. */
export function networkInterface(fd: number, name: string): NetworkInterface {
  const ask = (request: number, data: Uint8Array, attempted: string): Result<Uint8Array> => {
    memory ??= allocateForeign(INTERFACE_REQUEST_BYTES + STAMPING_INFO_BYTES)
    const { address, bytes, view } = memory
    bytes.fill(0)
    bytes.set(utf8(name).subarray(0, INTERFACE_REQUEST_DATA_AT - 1))
    view.setBigUint64(INTERFACE_REQUEST_DATA_AT, address + BigInt(INTERFACE_REQUEST_BYTES), true)
    bytes.set(data, INTERFACE_REQUEST_BYTES)
    return ioctl(fd, request, address) < 0
      ? failWithErrno('linux.interface', `network interface ${name}: expected to ${attempted}`)
      : ok(bytes.slice(INTERFACE_REQUEST_BYTES, INTERFACE_REQUEST_BYTES + data.length))
  }
  const configOf = (answer: Result<Uint8Array>): Result<StampingConfig> =>
    answer.ok ? ok(readStampingConfig(answer.value)) : answer
  return {
    name,
    stampingInfo: () => {
      const question = new Uint8Array(STAMPING_INFO_BYTES)
      new DataView(question.buffer).setUint32(0, ETHTOOL_GET_TS_INFO, true)
      const answer = ask(SIOCETHTOOL, question, 'learn what stamps it takes')
      return answer.ok ? ok(readStampingInfo(answer.value)) : answer
    },
    stamping: () => configOf(ask(SIOCGHWTSTAMP, new Uint8Array(STAMPING_CONFIG_BYTES), 'learn what its card stamps')),
    setStamping: (config) => configOf(ask(SIOCSHWTSTAMP, encodeStampingConfig(config), 'have its card stamp packets')),
  }
}
