import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../src/core/bytes.ts'
import { type MonoNs, monoNs } from '../../src/core/time.ts'
import { createScpiTerminal, type ScpiTerminal } from './terminal.ts'

const BYTE_NS = 2_000_000n
const FAR = monoNs(10n ** 12n)

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('latin1')
}

function commands(terminal: ScpiTerminal): readonly string[] {
  const taken: string[] = []
  for (let next = terminal.waiting(); next !== undefined; next = terminal.waiting()) {
    taken.push(next.command)
    terminal.shift()
  }
  return taken
}

test('characters are echoed as they come, and the line end as CRLF', () => {
  const terminal = createScpiTerminal(BYTE_NS)
  terminal.receive(utf8('*IDN?\r'), monoNs(0n))
  assert.equal(text(terminal.take(monoNs(8_000_000n))), '*ID')
  assert.equal(text(terminal.take(FAR)), 'N?\r\n')
  assert.deepEqual(commands(terminal), ['*IDN?'])
})

test('without echo nothing comes back until the reply', () => {
  const terminal = createScpiTerminal(BYTE_NS)
  terminal.setEcho(false)
  terminal.receive(utf8('*IDN?\r'), monoNs(0n))
  assert.equal(terminal.take(FAR), undefined)
})

test('CR, LF and CRLF all end one command', () => {
  const terminal = createScpiTerminal(BYTE_NS)
  terminal.receive(utf8('a\rb\nc\r\nd\r\r'), monoNs(0n))
  assert.deepEqual(commands(terminal), ['a', 'b', 'c', 'd', ''])
})

test('a command is known once its line end has arrived at the speed of the line', () => {
  const terminal = createScpiTerminal(BYTE_NS)
  terminal.receive(utf8('*IDN?\r'), monoNs(500n))
  assert.equal(terminal.waiting()?.at, 12_000_500n)
})

test('the reply ends in the prompt, whose space comes by itself', () => {
  const terminal = createScpiTerminal(BYTE_NS)
  terminal.reply(utf8('+3\r\n'), -113, monoNs(0n))
  assert.equal(text(terminal.take(monoNs(22_000_000n))), '+3\r\nE-113>')
  assert.equal(text(terminal.take(monoNs(27_000_000n))), '')
  assert.equal(text(terminal.take(monoNs(28_000_000n))), ' ')
  terminal.reply(utf8(''), 0, monoNs(40_000_000n))
  assert.equal(text(terminal.take(FAR)), 'scpi > ')
})

test('bytes come in bursts of no more than eight, and none is late or lost', () => {
  const terminal = createScpiTerminal(BYTE_NS)
  terminal.reply(utf8('HEWLETT-PACKARD,58503A\r\n'), 0, monoNs(0n))
  const bursts: string[] = []
  for (let at: MonoNs | undefined = terminal.nextAt(); at !== undefined; at = terminal.nextAt()) {
    bursts.push(text(terminal.take(at)))
  }
  assert.deepEqual(bursts, ['HEWLETT-', 'PACKARD,', '58503A\r\n', 'scpi >', ' '])
})

test('power off loses everything under way', () => {
  const terminal = createScpiTerminal(BYTE_NS)
  terminal.receive(utf8('a\rb'), monoNs(0n))
  terminal.clear()
  terminal.receive(utf8('c\r'), monoNs(100_000_000n))
  assert.deepEqual(commands(terminal), ['c'])
  assert.equal(text(terminal.take(FAR)), 'c\r\n')
})

test('a host that sends without end does not make it grow', () => {
  const terminal = createScpiTerminal(BYTE_NS)
  for (let i = 0; i < 1000; i++) terminal.receive(utf8(`${'x'.repeat(1000)}\r`), monoNs(0n))
  assert.ok(commands(terminal).length <= 16)
  assert.ok(text(terminal.take(monoNs(10n ** 15n))).length <= 8192)
})
