import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../core/assert.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import type { DeviceNews, DeviceOrder, DeviceThreadData } from './device-thread-messages.ts'
import { MESSAGE_BYTES_MAX } from './transport.ts'

/**
 * The thread that talks to a TPM device. The kernel works on a command inside of write(2), and holds a lock meanwhile that
 * poll(2) and read(2) want as well, with O_NONBLOCK too (drivers/char/tpm/tpm-dev-common.c): whoever talks to a TPM that hangs, hangs.
 * A thread of its own hangs alone, and takes none of the few of libuv's pool, on which signatures are verified.
 */

const SIZE_AT = 2
const SIZE_END = 6

assert(parentPort !== null, 'this file is a thread, not a program')
const port = parentPort
const { path } = workerData as DeviceThreadData
let file: number | undefined

port.on('message', ({ command }: DeviceOrder) => {
  const news: DeviceNews = { response: exchange(command) }
  port.postMessage(news)
})

function exchange(command: Uint8Array): Result<Uint8Array> {
  try {
    file ??= openSync(path, constants.O_RDWR | constants.O_NOCTTY)
    // The device takes a command in one write or not at all.
    const written = writeSync(file, command)
    if (written !== command.length) return broken(`${command.length} bytes written`, `${written}`)
    return readResponse(file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (file !== undefined) closeSync(file)
    file = undefined
    const absent = code === 'ENOENT' || code === 'ENODEV' || code === 'ENXIO'
    return fail(absent ? 'tpm.absent' : 'tpm.broken', `${path}: expected a TPM, got ${message}`)
  }
}

/** One read gives all of it on a device of today; kernels since 4.20 allow parts. */
function readResponse(from: number): Result<Uint8Array> {
  const buffer = new Uint8Array(MESSAGE_BYTES_MAX)
  let length = 0
  for (;;) {
    const read = readSync(from, buffer, length, buffer.length - length, null)
    length += read
    const size = length < SIZE_END ? undefined : new DataView(buffer.buffer).getUint32(SIZE_AT)
    if (size === length) return ok(buffer.slice(0, length))
    if (read === 0 || (size !== undefined && (size < length || size > MESSAGE_BYTES_MAX))) {
      return broken('a whole response', `${length} bytes of ${size ?? 'an unknown number'}`)
    }
  }
}

function broken(expected: string, came: string): Result<never> {
  return fail('tpm.broken', `${path}: expected ${expected}, got ${came}`)
}
