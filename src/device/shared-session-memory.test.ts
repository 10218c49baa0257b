import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createReplayWindow } from '../ranging/replay-window.ts'
import { freshMemory } from '../ranging/session-memory.ts'
import { sharedMemory, shareFreshMemory } from './shared-session-memory.ts'

test('a window in shared memory accepts what one of its own does, through any number of those who keep it', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.bigInt(1n, 200n), fc.boolean())), (steps) => {
      const buffer = shareFreshMemory()
      const own = createReplayWindow(freshMemory())
      let shared = createReplayWindow(sharedMemory(buffer))
      for (const [sequence, isReplaced] of steps) {
        if (isReplaced) shared = createReplayWindow(sharedMemory(buffer))
        assert.equal(shared.accept(sequence), own.accept(sequence))
      }
    }),
  )
})

test('the largest numbers fit', () => {
  const memory = sharedMemory(shareFreshMemory())
  const most = (1n << 64n) - 1n
  memory.lastSequence = most
  memory.highestSeen = most
  assert.deepEqual([memory.lastSequence, memory.highestSeen, memory.seen], [most, most, most])
})
