import { createSocket, type Socket } from 'node:dgram'
import { isIP } from 'node:net'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import type { MonoNs } from '../core/time.ts'
import type { SocketAddress, StampedSocket, StampedSocketEvents } from './stamped-socket.ts'
import { createUserStamps } from './user-stamp.ts'

/**
 * Opens the ranging socket with stamps that this program takes from `readMono`.
 *
 * Such stamps are honest although they are coarse. A transmit stamp is read before the packet is handed to the system,
 * a receive stamp after the system handed it over, so the instants of the two readings that enclose a flight are in the
 * right order, and that order is all that ranging assumes. Whatever this host adds (the event loop, the scheduler, the
 * network stack) lies between them and counts as flight: it widens the round trip, which the uncertainty is made of.
 *
 * Faults: `ranging.address` for an address that is not literal, `ranging.port-in-use`, `ranging.bind` for any other reason.
 */
export async function openRangingSocket<Token>(
  at: SocketAddress,
  readMono: () => MonoNs,
  events: StampedSocketEvents<Token>,
): Promise<Result<StampedSocket<Token>>> {
  const family = isIP(at.address)
  if (family === 0) return fail('ranging.address', `ranging socket: expected a literal IP address, got "${at.address}"`)
  const type = family === 6 ? 'udp6' : 'udp4'
  // Every address is literal here. Node's own look-up defers each send to a later turn; this one sends at once.
  const socket = createSocket({ type, lookup: (address, _options, done) => done(null, address, family) })
  const refusal = await bind(socket, at)
  if (refusal !== undefined) return { ok: false, fault: refusal }

  const stamp = createUserStamps(readMono)
  let open = true
  const report = (code: string, message: string): void => {
    if (open) events.onFault({ code, message })
  }

  socket.on('message', (bytes, from) => {
    const received = stamp()
    if (open) events.onPacket(bytes, { address: from.address, port: from.port }, received)
  })
  socket.on('error', (error) => report('ranging.socket', `ranging socket ${show(at)}: ${error.message}`))

  return ok({
    local: { address: at.address, port: socket.address().port },
    send: (bytes, to, token) => {
      if (!open) return
      if (isIP(to.address) !== family) {
        report('ranging.address', `ranging packet to "${to.address}": expected a literal IPv${family} address`)
        return
      }
      const sent = stamp()
      socket.send(bytes, to.port, to.address, (error) => {
        if (error !== null) report('ranging.send', `ranging packet to ${show(to)}: not sent, ${error.message}`)
      })
      events.onSent(token, sent)
    },
    close: () => {
      if (!open) return Promise.resolve()
      open = false
      return new Promise((resolve) => {
        socket.close(() => resolve())
      })
    },
  })
}

function bind(socket: Socket, at: SocketAddress): Promise<Fault | undefined> {
  return new Promise((resolve) => {
    const refuse = (error: NodeJS.ErrnoException): void => {
      socket.close()
      resolve(bindFault(at, error))
    }
    socket.once('error', refuse)
    socket.bind({ port: at.port, address: at.address, exclusive: true }, () => {
      socket.off('error', refuse)
      resolve(undefined)
    })
  })
}

function bindFault(at: SocketAddress, error: NodeJS.ErrnoException): Fault {
  if (error.code === 'EADDRINUSE') {
    const message = `ranging socket ${show(at)}: expected a free UDP port, got one that another process has bound`
    return { code: 'ranging.port-in-use', message }
  }
  return { code: 'ranging.bind', message: `ranging socket ${show(at)}: expected to bind it, got ${error.message}` }
}

function show({ address, port }: SocketAddress): string {
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`
}
