import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { utf8 } from '../../src/core/bytes.ts'
import { abs, divFloor, max } from '../../src/core/integer.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus, taiNs } from '../../src/core/time.ts'
import { createVirtualLine } from '../../test/support/virtual-line.ts'
import { createVirtualSky, taiOf, type VirtualSkyOptions } from '../../test/support/virtual-sky.ts'
import type { EmulatorContext } from '../driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator } from './emulator.ts'
import { parseOptions, type SmartclockOptions } from './options.ts'
import { interval, real } from './reply-format.ts'
import { parseTimeCode } from './time-code.ts'

const START_AT = monoNs(1_000n * NS_PER_SECOND)

function optionsOf(emulator: object): SmartclockOptions {
  const options = parseOptions({ emulator }, 'options')
  assert.ok(options.ok)
  return options.value
}

/** A person at a terminal of an emulated unit. */
function open(emulatorOptions: object, skyOptions: Partial<VirtualSkyOptions> = {}) {
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf('2026-01-15T12:00:00'), ...skyOptions })
  const emulator = createEmulator(optionsOf(emulatorOptions), 1, sky)
  const pulses: MonoNs[] = []
  let now = START_AT
  let screen = ''
  let screenAt: MonoNs | undefined
  const run = (seconds: number): void => {
    const until = plus(now, BigInt(Math.round(seconds * 1e9)))
    for (let at = emulator.nextWakeAt(); at !== undefined && at <= until; at = emulator.nextWakeAt()) {
      now = max(now, at)
      see(emulator.wake(now))
    }
    now = until
  }
  const see = (actions: ReturnType<typeof emulator.wake>): void => {
    for (const action of actions) {
      if (action.type === 'pulse') pulses.push(action.at)
      else {
        screenAt ??= now
        screen += Buffer.from(action.bytes).toString('latin1')
      }
    }
  }
  run(0)
  return {
    emulator,
    sky,
    pulses,
    run,
    now: () => now,
    /** What the screen shows in the seconds after a line was typed, and when it began to. */
    type: (line: string, seconds = 1.5): string => {
      screen = ''
      screenAt = undefined
      see(emulator.receive(utf8(`${line}\r`), now))
      run(seconds)
      return screen
    },
    screenAt: () => screenAt,
    fault: (name: string, on: boolean): void => assert.ok(emulator.setFault(name, on).ok),
  }
}

type Bench = ReturnType<typeof open>

/** How late each pulse is against the nearest second of the sky, ns. */
function lateness(pulses: readonly MonoNs[], sky: EmulatorContext): readonly bigint[] {
  return pulses.map(
    (at) => at - sky.skyMono(taiNs(divFloor(sky.skyTai(at) + NS_PER_SECOND / 2n, NS_PER_SECOND) * NS_PER_SECOND)),
  )
}

/** Measured on a Z3805A, firmware 3543B-A, with its error queue empty at first. */
const ERROR_SEQUENCE: readonly (readonly [string, string])[] = [
  [':NO:SUCH?', 'E-113> '],
  ['*IDN? 1', 'E-108> '],
  ['*IDN?', 'HEWLETT-PACKARD,Z3805A,3625A01487,3543B-A\r\nE-108> '],
  [':SYST:ERR?', '-113,"Undefined header"\r\nE-108> '],
  [':SYST:ERR?', '-108,"Parameter not allowed"\r\nscpi > '],
  [':SYST:ERR?', '+0,"No error"\r\nscpi > '],
]

test('errors are queued and shown to the byte as on the measured Z3805A, with echo and without', () => {
  for (const echo of [true, false]) {
    const unit = open({ echo })
    for (const [line, reply] of ERROR_SEQUENCE) assert.equal(unit.type(line), echo ? `${line}\r\n${reply}` : reply)
  }
})

test('an empty line brings an empty line and the prompt', () => {
  assert.equal(open({}).type(''), '\r\nscpi > ')
  assert.equal(open({ echo: false }).type(''), 'scpi > ')
})

