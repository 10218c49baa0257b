import { setTimeout as sleep } from 'node:timers/promises'
import { fail, type Result } from '../../core/fault.ts'
import { decodeResponse, encodeCommand, responseCodeOf, type TpmCommand, type TpmResponse } from '../tpm-command.ts'
import { TpmReader } from '../tpm-reader.ts'
import { isRetryable } from '../tpm-response-code.ts'
import { MESSAGE_BYTES_MAX, type TpmTransport } from './transport.ts'

/** A TPM that commands are given to: from any number of callers, one after another. */
export interface Tpm {
  /** Faults: those of the transport, `tpm.refused`, `tpm.encoding`, `tpm.busy` when too many wait. */
  run(command: TpmCommand, handleCount?: number): Promise<Result<TpmResponse>>
  /** Lets go of the TPM until the next command. */
  close(): Promise<void>
}

/** So many commands may wait for their turn. */
const WAITING_MAX = 32
/** A TPM that is busy with itself is asked again after 20 ms, then after twice as long each time: for five seconds in all. */
const RETRY_MS_FIRST = 20
const RETRIES_MAX = 8

export function createTpm(transport: TpmTransport): Tpm {
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = async <T>(task: () => Promise<T>): Promise<T> => {
    const before = last
    const { promise, resolve } = Promise.withResolvers<void>()
    last = promise
    await before
    try {
      return await task()
    } finally {
      resolve()
    }
  }
  return {
    run: async (command, handleCount = 0) => {
      if (waiting === WAITING_MAX) {
        return fail('tpm.busy', `${command.name}: expected at most ${WAITING_MAX} commands that wait, got one more`)
      }
      waiting += 1
      try {
        return await inTurn(() => transmit(transport, command, handleCount))
      } finally {
        waiting -= 1
      }
    },
    close: () => inTurn(() => transport.close()),
  }
}

async function transmit(
  transport: TpmTransport,
  command: TpmCommand,
  handleCount: number,
): Promise<Result<TpmResponse>> {
  const bytes = encodeCommand(command)
  if (bytes.length > MESSAGE_BYTES_MAX) {
    return fail('tpm.encoding', `${command.name}: expected at most ${MESSAGE_BYTES_MAX} bytes, got ${bytes.length}`)
  }
  for (let retries = 0; ; retries++) {
    const response = await transport.transmit(bytes)
    if (!response.ok) return fail(response.fault.code, `${command.name}: ${response.fault.message}`)
    const code = responseCodeOf(response.value) ?? 0
    if (!isRetryable(code) || retries === RETRIES_MAX) return decodeResponse(response.value, command, handleCount)
    await sleep(RETRY_MS_FIRST * 2 ** retries)
  }
}

/** Runs a command and reads its parameters to their last byte. */
export async function ask<T>(
  tpm: Tpm,
  command: TpmCommand,
  read: (from: TpmReader, handles: readonly number[]) => T,
  handleCount = 0,
): Promise<Result<T>> {
  const response = await tpm.run(command, handleCount)
  if (!response.ok) return response
  const from = new TpmReader(response.value.parameters, command.name)
  return from.end(read(from, response.value.handles))
}
