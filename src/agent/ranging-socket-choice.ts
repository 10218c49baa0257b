import type { Fault, Result } from '../core/fault.ts'
import { type KernelSocketOptions, openKernelSocket, type Stamping } from '../device/kernel-stamped-socket.ts'
import { openRangingSocket } from '../device/ranging-socket.ts'
import type { SocketAddress, StampedSocket, StampedSocketEvents } from '../device/stamped-socket.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { PacketFilter } from '../linux/packet-filter.ts'

/** What the socket for ranging is to be like. */
export interface RangingSocketChoice {
  readonly listen: SocketAddress
  /** Who stamps: 'kernel' is the best that there is. Absent: 'kernel'. */
  readonly stamps?: 'kernel' | 'user' | undefined
  /** Packets go through this network interface alone, and its card stamps them where it can. */
  readonly interface?: string | undefined
  /** What the kernel lets in where it stamps; absent: everything. */
  readonly filter?: PacketFilter | undefined
}

export interface ChosenRangingSocket<Token> extends StampedSocket<Token> {
  readonly stamping: Stamping
  lost(): ReadonlyMap<string, number>
}

/** What stamps of this program do not mend either. */
const FINAL = ['socket.address', 'socket.interface', 'socket.port-in-use']

const NONE: ReadonlyMap<string, number> = new Map()

/**
 * Opens the socket with the stamps that were asked for; where the kernel refuses them, with those of this program, and
 * the reason. Faults: those of either socket.
 */
export async function openChosenSocket<Token>(
  choice: RangingSocketChoice,
  events: StampedSocketEvents<Token>,
): Promise<Result<ChosenRangingSocket<Token>>> {
  const { listen, stamps = 'kernel', filter } = choice
  if (stamps === 'user') return openUserSocket(listen, undefined, events)
  const device = choice.interface
  const options: KernelSocketOptions =
    device === undefined
      ? { local: listen, filter, hardware: 'off', stampsWait: true }
      : { local: listen, filter, interface: device, hardware: { prefer: 'all' }, stampsWait: true }
  const kernel = await openKernelSocket(options, events)
  if (kernel.ok || FINAL.includes(kernel.fault.code)) return kernel
  return openUserSocket(listen, kernel.fault, events)
}

async function openUserSocket<Token>(
  listen: SocketAddress,
  reason: Fault | undefined,
  events: StampedSocketEvents<Token>,
): Promise<Result<ChosenRangingSocket<Token>>> {
  const user = await openRangingSocket(listen, readMonoNs, events)
  if (!user.ok) return user
  return { ok: true, value: { ...user.value, stamping: { kind: 'user', reason }, lost: () => NONE } }
}
