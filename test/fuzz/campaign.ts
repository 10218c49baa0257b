import fc from 'fast-check'
import { heapBytes } from '../support/heap.ts'
import { inputsOf, type Target, tryInput } from './target.ts'

/** What became of all the inputs to one target. */
export interface CampaignReport {
  readonly target: string
  readonly inputs: number
  readonly accepted: number
  /** Refused inputs by the code of the fault. */
  readonly refused: Readonly<Record<string, number>>
  readonly slowestMs: number
  /** Heap at the end less heap after the first tenth, both after a collection. */
  readonly heapGrowthBytes: number
  /** What went wrong first, shrunk, with the bytes in hexadecimal digits. */
  readonly failure: string | undefined
}

/** Called now and then, so that whoever waits knows that it does not hang. */
export type Progress = (inputs: number) => void

const PROGRESS_EVERY = 2_000

/** Tries `inputs` inputs on a target; the same seed gives the same inputs. */
export async function runCampaign(
  target: Target,
  inputs: number,
  seed: number,
  progress?: Progress,
): Promise<CampaignReport> {
  const refused: Record<string, number> = {}
  const seen = { inputs: 0, accepted: 0, slowestMs: 0, heapBytes: 0 }
  const counted: Target = {
    ...target,
    take: async (bytes) => {
      const startedAt = performance.now()
      const taken = await target.take(bytes)
      seen.slowestMs = Math.max(seen.slowestMs, performance.now() - startedAt)
      seen.inputs += 1
      if (taken.ok) seen.accepted += 1
      else refused[taken.fault.code] = (refused[taken.fault.code] ?? 0) + 1
      if (seen.inputs === Math.ceil(inputs / 10)) seen.heapBytes = heapBytes()
      if (seen.inputs % PROGRESS_EVERY === 0) progress?.(seen.inputs)
      return taken
    },
  }
  const property = fc.asyncProperty(inputsOf(target), async (bytes) => {
    const problem = await tryInput(counted, bytes)
    if (problem !== undefined) throw new Error(problem)
  })
  const details = await fc.check(property, { numRuns: inputs, seed, endOnFailure: false })
  const failure = details.failed ? describeFailure(details) : undefined
  return {
    target: target.name,
    inputs: seen.inputs,
    accepted: seen.accepted,
    refused,
    slowestMs: seen.slowestMs,
    heapGrowthBytes: seen.heapBytes === 0 ? 0 : heapBytes() - seen.heapBytes,
    failure,
  }
}

function describeFailure({ counterexample, errorInstance, seed }: fc.RunDetails<[Uint8Array]>): string {
  const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance)
  return `${why}; seed ${seed}, input ${counterexample?.[0].toHex()}`
}