test('each model has its own identity', () => {
  for (const model of ['58503A', 'Z3801A', 'Z3805A']) {
    assert.match(
      open({ model, echo: false }).type('*idn?'),
      new RegExp(`^HEWLETT-PACKARD,${model},[0-9A-Z]+,[0-9A-Z]+-[A-Z]\r\nscpi > $`),
    )
  }
})

test('headers may be short or long, with or without colon and root', () => {
  const unit = open({ echo: false, powerUpSeconds: 0 })
  unit.run(1)
  for (const line of [':SYNC:STAT?', 'synchronization:state?', ':SYNCHRONIZATION:STAT?']) {
    assert.equal(unit.type(line), 'LOCK\r\nscpi > ')
  }
  assert.equal(unit.type(':SOURCE:PTIM:TZONE?'), '+0,+0\r\nscpi > ')
  assert.equal(unit.type(':SYNCH:STAT?'), 'E-113> ')
})

test('an exchange takes the time that it took on a 58503A at 19200 baud', () => {
  const elapsedMs = (line: string): number => {
    const unit = open({ model: '58503A', baudRate: 19_200 })
    unit.run(5)
    const from = unit.now()
    unit.emulator.receive(utf8(`${line}\r`), from)
    let last = from
    for (
      let at = unit.emulator.nextWakeAt();
      at !== undefined && at < from + NS_PER_SECOND / 5n;
      at = unit.emulator.nextWakeAt()
    ) {
      if (unit.emulator.wake(at).some((action) => action.type === 'write')) last = at
    }
    return Number(last - from) / 1e6
  }
  for (const [line, measuredMs] of [
    ['', 7],
    ['*ESE?', 14.6],
    ['*IDN?', 60.6],
  ] as const) {
    const ms = elapsedMs(line)
    assert.ok(
      Math.abs(ms - measuredMs) < Math.max(1.5, measuredMs / 10),
      `${line}: ${ms} ms, measured ${measuredMs} ms`,
    )
  }
})

test('the queue holds thirty errors, and the last becomes the overflow', () => {
  const unit = open({ echo: false })
  for (let i = 0; i < 30; i++) assert.equal(unit.type(':X?', 0.1), 'E-113> ')
  assert.equal(unit.type(':X?'), 'E-350> ')
  for (let i = 0; i < 29; i++) assert.equal(unit.type(':SYST:ERR?'), '-113,"Undefined header"\r\nE-350> ')
  assert.equal(unit.type(':SYST:ERR?'), '-350,"Queue overflow"\r\nscpi > ')
})

test('before the first lock there is no time and no time interval', () => {
  const unit = open({ echo: false, powerUpSeconds: 60 })
  assert.equal(unit.type(':SYNC:STAT?'), 'POW\r\nscpi > ')
  assert.equal(unit.type(':SYNC:TFOM?'), '+9\r\nscpi > ')
  assert.equal(unit.type(':SYNC:FFOM?'), '+3\r\nscpi > ')
  assert.equal(unit.type(':SYNC:TINT?'), 'E-230> ')
  assert.match(
    unit.type(':PTIM:TCOD?'),
    /^T2\d{14}930010?1[0-9A-F]{2}\r\nE-230> $|^T2\d{14}93001[0-9A-F]{2}\r\nE-230> $/,
  )
  assert.deepEqual(unit.pulses, [])
})

test('in lock the replies have the recorded forms', () => {
  const unit = open({ echo: false, powerUpSeconds: 0 })
  unit.run(40)
  assert.equal(unit.type(':SYNC:STAT?'), 'LOCK\r\nscpi > ')
  assert.equal(unit.type(':SYNC:TFOM?'), '+3\r\nscpi > ')
  assert.equal(unit.type(':SYNC:FFOM?'), '+0\r\nscpi > ')
  assert.match(unit.type(':SYNC:TINT?'), /^[+-]\d\.\d{1,2}E-00[89]\r\nscpi > $/)
  assert.equal(unit.type(':SYNC:HOLD:DUR?'), '+0.00000E+000,0\r\nscpi > ')
  assert.equal(unit.type(':PTIM:LEAP:ACC?'), '+18\r\nscpi > ')
  assert.equal(unit.type(':LED:GPSL?'), '1\r\nscpi > ')
  assert.equal(unit.type(':LED:HOLD?'), '0\r\nscpi > ')
})

