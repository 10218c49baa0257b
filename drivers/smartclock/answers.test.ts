import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../src/core/bytes.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverAction } from '../driver.ts'
import { takeAnswer } from './answers.ts'
import { createDriver } from './driver.ts'
import type { Knowledge } from './knowledge.ts'
import { createLogReader } from './log-reader.ts'
import { parseOptions } from './options.ts'
import { noReadings } from './readings.ts'
import { createSchedule } from './schedule.ts'
import { checksum } from './time-code.ts'

/** A line of text, or a refusal with an error; several are given one after the other, the last for ever. */
type Answer = string | number | (string | number)[]

function wireText(answer: string | number, standingError: number): string {
  const body = typeof answer === 'number' || answer === '' ? '' : `${answer}\r\n`
  const errorCode = typeof answer === 'number' ? answer : standingError
  return `${body}${errorCode === 0 ? 'scpi ' : `E${errorCode}`}> `
}

/** Thirty seconds with a unit that answers at once, each command for itself. */
function script(answers: Readonly<Record<string, Answer>>, standingError = 0) {
  const options = parseOptions({}, 'options')
  assert.ok(options.ok)
  const driver = createDriver(options.value, { source: 's', leapTable: EMBEDDED_LEAP_TABLE })
  const actions: DriverAction[] = []
  const asked: string[] = []
  const all: Readonly<Record<string, Answer>> = {
    '': '',
    '*IDN?': 'HEWLETT-PACKARD,58503A,1,2',
    ':PTIM:TZON?': '+0,+0',
    ':SYST:ERR?': '+0,"No error"',
    ':SYNC:STAT?': 'LOCK',
    ':SYNC:TINT?': '-5.4E-009',
    ':SYNC:HOLD:DUR?': '+6.00000E+002,0',
    ':SYNC:TFOM?': '+3',
    ':SYNC:FFOM?': '+0',
    ':PTIM:LEAP:ACC?': '+18',
    ':PTIM:TCOD?': -230,
    ...answers,
  }
  const take = (taken: readonly DriverAction[], now: MonoNs): void => {
    actions.push(...taken)
    for (const action of taken) {
      if (action.type !== 'write') continue
      const command = Buffer.from(action.bytes).toString('latin1').slice(0, -1)
      asked.push(command)
      const next = all[command] ?? -113
      const said = typeof next !== 'object' ? next : ((next.length > 1 ? next.shift() : next[0]) ?? '')
      const answer = wireText(said, standingError)
      take(driver.receive(utf8(answer), plus(now, 10_000_000n)), plus(now, 10_000_000n))
    }
  }
  for (let at = driver.nextWakeAt(); at !== undefined && at < 30n * NS_PER_SECOND; at = driver.nextWakeAt()) {
    take(driver.wake(at), at)
  }
  const statuses = actions.flatMap((action) => (action.type === 'status' ? [action.status] : []))
  return {
    status: statuses.at(-1) ?? assert.fail('expected a status'),
    faults: actions.flatMap((action) => (action.type === 'fault' ? [action.fault] : [])),
    samples: actions.flatMap((action) => (action.type === 'sample' ? [action.sample] : [])),
    asked,
  }
}

test('the recorded replies of a Z3805A make the recorded state', () => {
  const { status } = script({ '*IDN?': 'SYMMETRICOM,Z3805A,3625A02931,1.01.03-A', ':SYNC:FFOM?': '+1' })
  assert.equal(status.quality, 'locked')
  assert.deepEqual(status.alarms, ['smartclock.reduced-accuracy'])
  assert.equal(status.details['timeIntervalNs'], -5.4)
  assert.equal(status.details['holdoverSeconds'], 600)
})

for (const [state, quality, alarm] of [
  ['OFF', 'unlocked', 'smartclock.off'],
  ['DIAG', 'unlocked', 'smartclock.self-test'],
  ['REC', 'holdover', 'smartclock.recovery'],
  ['HOLD', 'holdover', 'smartclock.holdover'],
  ['POW', 'unlocked', 'smartclock.powerup'],
] as const) {
  test(`${state} is ${quality}`, () => {
    const { status } = script({ ':SYNC:STAT?': state })
    assert.equal(status.quality, quality)
    assert.deepEqual(status.alarms, [alarm])
  })
}

test('the worse of state and figure of merit counts', () => {
  assert.equal(script({ ':SYNC:FFOM?': '+2' }).status.quality, 'holdover')
  assert.equal(script({ ':SYNC:FFOM?': '+3' }).status.quality, 'unlocked')
  assert.equal(script({ ':SYNC:STAT?': 'HOLD', ':SYNC:FFOM?': '+0' }).status.quality, 'holdover')
})

