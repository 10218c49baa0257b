import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOptions } from './options.ts'

test('nothing has to be set, and the receiver is set up in memory alone', () => {
  const parsed = parseOptions({}, 'options')
  assert.ok(parsed.ok)
  assert.deepEqual([parsed.value.configure, parsed.value.save, parsed.value.timePulse], [true, false, 'utc'])
  assert.deepEqual([parsed.value.surveyIn, parsed.value.fixedPosition], [undefined, undefined])
})

test('a survey and a position have their defaults', () => {
  const parsed = parseOptions({ surveyIn: {} }, 'options')
  assert.ok(parsed.ok)
  assert.deepEqual(parsed.value.surveyIn, { minSeconds: 3600, accuracyMetres: 2 })
})

for (const [input, complaint] of [
  [{ configure: 'yes' }, 'o.configure: expected true or false, got "yes"'],
  [{ port: 'com1' }, 'o.port: expected one of ask, i2c, uart1, uart2, usb, spi, got "com1"'],
  [{ silenceSeconds: 1 }, 'o.silenceSeconds: expected an integer from 2 to 3600, got 1'],
  [
    { fixedPosition: { latitudeDegrees: 91, longitudeDegrees: 0, heightMetres: 0 } },
    'o.fixedPosition.latitudeDegrees: expected a number from -90 to 90, got 91',
  ],
  [{ configure: false, surveyIn: {} }, 'o.configure: expected true, since the position is to be set, got false'],
  [
    { weekRollover: 'repair', floorDate: null },
    'o.floorDate: expected a date, from which the rollover is repaired, got null',
  ],
] as const) {
  test(`refuses ${JSON.stringify(input)}`, () => {
    const parsed = parseOptions(input, 'o')
    assert.ok(!parsed.ok)
    assert.equal(parsed.fault.message, complaint)
  })
}

test('an antenna is surveyed or stands somewhere', () => {
  const fixedPosition = { latitudeDegrees: 0, longitudeDegrees: 0, heightMetres: 0 }
  const parsed = parseOptions({ surveyIn: {}, fixedPosition }, 'o')
  assert.ok(!parsed.ok)
  assert.match(parsed.fault.message, /^o\.surveyIn: expected nothing beside fixedPosition/)
})
