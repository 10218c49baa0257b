import type { Fault, Result } from '../core/fault.ts'
import type { StampKind } from '../core/stamp.ts'
import { networkInterface } from '../linux/network-interface.ts'
import { SOL_SOCKET } from '../linux/socket-abi.ts'
import { setOption } from '../linux/socket-options.ts'
import {
  SO_TIMESTAMPING,
  SOF_RAW_HARDWARE,
  SOF_RX_HARDWARE,
  SOF_RX_SOFTWARE,
  SOF_SOFTWARE,
  SOF_TX_HARDWARE,
  SOF_TX_SOFTWARE,
} from '../linux/stamping-abi.ts'
import type { UdpSocket } from '../linux/udp-socket.ts'
import { type StampedTraffic, startHardwareStamping } from './hardware-stamping.ts'

/** What stamps a socket has. Single ones may be coarser: every stamp says its own kind. */
export interface Stamping {
  readonly kind: StampKind
  /** Why they are not finer, where that was asked for. */
  readonly reason: Fault | undefined
}

/** What stamps a socket is to have. */
export interface StampingWanted {
  /** The network interface whose card stamps, where one is to. */
  readonly interface?: string | undefined
  /** 'prefer': the card's where it has them for this traffic. */
  readonly hardware: { readonly prefer: StampedTraffic } | 'off'
}

/** Asks for the best stamps first, and keeps the reason where there are lesser ones. */
export function startStamping(udp: UdpSocket, options: StampingWanted): Stamping & { clockPath: string | undefined } {
  const software = SOF_TX_SOFTWARE | SOF_RX_SOFTWARE | SOF_SOFTWARE
  const ask = (flags: number): Result<void> =>
    setOption(udp.fd, [SOL_SOCKET, SO_TIMESTAMPING], flags, 'have packets stamped')
  const clock = options.hardware === 'off' ? undefined : hardwareClock(udp, options.interface, options.hardware.prefer)
  if (clock?.ok) {
    const asked = ask(software | SOF_TX_HARDWARE | SOF_RX_HARDWARE | SOF_RAW_HARDWARE)
    if (asked.ok) return { kind: 'hardware', reason: undefined, clockPath: clock.value }
  }
  const asked = ask(software)
  if (!asked.ok) return { kind: 'user', reason: asked.fault, clockPath: undefined }
  return { kind: 'kernel', reason: clock?.ok === false ? clock.fault : undefined, clockPath: undefined }
}

function hardwareClock(udp: UdpSocket, name: string | undefined, traffic: StampedTraffic): Result<string> {
  if (name !== undefined) return startHardwareStamping(networkInterface(udp.fd, name), traffic)
  const message = 'stamps of a network card: expected the name of its interface, got none'
  return { ok: false, fault: { code: 'stamp.no-interface', message } }
}