test('real numbers have five decimals, time intervals as few as it takes', () => {
  assert.equal(real(600), '+6.00000E+002')
  assert.equal(real(-16.8528), '-1.68528E+001')
  assert.equal(real(0), '+0.00000E+000')
  for (const [ns, text] of [
    [-5.4, '-5.4E-009'],
    [-35.6, '-3.56E-008'],
    [10, '+1.0E-008'],
    [123.4, '+1.234E-007'],
    [0.1, '+1.0E-010'],
    [0, '+0.0E+000'],
  ] as const) {
    assert.equal(interval(ns), text)
  }
})

test('the time code waits for the tick and names the pulse that follows', () => {
  for (const [model, leadNs] of [
    ['Z3805A', 509_000_000n],
    ['58503A', 980_000_000n],
  ] as const) {
    for (const timeCodeFormat of ['T1', 'T2']) {
      const unit = open({ model, timeCodeFormat, echo: false, powerUpSeconds: 0, pulseNoiseNs: 0 })
      unit.run(2.25)
      const code = parseTimeCode(unit.type(':PTIM:TCOD?', 0.99).split('\r\n')[0] ?? '')
      assert.ok(code.ok)
      const pulseAt = START_AT + (model === 'Z3805A' ? 3n : 4n) * NS_PER_SECOND
      const begunAt = unit.screenAt()
      assert.ok(begunAt !== undefined && abs(pulseAt - leadNs - begunAt) < 10_000_000n)
      unit.run(1)
      assert.ok(unit.pulses.includes(monoNs(pulseAt)))
      if (code.value.time.format === 'T2') assert.equal(code.value.time.utc.second, Number(pulseAt - START_AT) / 1e9)
    }
  }
})

test('a leap second is announced, told as 23:59:60, and gone', () => {
  const unit = open({ echo: false, powerUpSeconds: 0 }, { taiAt: taiOf('2016-12-31T23:59:57') })
  unit.run(0.2)
  const codes = Array.from({ length: 5 }, () => unit.type(':PTIM:TCOD?', 1).split('\r\n')[0]?.slice(0, -2))
  assert.deepEqual(codes, [
    'T22016123123595831+00',
    'T22016123123595931+00',
    'T22016123123596031+00',
    'T22017010100000031000',
    'T22017010100000131000',
  ])
})

test('without GPS it holds over, drifts at its rate, waits, recovers, and stabilizes again', () => {
  const unit = open({ echo: false, powerUpSeconds: 0, pulseNoiseNs: 20, holdoverDriftPpb: 100, stabilizeSeconds: 5 })
  unit.run(20.2)
  assert.ok(lateness(unit.pulses, unit.sky).every((late) => abs(late) < 100n))
  unit.fault('no-gps', true)
  unit.pulses.length = 0
  unit.run(20)
  assert.deepEqual(
    lateness(unit.pulses, unit.sky),
    Array.from({ length: 20 }, (_, i) => -100n * BigInt(i + 1)),
  )
  assert.equal(unit.type(':SYNC:STAT?', 0.1), 'HOLD\r\nscpi > ')
  assert.match(unit.type(':SYNC:HOLD:DUR?', 0.1), /^\+2\.0\d{4}E\+001,1\r\n/)
  assert.equal(unit.type(':SYNC:TINT?', 0.1), 'E-230> ')
  assert.match(unit.type(':PTIM:TCOD?'), /^T2\d{14}42000[0-9A-F]{2}\r\nE-230> $/)
  unit.fault('no-gps', false)
  unit.run(0.5)
  assert.equal(unit.type(':SYNC:STAT?', 2), 'HOLD\r\nE-230> ')
  assert.equal(unit.type(':SYNC:STAT?', 0.1), 'REC\r\nE-230> ')
  assert.match(unit.type(':SYNC:HOLD:DUR?', 0.1), /^\+2\.\d{5}E\+001,1\r\n/)
  unit.run(10)
  assert.equal(unit.type(':SYNC:STAT?', 0.1), 'LOCK\r\nE-230> ')
  assert.match(unit.type(':SYNC:HOLD:DUR?', 0.1), /^\+3\.\d{5}E\+001,0\r\n/)
  assert.equal(unit.type(':SYNC:FFOM?', 5), '+1\r\nE-230> ')
  assert.equal(unit.type(':SYNC:FFOM?', 0.1), '+0\r\nE-230> ')
  unit.pulses.length = 0
  unit.run(5)
  assert.ok(lateness(unit.pulses, unit.sky).every((late) => abs(late) < 100n))
})

