import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import { monoNs } from '../../src/core/time.ts'
import { createScpiFramer } from '../scpi/framing.ts'
import { interval } from './reply-format.ts'

/** A `:SYST:STAT?` screen of a real Z3805A: the longest and most intricate reply that the framing has to carry. */
const captures = process.env['QUORUMTIME_CAPTURES'] ?? join(import.meta.dirname, '../../../shared/captures')
const file = join(captures, 'scpi/z3805a-status-screen-locked-stabilizing.txt')
const skip = existsSync(file) ? false : `no recorded data at ${file}`

test('a recorded status screen comes through the framing as it was, line by line', { skip }, () => {
  const screen = readFileSync(file)
  const framer = createScpiFramer(160)
  const frames = framer.receive(concatBytes(utf8('scpi > :SYST:STAT?\r\n'), screen, utf8('scpi > ')), monoNs(0n))
  assert.deepEqual([frames[0]?.type, frames.at(-1)?.type], ['prompt', 'prompt'])
  const lines = frames.flatMap((frame) => (frame.type === 'line' ? [frame.line] : []))
  assert.ok(lines.every(({ defect }) => defect === undefined))
  const [echo, ...body] = lines.map(({ text }) => text)
  assert.equal(echo, ':SYST:STAT?')
  assert.equal(body.length, 27)
  assert.equal(body.join('\r\n'), screen.toString('latin1').replace(/\r\n$/, ''))
})

test('the time interval on the screen is the one that the unit answered, as the emulator writes it', { skip }, () => {
  const shown = /1PPS TI (-?[\d.]+) ns/.exec(readFileSync(file, 'latin1'))
  assert.equal(interval(Number(shown?.[1])), '-5.4E-009')
})
