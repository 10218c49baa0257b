import type { PacketChannel, PacketFilter, PacketLink } from '../../drivers/packet-driver.ts'
import type { Result } from '../core/fault.ts'
import { type KernelStampedSocket, openKernelSocket } from './kernel-stamped-socket.ts'
import type { PacketToken } from './packet-speakers.ts'
import type { StampedSocketEvents } from './stamped-socket.ts'

const ANY_ADDRESS = { udp4: '0.0.0.0', udp6: '::' } as const

/**
 * One of the two sockets of a link, on its interface and in its group. The port is shared: a ptp4l of the same host may
 * listen there too. Only `event` packets ask for the stamps of the card. `mayWait`: as of `KernelSocketOptions`. Faults: those of `openKernelSocket`.
 */
export function openLinkSocket(
  interfaceName: string,
  { network, eventPort, generalPort, group }: PacketLink,
  channel: PacketChannel,
  events: StampedSocketEvents<PacketToken>,
  more: { readonly filter?: PacketFilter; readonly mayWait?: boolean } = {},
): Promise<Result<KernelStampedSocket<PacketToken>>> {
  return openKernelSocket(
    {
      local: { address: ANY_ADDRESS[network], port: channel === 'event' ? eventPort : generalPort },
      interface: interfaceName,
      groups: group === undefined ? [] : [group],
      reuseAddress: true,
      ...more,
      hardware: channel === 'event' ? { prefer: 'ptp' } : 'off',
    },
    events,
  )
}