test('a pulse a second goes on through holdover and recovery', () => {
  const unit = open({ powerUpSeconds: 0 })
  unit.run(10.2)
  unit.fault('no-gps', true)
  unit.run(20)
  unit.fault('no-gps', false)
  unit.run(20)
  const gaps = unit.pulses.slice(1).map((at, i) => Number(at - (unit.pulses[i] ?? at)))
  assert.equal(unit.pulses.length, 50)
  for (const gap of gaps) assert.ok(Math.abs(gap - 1e9) < 1000, `${gap} ns`)
})

test('in holdover it keeps the rate that the sky had, and does not see the sky go on', () => {
  const unit = open({ powerUpSeconds: 0, pulseNoiseNs: 0, holdoverDriftPpb: 0 }, { ratePpb: 20_000n })
  unit.run(10.2)
  unit.fault('no-gps', true)
  unit.pulses.length = 0
  unit.run(30)
  assert.equal(unit.pulses.length, 30)
  for (const late of lateness(unit.pulses, unit.sky)) assert.ok(abs(late) <= 3n, `${late} ns`)
})

test('after power-on the first command gets a bare prompt', () => {
  const unit = open({ echo: false })
  unit.fault('power-cycle', true)
  assert.equal(unit.type('*IDN?'), '')
  unit.fault('power-cycle', false)
  unit.run(0.1)
  assert.equal(unit.type('*IDN?', 0.1), 'scpi > ')
  assert.match(unit.type('*IDN?', 0.1), /^HEWLETT-PACKARD,/)
  assert.equal(unit.type(':SYNC:STAT?', 0.1), 'POW\r\nscpi > ')
})

