import { Worker } from 'node:worker_threads'
import type { Batch, BatchResult } from './batch.ts'

/** Runs batches on so many threads, the next one wherever there is room; `done` hears of each result as it comes. */
export async function runBatches(
  batches: readonly Batch[],
  jobs: number,
  done: (result: BatchResult) => void,
): Promise<void> {
  const waiting = [...batches]
  const threads = Array.from({ length: Math.min(jobs, batches.length) }, () => runThread(waiting, done))
  await Promise.all(threads)
}

function runThread(waiting: Batch[], done: (result: BatchResult) => void): Promise<void> {
  const worker = new Worker(new URL('worker.ts', import.meta.url))
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const batch = waiting.shift()
      if (batch === undefined) worker.terminate().then(() => resolve(), reject)
      else worker.postMessage(batch)
    }
    worker.on('message', (result: BatchResult) => {
      done(result)
      next()
    })
    worker.on('error', reject)
    next()
  })
}
