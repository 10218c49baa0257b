import { Worker } from 'node:worker_threads'
import { fail, ok, type Result } from '../../core/fault.ts'

/** What a machine is made of, by its own word; what it does not say is empty. */
export interface HostParts {
  readonly boards: readonly HostBoard[]
  readonly cards: readonly HostCard[]
}

export interface HostBoard {
  readonly name: string
  readonly maker: string
  readonly model: string
  readonly version: string
  readonly serialNumber: string
  readonly firmware: string
}

export interface HostCard {
  /** Of the network interface. */
  readonly name: string
  readonly driver: string
  readonly address: string
  readonly firmware: string
}

const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 }
const PATIENCE_MS = 20_000

/** Asks once, in a thread that is gone afterwards. Fault `attestation.host`: no answer, or none in time. */
export function readHostParts(patienceMs = PATIENCE_MS): Promise<Result<HostParts>> {
  const { promise, resolve } = Promise.withResolvers<Result<HostParts>>()
  const thread = new Worker(new URL('host-parts-thread.ts', import.meta.url), { resourceLimits: LIMITS })
  const give = (result: Result<HostParts>): void => {
    clearTimeout(limit)
    resolve(result)
    thread.terminate().catch(() => undefined)
  }
  const missing = (got: string): Result<never> =>
    fail('attestation.host', `expected the parts of the machine, got ${got}`)
  const limit = setTimeout(() => give(missing(`no answer within ${patienceMs} ms`)), patienceMs)
  thread.unref()
  thread.on('message', (parts: HostParts) => give(ok(parts)))
  thread.on('error', (error) => give(missing(String(error))))
  thread.on('exit', () => give(missing('the end of its thread')))
  return promise
}
