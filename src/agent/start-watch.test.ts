import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SignedMessage } from '../consensus/messages.ts'
import { createStartWatch } from './start-watch.ts'

test('a member that links up again with an earlier start is told to be in two places, and whoever was started anew is not', () => {
  const told: string[] = []
  const watch = createStartWatch({
    nameOf: (member) => `ts${member}`,
    faults: { note: (who, { code, message }) => told.push(`${who} ${code} ${message}`) },
  })
  const linked = (sender: number, bootCount: number): void =>
    watch.linked({ header: { sender, bootCount } as SignedMessage<'hello'>['header'] })
  for (const start of [3, 3, 4, 4, 9]) linked(0, start)
  linked(1, 2)
  assert.deepEqual(told, [])
  linked(0, 4)
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', /^peer ts0 peer\.two-places hello: expected start 9 or a later one, .*, got start 4: /)
  // Each time anew, and only of who does it.
  linked(0, 9)
  linked(0, 8)
  linked(1, 2)
  assert.equal(told.length, 2)
})
