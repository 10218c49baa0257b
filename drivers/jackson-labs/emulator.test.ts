import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../src/core/bytes.ts'
import { max } from '../../src/core/integer.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { createVirtualSky, taiOf } from '../../test/support/virtual-sky.ts'
import { createEmulator } from './emulator.ts'
import { parseOptions } from './options.ts'

const START_AT = monoNs(1_000n * NS_PER_SECOND)

/** A person at a terminal of an emulated instrument. */
function open(emulatorOptions: object, utc = '2026-09-02T07:46:13') {
  const options = parseOptions({ emulator: emulatorOptions }, 'options')
  assert.ok(options.ok)
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf(utc) })
  const emulator = createEmulator(options.value, 1, sky)
  const pulses: MonoNs[] = []
  let now = START_AT
  let screen = ''
  const see = (actions: ReturnType<typeof emulator.wake>): void => {
    for (const action of actions) {
      if (action.type === 'pulse') pulses.push(action.at)
      else screen += Buffer.from(action.bytes).toString('latin1')
    }
  }
  const run = (seconds: number): void => {
    const until = plus(now, BigInt(Math.round(seconds * 1e9)))
    for (let at = emulator.nextWakeAt(); at !== undefined && at <= until; at = emulator.nextWakeAt()) {
      now = max(now, at)
      see(emulator.wake(now))
    }
    now = until
  }
  run(0)
  return {
    pulses,
    run,
    type: (line: string, seconds = 0.1): string => {
      screen = ''
      see(emulator.receive(utf8(`${line}\r\n`), now))
      run(seconds)
      return screen
    },
    fault: (name: string, on: boolean): void => assert.ok(emulator.setFault(name, on).ok),
  }
}

test('answers are the recorded ones, with the prompt where it is on', () => {
  const unit = open({ prompt: true, echo: false })
  for (const [line, reply] of [
    ['*IDN?', 'Jackson Labs, LN Rb GPSDO (PRE), Firmware Rev 1.17\r\n'],
    ['PTIME:DATE?', '2026,9,2\r\n'],
    ['PTIME:TIME?', '7,46,13\r\n'],
    ['PTIME:TIME:STRING?', '7:46:13\r\n'],
    ['SYNC:LOCKED?', '1\r\n'],
    ['SYNC:HEALTH?', '0x0\r\n'],
    ['GPS:SAT:TRAC:COUN?', '14\r\n'],
    ['gps:sat:vis:coun?', '20\r\n'],
    ['SYST:ERR?', 'Command Error\r\n'],
    ['', ''],
  ] as const) {
    assert.equal(unit.type(line, 0.05), `${reply}scpi > `, line)
  }
})

test('a terminal as it comes echoes and has no prompt, and both can be turned', () => {
  const unit = open({})
  assert.equal(unit.type('SYNC:LOCKED?'), 'SYNC:LOCKED?\r\n1\r\n')
  assert.equal(unit.type('SYST:COMM:SER:ECHO OFF'), 'SYST:COMM:SER:ECHO OFF\r\n')
  assert.equal(unit.type('SYST:COMM:SER:PROmpt ON'), 'scpi > ')
  assert.equal(unit.type('SYNC:LOCKED?'), '1\r\nscpi > ')
  assert.equal(unit.type('SYST:COMM:SER:PRO MAYBE'), 'Command Error\r\nscpi > ')
})

test('SYNC? and PTIME? have the lines of the recording', () => {
  const unit = open({ prompt: true, echo: false, pulseNoiseNs: 0 })
  unit.run(5)
  const lines = unit.type('SYNC?', 0.2).split('\r\n')
  assert.equal(lines.length, 13)
  assert.deepEqual(lines.slice(0, 7), [
    '1PPS SOURCE MODE  : GPS     ',
    '1PPS SOURCE STATE : GPS',
    '1PPS on RESET : OFF',
    '1PPS DOMAIN : CSAC',
    '1PPS LOCK STATUS  : 1',
    'HOLDOVER STATE: NONE',
    'LAST HOLDOVER DURATION : 0,0',
  ])
  assert.match(lines[8] ?? '', /^TIME INTERVAL DIFFERENCE : -?\d\.\d{3}E[+-]\d\d$/)
  assert.match(
    unit.type('PTIME?', 0.2),
    /^DATE :2026,9,2\r\nTIME :7:46:18\r\nTINTerval :-?\d\.\d{3}E[+-]\d\d\r\nOUTput :0\r\nLEAPSECOND :18\r\nscpi > $/,
  )
  assert.match(unit.type('GPS?', 0.2), /^GNSS: GPS SBAS GAL \r\nANTENNA DELAY:2\.5e-08\r\n/)
})

test('holdover, the loop that stays closed for a while, and the way back', () => {
  const unit = open({ prompt: true, echo: false })
  unit.run(10)
  unit.fault('no-gps', true)
  unit.run(5)
  assert.equal(unit.type('SYNC:LOCKED?'), '1\r\nscpi > ')
  assert.match(unit.type('SYNC:HOLD:DUR?'), /^[45],1\r\nscpi > $/)
  assert.equal(unit.type('SYNC:HOLD:STAT?'), 'ON\r\nscpi > ')
  unit.run(60)
  assert.equal(unit.type('SYNC:LOCKED?'), '0\r\nscpi > ')
  assert.equal(unit.type('SYNC:HEALTH?'), '0x10\r\nscpi > ')
  unit.fault('no-gps', false)
  unit.run(10)
  assert.equal(unit.type('SYNC:LOCKED?'), '1\r\nscpi > ')
  assert.match(unit.type('SYNC:HOLD:DUR?'), /^6\d,0\r\nscpi > $/)
})

test('a pulse that ran away is stepped back at the threshold, and the health tells so', () => {
  const unit = open({ prompt: true, echo: false, pulseNoiseNs: 0 })
  unit.run(18)
  unit.fault('jam-sync', true)
  unit.run(3.5)
  assert.equal(unit.type('SYNC:LOCKED?'), '0\r\nscpi > ')
  assert.equal(unit.type('SYNC:HEALTH?'), '0x200\r\nscpi > ')
  const off = unit.pulses.map((at) => Number((at - START_AT) % NS_PER_SECOND))
  assert.ok(
    off.some((ns) => ns > 999_999_000 && ns < 999_999_500),
    'one pulse 600 ns early',
  )
})

test('sentences and trace lines come unasked, every second', () => {
  const unit = open({ nmea: true, prompt: true, echo: false })
  const heard = unit.type('SERV:TRAC 1', 3)
  assert.ok((heard.match(/\$GPRMC,0746\d\d\.00,A,/g)?.length ?? 0) >= 2)
  assert.ok((heard.match(/\$PJLTS,/g)?.length ?? 0) >= 2)
  assert.match(heard, /\r\n26-09-02 \d+ 60685 -?\d+\.\d\d -2\.22E-11 20 14 6 0x0\r\n/)
})
