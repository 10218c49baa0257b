import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { PeerNews } from '../ranging/link-news.ts'
import { createNewsMemory, createNewsReader, createNewsWriter } from './news-ring.ts'

const BOOT_ID = new Uint8Array(16)
const lost = (count: number): PeerNews => ({ peer: count & 0xff, news: { type: 'lost', count } })
const countsOf = (read: readonly PeerNews[]): readonly number[] =>
  read.map(({ peer, news }) => {
    assert.ok(news.type === 'lost' && peer === (news.count & 0xff))
    return news.count
  })

test('what was written is read once, in order, also by a writer that goes on where another ended', () => {
  const memory = createNewsMemory(3)
  const reader = createNewsReader(memory, BOOT_ID)
  assert.deepEqual(reader.read(), [])
  createNewsWriter(memory).write(lost(1))
  createNewsWriter(memory).write(lost(2))
  assert.deepEqual(countsOf(reader.read()), [1, 2])
  assert.deepEqual(reader.read(), [])
})

test('what is not read in time is written over, the oldest first', () => {
  const memory = createNewsMemory(1)
  const reader = createNewsReader(memory, BOOT_ID)
  const writer = createNewsWriter(memory)
  for (let count = 0; count < 1_000; count++) writer.write(lost(count))
  const read = countsOf(reader.read())
  assert.deepEqual(
    read,
    Array.from({ length: 255 }, (_, index) => 745 + index),
  )
  writer.write(lost(1_000))
  assert.deepEqual(countsOf(reader.read()), [1_000])
})

test('the count wraps', () => {
  const memory = createNewsMemory(1)
  new Int32Array(memory, 0, 1)[0] = 2 ** 31 - 2
  const reader = createNewsReader(memory, BOOT_ID)
  const writer = createNewsWriter(memory)
  for (let count = 0; count < 5; count++) writer.write(lost(count))
  assert.deepEqual(countsOf(reader.read()), [0, 1, 2, 3, 4])
})

test('beside a thread that writes as fast as it can, nothing is read that was not written', async () => {
  const memory = createNewsMemory(1)
  const TOTAL = 100_000
  const code = `
    const { workerData } = require('node:worker_threads')
    import(workerData.ring).then(({ createNewsWriter }) => {
      const writer = createNewsWriter(workerData.memory)
      for (let count = 0; count < ${TOTAL}; count++) writer.write({ peer: count & 0xff, news: { type: 'lost', count } })
    })`
  const ring = new URL('./news-ring.ts', import.meta.url).href
  const reader = createNewsReader(memory, BOOT_ID)
  const worker = new Worker(code, { eval: true, workerData: { memory, ring } })
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  let last = -1
  while (last < TOTAL - 1) {
    for (const count of countsOf(reader.read())) {
      assert.ok(count > last, `${count} after ${last}`)
      last = count
    }
    await new Promise(setImmediate)
  }
  assert.equal(await ended, 0)
})
