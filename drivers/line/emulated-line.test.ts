import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../src/core/bytes.ts'
import { fail, ok } from '../../src/core/fault.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Emulator, EmulatorAction, LineSettings } from '../driver.ts'
import { createEmulatedLine } from './emulated-line.ts'
import { LINE_FAULTS } from './line-faults.ts'

const SETTINGS: LineSettings = { baudRate: 9600, parity: 'none', dataBits: 8 }

/** Says its name and gives a pulse every second, answers `name: ` and what it was asked; fault `shy`: says nothing. */
function createSpeaker(name: string, startAt: MonoNs): Emulator {
  let next = startAt
  let shy = false
  return {
    receive: (bytes) => [{ type: 'write', bytes: utf8(`${name}: ${Buffer.from(bytes).toString('latin1')}`) }],
    wake: () => {
      const at = next
      next = plus(next, NS_PER_SECOND)
      if (shy) return []
      return [
        { type: 'pulse', at },
        { type: 'write', bytes: utf8(`${name} speaks`) },
      ]
    },
    nextWakeAt: () => next,
    setFault: (fault, on) => {
      if (fault !== 'shy') return fail('speaker.fault', `expected shy, got ${fault}`)
      shy = on
      return ok(undefined)
    },
  }
}

function open(settings: LineSettings | undefined = SETTINGS) {
  let now = monoNs(0n)
  const line = createEmulatedLine({
    create: (start) => createSpeaker(`unit${start}`, now),
    createOther: () => createSpeaker('other', now),
    settings,
    seed: 1,
  })
  const said = (actions: readonly EmulatorAction[]): string =>
    actions.map((each) => (each.type === 'pulse' ? '|' : Buffer.from(each.bytes).toString('latin1'))).join('')
  return {
    line,
    on: (name: string): void => assert.ok(line.setFault(name, true).ok),
    off: (name: string): void => assert.ok(line.setFault(name, false).ok),
    ask: (text: string): string => said(line.receive(utf8(text), now)),
    /** What comes in so many seconds. */
    run(seconds: number): string {
      const until = plus(now, BigInt(Math.round(seconds * 1e9)))
      let heard = ''
      for (let at = line.nextWakeAt(); at !== undefined && at <= until; at = line.nextWakeAt()) {
        if (at > now) now = at
        heard += said(line.wake(now))
      }
      now = until
      return heard
    },
  }
}

test('without a fault the line is not there', () => {
  const { run, ask } = open()
  assert.equal(run(0.5), '|unit0 speaks')
  assert.equal(ask('who?'), 'unit0: who?')
})

test('every fault changes what comes, and is gone when it is switched off', () => {
  for (const name of Object.keys(LINE_FAULTS)) {
    const [healthy, faulty] = [open(), open()]
    for (const each of [healthy, faulty]) each.run(0.5)
    faulty.on(name)
    const talk = ({ run, ask }: ReturnType<typeof open>): string =>
      [run(1), ask('a'), run(3), ask('b'), run(20)].join('\n')
    assert.notEqual(talk(faulty), talk(healthy), name)
    faulty.off(name)
    faulty.run(0.5)
    assert.match(faulty.run(1), /^\|unit\d+ speaks$/, name)
    assert.match(faulty.ask('c'), /^unit\d+: c$/, name)
  }
})

test('the faults of the instrument are switched through it, and outlast a power cycle', () => {
  const { run, on, off } = open()
  on('shy')
  assert.equal(run(2.5), '')
  on('line-power-cycle')
  assert.equal(run(2), '')
  off('line-power-cycle')
  assert.equal(run(2), '')
  off('shy')
  assert.match(run(1.5), /^\|unit1 speaks/)
})

test('an unknown fault is refused with the names of both', () => {
  const refused = open().line.setFault('line-magic', true)
  assert.ok(!refused.ok)
  assert.match(refused.fault.message, /expected shy, got line-magic; of the line: one of line-garbage, /)
})

test('a line without settings has no wrong ones', () => {
  const line = createEmulatedLine({ create: () => createSpeaker('unit', monoNs(0n)), settings: undefined, seed: 1 })
  for (const name of ['line-wrong-baud', 'line-wrong-parity', 'line-swapped']) assert.ok(!line.setFault(name, true).ok)
})

test('bytes are garbled both ways while the host has set its port otherwise', () => {
  const { line, run, ask } = open()
  line.lineChanged?.({ baudRate: 9600, parity: 'odd', dataBits: 7 })
  assert.equal(run(0.5), '|unit0 speaks', 'seven bits are enough for letters')
  assert.notEqual(ask('who?'), 'unit0: who?')
  line.lineChanged?.({ ...SETTINGS, baudRate: 4800 })
  assert.doesNotMatch(run(1), /speaks/)
  line.lineChanged?.(SETTINGS)
  assert.equal(run(1), '|unit0 speaks')
})

test('a late reply comes with the next question, and what is said unasked comes as ever', () => {
  const { on, ask, run } = open()
  run(0.5)
  on('line-late-reply')
  assert.equal(ask('a'), '')
  run(1.4)
  assert.equal(ask('b'), 'unit0: aunit0 speaks')
  run(2)
  assert.match(run(1), /^\|unit0 speaks$/)
})
