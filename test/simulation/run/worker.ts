import { parentPort } from 'node:worker_threads'
import { type Batch, runBatch } from './batch.ts'

/** A thread that runs batches one after the other and answers each with its result. */
parentPort?.on('message', (batch: Batch) => {
  runBatch(batch).then(
    (result) => parentPort?.postMessage(result),
    (error: unknown) => {
      // Outside of the promise it ends the thread, and the pool hears of it.
      queueMicrotask(() => {
        throw error
      })
    },
  )
})
