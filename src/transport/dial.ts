import { isIP } from 'node:net'
import { connect, type SecureContext } from 'node:tls'
import { type Address, formatAddress } from './address.ts'
import { type LinkHandle, type LinkHooks, type LinkLimits, runLink } from './link.ts'

export interface DialOptions {
  readonly self: number
  readonly peer: number
  readonly address: Address
  /** Where this side listens: peers expect it to come from there. */
  readonly ownHost: string
  readonly secureContext: SecureContext
  readonly limits: LinkLimits
  /** How long connecting, handshake and both Hellos may take together. */
  readonly greetingMsMax: number
  readonly hooks: LinkHooks
}

/** Starts one connection to a member. It ends by `hooks.onEnd`, whatever happens; nothing is tried again here. */
export function dial(options: DialOptions): LinkHandle {
  const { peer, address, hooks, greetingMsMax } = options
  const where = `member ${peer} at ${formatAddress(address.host, address.port)}`
  // The chain means nothing here: certificates are self-signed and the key is compared with the member's own.
  const socket = connect({
    ...address,
    ...sourceOf(options.ownHost, address.host),
    secureContext: options.secureContext,
    rejectUnauthorized: false,
  })
  const handle = runLink(socket, {
    self: options.self,
    role: 'dialler',
    where,
    limits: options.limits,
    hooks: {
      ...hooks,
      onUp: (id, link) => {
        clearTimeout(deadline)
        hooks.onUp(id, link)
      },
      onEnd: (id, fault) => {
        clearTimeout(deadline)
        hooks.onEnd(id, fault)
      },
    },
  })
  const deadline = setTimeout(() => {
    const message = `${where}: expected handshake and Hello within ${greetingMsMax} ms, got no Hello`
    handle.close({ code: 'transport.stalled', message })
  }, greetingMsMax)
  return handle
}

/**
 * From the very address that this side listens at, where that is one and can reach the peer; else the system chooses. A
 * machine with several addresses would else come from one that its peers do not know.
 */
function sourceOf(own: string, peer: string): { readonly localAddress?: string } {
  const isOne = isIP(own) !== 0 && isIP(own) === isIP(peer) && !['0.0.0.0', '::'].includes(own)
  return isOne && isLoopback(own) === isLoopback(peer) ? { localAddress: own } : {}
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
