import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Readiness } from '../linux/poll.ts'
import { createReadableWatch } from './readable-watch.ts'

const READABLE: Readiness = { readable: true, errors: false, invalid: false }
const QUIET: Readiness = { readable: false, errors: false, invalid: false }

function open() {
  let now = 0
  const taken = new Map<number, number>()
  const watch = createReadableWatch(() => now)
  const add = (id: number): void => watch.add({ id, fd: 100 + id, taken: () => taken.get(id) ?? 0 })
  return {
    watch,
    add,
    take: (id: number) => taken.set(id, (taken.get(id) ?? 0) + 1),
    pass: (ms: number) => {
      now += ms
    },
  }
}

test('the owner of a readable descriptor is told once, and again when he has read and some time has passed', () => {
  const { watch, add, take, pass } = open()
  add(1)
  add(2)
  assert.deepEqual(watch.descriptors(), [101, 102])
  assert.equal(watch.waitMsMax(), Number.POSITIVE_INFINITY)
  assert.deepEqual(watch.hear([QUIET, READABLE]), [2])
  assert.deepEqual(watch.descriptors(), [101])
  assert.equal(watch.waitMsMax(), 20)
  pass(1_000)
  assert.deepEqual(watch.descriptors(), [101], 'he has not read')
  take(2)
  assert.deepEqual(watch.descriptors(), [101, 102])
  assert.deepEqual(watch.hear([QUIET, READABLE]), [2])
  take(2)
  assert.deepEqual(watch.descriptors(), [101], 'no more often than that')
  pass(20)
  assert.deepEqual(watch.descriptors(), [101, 102])
})

test('one that is removed is not waited for, and one that is wrong is told of', () => {
  const { watch, add } = open()
  add(1)
  add(2)
  watch.remove(1)
  watch.remove(1)
  assert.deepEqual(watch.descriptors(), [102])
  assert.deepEqual(watch.hear([{ readable: false, errors: false, invalid: true }]), [2])
  watch.remove(2)
  assert.equal(watch.waitMsMax(), Number.POSITIVE_INFINITY)
})
