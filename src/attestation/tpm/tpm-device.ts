import { Worker } from 'node:worker_threads'
import { fail, type Result } from '../../core/fault.ts'
import type { DeviceNews, DeviceOrder, DeviceThreadData } from './device-thread-messages.ts'
import { COMMAND_MS_MAX, type TpmTransport } from './transport.ts'

/** It holds two messages of 4 KiB. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 }

/**
 * A TPM of the kernel: `/dev/tpmrm0`, the resource manager, which gives whoever opens it room for three objects of their own and
 * flushes what is left behind when it is closed; or `/dev/tpm0` where there is none. A thread that the kernel does not let go of is abandoned after
 * `commandMsMax`; as long as it hangs there, further commands are `tpm.silent` at once, since they would hang behind it.
 */
export function createTpmDevice(path: string, commandMsMax = COMMAND_MS_MAX): TpmTransport {
  let thread: Worker | undefined
  let abandoned = 0
  let finish: ((result: Result<Uint8Array>) => void) | undefined

  const start = (): Worker => {
    const data: DeviceThreadData = { path }
    const started = new Worker(new URL('device-thread.ts', import.meta.url), {
      workerData: data,
      resourceLimits: LIMITS,
    })
    const isCurrent = (): boolean => started === thread
    started.on('message', ({ response }: DeviceNews) => isCurrent() && finish?.(response))
    const lost = (why: string): void => {
      if (!isCurrent()) return
      thread = undefined
      finish?.(fail('tpm.broken', `${path}: expected a response, got ${why}`))
    }
    started.on('error', (error) => lost(`an error of its thread, ${String(error)}`))
    started.on('exit', () => lost('the end of its thread'))
    started.unref()
    return started
  }

  const abandon = (): void => {
    const hanging = thread
    thread = undefined
    if (hanging === undefined) return
    abandoned += 1
    hanging.once('exit', () => {
      abandoned -= 1
    })
    hanging.terminate().catch(() => undefined)
  }

  return {
    transmit: (command) => {
      if (finish !== undefined) return Promise.resolve(fail('tpm.busy', `${path}: expected one command at a time`))
      if (abandoned > 0) {
        const message = `${path}: expected a TPM, got one that still hangs in an earlier command`
        return Promise.resolve(fail('tpm.silent', message))
      }
      const { promise, resolve } = Promise.withResolvers<Result<Uint8Array>>()
      const limit = setTimeout(() => {
        abandon()
        finish?.(fail('tpm.silent', `${path}: expected a response within ${commandMsMax} ms, got none`))
      }, commandMsMax)
      finish = (result) => {
        finish = undefined
        clearTimeout(limit)
        resolve(result)
      }
      thread ??= start()
      const order: DeviceOrder = { command }
      thread.postMessage(order)
      return promise
    },
    close: async () => {
      const closing = thread
      if (finish !== undefined) {
        abandon()
        finish(fail('tpm.broken', `${path}: expected a response, got closed`))
        return
      }
      thread = undefined
      await closing?.terminate()
    },
  }
}