test('each fault of the line shows as its line of text says', () => {
  const IDENTITY = 'HEWLETT-PACKARD,Z3805A,3625A01487,3543B-A\r\n'
  const shows = (name: string, look: (unit: Bench) => void): void => {
    const unit = open({ echo: false, powerUpSeconds: 0 })
    unit.run(2.2)
    unit.fault(name, true)
    look(unit)
  }
  shows('silence', (unit) => assert.equal(unit.type('*IDN?'), ''))
  shows('half-reply', (unit) => assert.equal(unit.type('*IDN?'), IDENTITY.slice(0, 21)))
  shows('echo-toggled', (unit) => assert.equal(unit.type('*IDN?'), `*IDN?\r\n${IDENTITY}scpi > `))
  shows('banner', (unit) => assert.equal(unit.type('', 0.5), `${IDENTITY}scpi > scpi > `))
  shows('garbage', (unit) => assert.notEqual(unit.type('*IDN?'), `${IDENTITY}scpi > `))
  shows('late-reply', (unit) => {
    assert.equal(unit.type('*IDN?'), '')
    assert.equal(unit.type(':SYNC:STAT?'), `${IDENTITY}scpi > `)
    assert.equal(unit.type(''), 'LOCK\r\nscpi > ')
  })
  shows('framing-error', (unit) => {
    const screens = Array.from({ length: 4 }, () => unit.type('*IDN?'))
    assert.deepEqual(screens.filter((screen) => screen === 'E-362> ').length, 1)
  })
  shows('error-queue-full', (unit) => assert.equal(unit.type('*IDN?'), `${IDENTITY}E-350> `))
  shows('local-time', (unit) => {
    assert.equal(unit.type(':PTIM:TZON?'), '+1,+0\r\nscpi > ')
    assert.match(unit.type(':PTIM:TCOD?'), /^T22026011513/)
  })
  shows('deaf-receiver', (unit) => {
    assert.equal(unit.type(':GPS:SAT:TRAC:COUN?'), '+0\r\nscpi > ')
    assert.equal(unit.type(':SYNC:STAT?'), 'LOCK\r\nscpi > ')
  })
  shows('manual-holdover', (unit) => {
    assert.equal(unit.type(':SYNC:STAT?'), 'HOLD\r\nscpi > ')
    assert.match(unit.type(':SYST:STAT?', 4), /\r\n>> Holdover: manually initiated {15}HOLD THR 1\.000 us\r\n/)
    assert.equal(unit.type(':SYNC:HOLD:WAIT?'), 'NONE\r\nscpi > ')
  })
  shows('efc-at-limit', (unit) => {
    assert.equal(unit.type(':STAT:OPER:HARD:COND?'), '+192\r\nscpi > ')
    assert.equal(unit.type(':DIAG:ROSC:EFC:REL?'), '+9.99756E+001\r\nscpi > ')
    assert.match(unit.type(':SYST:STAT?', 4), /EFC: Err {2}GPS Rcv: OK \r\nscpi > $/)
  })
  shows('oven-supply', (unit) => assert.equal(unit.type(':STAT:OPER:HARD:COND?'), '+16\r\nscpi > '))
  shows('gps-pulse-failure', (unit) => assert.equal(unit.type(':STAT:OPER:HARD:COND?'), '+256\r\nscpi > '))
  shows('rollover', (unit) => assert.match(unit.type(':PTIM:TCOD?'), /^T22006060112/))
  shows('wrong-checksum', (unit) => assert.ok(!parseTimeCode(unit.type(':PTIM:TCOD?').split('\r\n')[0] ?? '').ok))
  shows('stuck-second', (unit) =>
    assert.equal(unit.type(':PTIM:TCOD?', 3).slice(0, 16), unit.type(':PTIM:TCOD?').slice(0, 16)),
  )
})

test('orders are obeyed with a bare prompt, or refused', () => {
  const unit = open({ echo: false, powerUpSeconds: 0 })
  unit.run(5)
  for (const [line, reply] of [
    [':GPS:REF:ADEL?', '+0.00000E+000\r\nscpi > '],
    [':GPS:REF:ADEL 77 NS', 'scpi > '],
    [':GPS:REF:ADEL?', '+7.70000E-008\r\nscpi > '],
    [':GPS:REF:ADEL 1.2E-7', 'scpi > '],
    [':GPS:REF:ADEL?', '+1.20000E-007\r\nscpi > '],
    [':SYNC:HOLD:INIT', 'scpi > '],
    [':SYNC:STAT?', 'HOLD\r\nscpi > '],
    [':LED:ALAR?', '1\r\nscpi > '],
    ['*CLS', 'scpi > '],
    [':LED:ALAR?', '0\r\nscpi > '],
    [':SYNC:HOLD:REC:INIT', 'scpi > '],
    [':SYNC:STAT?', 'REC\r\nscpi > '],
    [':GPS:REF:ADEL', 'E-109> '],
    [':GPS:REF:ADEL 5 KM', 'E-224> '],
    [':GPS:REF:ADEL 2', 'E-222> '],
    [':SYNC:HOLD:INIT NOW', 'E-108> '],
  ] as const) {
    assert.equal(unit.type(line, 0.5), reply, line)
  }
})

