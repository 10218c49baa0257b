import { utf8 } from '../core/bytes.ts'
import { openUnixDatagram } from '../linux/unix-datagram.ts'

/** systemd's sd_notify(3): one datagram per message to the socket that NOTIFY_SOCKET names. */
export interface Notifier {
  ready(status: string): void
  /** Feeds WatchdogSec=; systemd restarts an agent that stops doing so. */
  watchdog(status: string): void
  stopping(reason: string): void
}

/** Without NOTIFY_SOCKET nobody listens and every call is a no-op. */
export function createNotifier(socketPath: string | undefined): Notifier {
  const send = (message: string): void => {
    if (socketPath === undefined) return
    const socket = openUnixDatagram()
    if (!socket.ok) return
    // A name that starts with @ is in the abstract namespace, which begins with a zero byte.
    socket.value.sendTo(socketPath.replace(/^@/, '\0'), utf8(message))
    socket.value.close()
  }
  const line = (text: string): string => text.replace(/\s+/g, ' ')
  return {
    ready: (status) => send(`READY=1\nSTATUS=${line(status)}`),
    watchdog: (status) => send(`WATCHDOG=1\nSTATUS=${line(status)}`),
    stopping: (reason) => send(`STOPPING=1\nSTATUS=${line(reason)}`),
  }
}
