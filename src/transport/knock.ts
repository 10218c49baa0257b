import type { Socket } from 'node:net'
import { type Fault, fail, type Result } from '../core/fault.ts'
import { CLIENT_HELLO_BYTES_MAX, clientHelloBytes } from './client-hello.ts'

/** Hears what a fresh connection begins with; nothing of TLS is made for it meanwhile. */
export interface Knock {
  /** Stops listening and puts back what was read, for whoever reads on. */
  release(): void
  /** Stops listening. */
  cancel(): void
}

export interface KnockHooks {
  /** A whole ClientHello is here, and the connection still listens for what must not come after it. */
  onHello(): void
  /** Faults `transport.garbage`, `transport.no-hello`. */
  onRefused(fault: Fault): void
}

/** The first bytes come with the connection itself; a second more is for a network that has lost them once. */
const KNOCK_MS_MAX = 2_000

export function awaitClientHello(socket: Socket, end: string, hooks: KnockHooks): Knock {
  let begun: Uint8Array = new Uint8Array()
  let isWhole = false
  const refuse = (fault: Fault): void => {
    cancel()
    hooks.onRefused({ ...fault, message: `connection from ${end}: ${fault.message}` })
  }
  const onData = (chunk: Buffer): void => {
    begun = begun.length === 0 ? chunk : Buffer.concat([begun, chunk])
    const judged = judge(begun)
    if (!judged.ok) refuse(judged.fault)
    else if (judged.value && !isWhole) {
      isWhole = true
      clearTimeout(deadline)
      hooks.onHello()
    }
  }
  const deadline = setTimeout(() => {
    const message = `expected a ClientHello within ${KNOCK_MS_MAX} ms, got ${begun.length} bytes`
    refuse({ code: 'transport.no-hello', message })
  }, KNOCK_MS_MAX)
  const cancel = (): void => {
    clearTimeout(deadline)
    socket.off('data', onData)
  }
  socket.on('data', onData)
  return {
    cancel,
    release: () => {
      cancel()
      socket.pause()
      if (begun.length > 0) socket.unshift(begun)
    },
  }
}

/** True when the ClientHello is whole. A dialler has nothing more to say before it is answered. */
function judge(begun: Uint8Array): Result<boolean> {
  const bytes = clientHelloBytes(begun)
  if (!bytes.ok) return bytes
  if (bytes.value === undefined || begun.length < bytes.value) {
    if (begun.length <= CLIENT_HELLO_BYTES_MAX) return { ok: true, value: false }
  }
  if (begun.length === bytes.value) return { ok: true, value: true }
  return fail('transport.garbage', `expected one ClientHello and nothing more, got ${begun.length} bytes`)
}
