import { connect, type Socket } from 'node:net'
import { concatBytes } from '../../core/bytes.ts'
import { type Fault, fail, ok, type Result } from '../../core/fault.ts'
import { COMMAND_MS_MAX, MESSAGE_BYTES_MAX, type TpmTransport } from './transport.ts'

/** Where swtpm listens: `--server type=tcp,port=…` or `type=unixio,path=…`. */
export type TpmSocketAddress = { readonly host: string; readonly port: number } | { readonly path: string }

const SIZE_AT = 2
const SIZE_END = 6

/** A command on its way, and what has come for it. */
interface Exchange {
  readonly chunks: Uint8Array[]
  readonly end: (result: Result<Uint8Array>) => void
}

/**
 * A software TPM's data channel. swtpm takes commands and gives responses as they are, one after another; it has no frame
 * around them, as the simulator of the reference implementation (`mssim`) has. It serves one connection at a time, so ours
 * is closed whenever something else must talk to it.
 */
export function createTpmSocket(address: TpmSocketAddress, commandMsMax = COMMAND_MS_MAX): TpmTransport {
  const name = 'path' in address ? address.path : `${address.host}:${address.port}`
  let socket: Socket | undefined
  let exchange: Exchange | undefined

  const drop = (): void => {
    socket?.destroy()
    socket = undefined
  }
  const finish = (result: Result<Uint8Array>): void => {
    const ended = exchange
    exchange = undefined
    // Where the stream stands after a failure nobody knows.
    if (!result.ok) drop()
    ended?.end(result)
  }
  const open = (): Socket => {
    const opened = connect(address)
    opened.on('data', (chunk: Buffer) => {
      if (opened !== socket) return
      if (exchange === undefined) return drop()
      exchange.chunks.push(chunk)
      const response = responseIn(exchange.chunks, name)
      if (response !== undefined) finish(response)
    })
    opened.on('error', (error) => opened === socket && finish({ ok: false, fault: faultOf(error, name) }))
    opened.on('close', () => {
      if (opened !== socket) return
      finish(fail('tpm.broken', `${name}: expected a response, got the end of the connection`))
      drop()
    })
    return opened
  }

  return {
    transmit: (command) => {
      if (exchange !== undefined) return Promise.resolve(fail('tpm.busy', `${name}: expected one command at a time`))
      const { promise, resolve } = Promise.withResolvers<Result<Uint8Array>>()
      const limit = setTimeout(
        () => finish(fail('tpm.silent', `${name}: expected a response within ${commandMsMax} ms, got none`)),
        commandMsMax,
      )
      exchange = {
        chunks: [],
        end: (result) => {
          clearTimeout(limit)
          resolve(result)
        },
      }
      socket ??= open()
      socket.write(command)
      return promise
    },
    close: async () => {
      const closing = socket
      if (exchange !== undefined) finish(fail('tpm.broken', `${name}: expected a response, got closed`))
      socket = undefined
      if (closing === undefined || closing.destroyed) return
      // Not `end`, which would wait for the other side, and that may hang.
      await new Promise((resolve) => closing.once('close', resolve).destroy())
    },
  }
}

/** Whole when as many bytes are there as its header says; undefined until then. */
function responseIn(chunks: readonly Uint8Array[], name: string): Result<Uint8Array> | undefined {
  const bytes = concatBytes(...chunks)
  if (bytes.length < SIZE_END) return undefined
  const size = new DataView(bytes.buffer).getUint32(SIZE_AT)
  if (size < SIZE_END || size > MESSAGE_BYTES_MAX || bytes.length > size) {
    const came = bytes.length > size ? `${bytes.length}` : `a size of ${size}`
    return fail('tpm.broken', `${name}: expected a response of at most ${MESSAGE_BYTES_MAX} bytes, got ${came}`)
  }
  return bytes.length === size ? ok(bytes) : undefined
}

function faultOf(error: NodeJS.ErrnoException, name: string): Fault {
  const absent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED'
  return { code: absent ? 'tpm.absent' : 'tpm.broken', message: `${name}: expected a TPM, got ${error.message}` }
}
