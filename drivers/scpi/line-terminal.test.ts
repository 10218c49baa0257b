import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../src/core/bytes.ts'
import { monoNs } from '../../src/core/time.ts'
import { createLineTerminal, endsLine } from './line-terminal.ts'

const BYTE_NS = 1_000_000n

test('a command waits with the instant at which its end had arrived', () => {
  const terminal = createLineTerminal(BYTE_NS, endsLine)
  terminal.receive(utf8('ID?\r\nS'), monoNs(0n))
  assert.deepEqual(terminal.waiting(), { command: 'ID?', at: 4_000_000n })
  terminal.shift()
  assert.equal(terminal.waiting(), undefined)
  terminal.receive(utf8('T?\n'), monoNs(10_000_000n))
  assert.equal(terminal.waiting()?.command, 'ST?')
})

test('a character can be a command, or end one and belong to it', () => {
  const terminal = createLineTerminal(BYTE_NS, (character, typed) =>
    character === '}' || (character === '^' && typed === '') ? 'keeps' : 'no',
  )
  terminal.receive(utf8('^{get,Locked}'), monoNs(0n))
  assert.equal(terminal.waiting()?.command, '^')
  terminal.shift()
  assert.equal(terminal.waiting()?.command, '{get,Locked}')
})

test('a host that never stops is held to so many commands, and power off loses them all', () => {
  const terminal = createLineTerminal(BYTE_NS, endsLine)
  terminal.receive(utf8('A\r'.repeat(1_000)), monoNs(0n))
  terminal.send(utf8('x'), monoNs(0n))
  let count = 0
  for (; terminal.waiting() !== undefined; count++) terminal.shift()
  assert.equal(count, 16)
  terminal.clear()
  assert.equal(terminal.nextAt(), undefined)
})