test('the log and its listing have the recorded forms', () => {
  const unit = open({ echo: false, powerUpSeconds: 0 })
  unit.run(5)
  assert.equal(unit.type(':DIAG:LOG:COUN?'), '+2\r\nscpi > ')
  assert.equal(unit.type(':DIAG:LOG:READ? 1'), '"Log 001:20050528.00:00:00: Power on"\r\nscpi > ')
  assert.equal(unit.type(':DIAG:LOG:READ? 3'), 'E-222> ')
  assert.match(
    unit.type(':DIAG:LOG:READ:ALL?'),
    /^Log status: 2 entries\r\n\r\nLog 001:20050528\.00:00:00: {2}Power on\r\nLog 002:20260115\.12:00:00: {2}GPS lock started\r\nE-222> $/,
  )
})

test('the screen comes half a second after the question, with as many lines as the unit says', () => {
  const unit = open({ echo: false, powerUpSeconds: 0 })
  unit.run(30)
  assert.equal(unit.type(':SYST:STAT:LENG?'), '+27\r\nscpi > ')
  const from = unit.now()
  const lines = unit.type(':SYST:STAT?', 4).split('\r\n')
  assert.equal(lines.length, 28)
  assert.ok(Number((unit.screenAt() ?? from) - from) > 500e6)
})

test('the screen of a 58503A has the 23 lines that one told, Oncore signals and its own words for the pulse', () => {
  const unit = open({ model: '58503A', echo: false, powerUpSeconds: 0 })
  unit.run(30)
  assert.equal(unit.type(':SYST:STAT:LENG?'), '+23\r\nscpi > ')
  const screen = unit.type(':SYST:STAT?', 4)
  assert.match(screen, /\r\nPRN {2}El {2}Az {3}SS /)
  assert.match(screen, /\[ GPS 1PPS Valid \]/)
})

test('pulses go missing and come twice', () => {
  const unit = open({ powerUpSeconds: 0 })
  unit.run(3.5)
  unit.pulses.length = 0
  unit.fault('missing-pulse', true)
  unit.run(9)
  assert.equal(unit.pulses.length, 6)
  unit.fault('missing-pulse', false)
  unit.fault('doubled-pulse', true)
  unit.pulses.length = 0
  unit.run(3)
  assert.equal(unit.pulses.length, 6)
  assert.equal((unit.pulses[1] ?? 0n) - (unit.pulses[0] ?? 0n), 50_000n)
})

test('the fixture is what the emulator and the driver say to each other', () => {
  const file = new URL('./fixtures/first-locks.synthetic.txt', import.meta.url)
  const text = transcript()
  if (process.env['QUORUMTIME_WRITE_FIXTURES'] === '1') writeFileSync(file, text)
  assert.equal(readFileSync(file, 'utf8'), text)
})

/** One line per turn: `>` from the host, `<` from the unit, `!` a pulse, with the seconds since the start. */
function transcript(): string {
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf('2026-06-30T23:59:55') })
  const options = optionsOf({})
  const turns: { mark: string; at: MonoNs; text: string }[] = []
  const line = createVirtualLine({
    createDriver: () => createDriver(options, { source: 'smartclock0', leapTable: sky.leapTable }),
    emulator: createEmulator(options, 1, sky),
    startAt: START_AT,
    hear: ({ at, from, action }) => {
      if (action.type === 'pulse') turns.push({ mark: '!', at: action.at, text: '' })
      if (action.type !== 'write') return
      const mark = from === 'driver' ? '>' : '<'
      const text = Buffer.from(action.bytes).toString('latin1')
      const last = turns.at(-1)
      if (last?.mark === mark) last.text += text
      else turns.push({ mark, at, text })
    },
  })
  line.advance(8n * NS_PER_SECOND)
  const body = turns.map(({ mark, at, text }) => {
    const seconds = (Number(at - START_AT) / 1e9).toFixed(9)
    return `${seconds} ${mark}${mark === '!' ? '' : ` ${JSON.stringify(text)}`}\n`
  })
  return `${HEAD}${body.join('')}`
}

const HEAD = `# Synthetic: made by the emulator of smartclock with seed 1 and the driver, not recorded from an instrument.
# Seconds since the start, then: > to the unit, < from the unit, ! a pulse. Power-up, first lock, first time codes.
# QUORUMTIME_WRITE_FIXTURES=1 node --test drivers/smartclock/emulator.test.ts makes it anew.
`