test('what is answered under the prompt of an older error counts all the same', () => {
  const { status } = script({}, -113)
  assert.equal(status.quality, 'locked')
  assert.equal(status.details['timeIntervalNs'], -5.4)
})

test('a unit that does not know the state is judged by its figure of merit, and seldom asked again', () => {
  const { status, asked } = script({ ':SYNC:STAT?': -113 })
  assert.equal(status.quality, 'locked')
  assert.ok(asked.filter((command) => command === ':SYNC:STAT?').length <= 3)
})

test('a large time error in lock is an alarm', () => {
  assert.deepEqual(script({ ':SYNC:TFOM?': '+4' }).status.alarms, ['smartclock.reduced-accuracy'])
})

test('a state that nobody knows is a fault and no state', () => {
  const { faults, status } = script({ ':SYNC:STAT?': 'DREAM' })
  assert.equal(faults[0]?.code, 'smartclock.reply')
  assert.match(
    faults[0]?.message ?? '',
    /^:SYNC:STAT\?: expected one of LOCK, REC, HOLD, WAIT, POW, OFF, OTH, DIAG, got "DREAM"$/,
  )
  assert.equal(status.details['state'], undefined)
})

test('a figure that does not parse takes the one before it with it', () => {
  assert.equal(script({ ':SYNC:FFOM?': '+7' }).status.details['ffom'], undefined)
})

test('a unit that does not wait for its tick is not asked for the time code more than once a second', () => {
  const { asked, samples } = script({ ':PTIM:TCOD?': `T22026013012000030000${checksum('T22026013012000030000')}` })
  const count = asked.filter((command) => command === ':PTIM:TCOD?').length
  assert.ok(count >= 19 && count <= 31, `${count} in 30 s`)
  assert.equal(samples.length, count)
})

test('an error like one of ours, found after the queue was seen empty, is somebody else’s', () => {
  const EMPTY = '+0,"No error"'
  const { faults } = script({
    ':SYNC:TINT?': -230,
    ':PTIM:LEAP:ACC?': -113,
    ':SYST:ERR?': [EMPTY, '-230,"Data corrupt or stale"', EMPTY],
    ':PTIM:TCOD?': -113,
  })
  assert.ok(faults.some(({ code }) => code === 'smartclock.instrument-error'))
})

test('after a step no label is believed until the time zone has been told anew, and a late one never', () => {
  const known = openKnowledge()
  const valid = (second: number, ms: number): boolean => {
    const body = `T2202601151200${String(second).padStart(2, '0')}30000`
    known.actions = []
    const at = monoNs(BigInt(ms) * 1_000_000n)
    const line = { text: body + checksum(body), number: 1, firstByteAt: at, lastByteAt: at, defect: undefined }
    takeAnswer(known, 'timeCode', [line], at)
    return known.actions.some(
      (action) => action.type === 'sample' && action.sample.kind === 'label' && action.sample.valid,
    )
  }
  assert.deepEqual([valid(1, 500), valid(2, 1900), valid(3, 2500)], [true, false, true])
  assert.deepEqual([valid(9, 3500), valid(10, 4500)], [false, false])
  known.readings.zone = 'utc'
  assert.ok(valid(11, 5500))
})

function openKnowledge(): Knowledge {
  return {
    source: 's',
    edges: { table: EMBEDDED_LEAP_TABLE, floor: undefined, repairs: false, last: undefined },
    readings: { ...noReadings(), zone: 'utc', state: 'LOCK' },
    schedule: createSchedule(monoNs(0n), undefined),
    screenPeriodNs: undefined,
    antennaDelay: { wantedNs: undefined, isTold: false },
    ownErrors: [],
    log: createLogReader(),
    actions: [],
  }
}

test('another instrument is named and asked nothing else', () => {
  const { faults, status, asked } = script({ '*IDN?': 'HEWLETT-PACKARD,5071A,3249A00123,3249' })
  assert.equal(faults[0]?.code, 'smartclock.other-instrument')
  assert.deepEqual(status.alarms, ['smartclock.other-instrument'])
  assert.deepEqual([...new Set(asked)], ['', '*IDN?'])
})

test('an error queue that never empties is not read without end', () => {
  const { asked, faults } = script({ ':SYST:ERR?': '-300,"Device-specific error"' }, -300)
  assert.equal(asked.filter((command) => command === ':SYST:ERR?').length, 64)
  assert.equal(faults.length, 64)
})

test('a time that is none by the leap table gives a fault and no label', () => {
  const { samples, faults } = script({ ':PTIM:TCOD?': `T22026023012000030000${checksum('T22026023012000030000')}` })
  assert.deepEqual(samples, [])
  assert.deepEqual([...new Set(faults.map(({ code }) => code))], ['utc.date'])
})
