import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { checkOptions, choice, floorDate, integer, number, table, yesOrNo } from './options.ts'

const schema = table({
  count: integer(1, 3).optional(),
  share: number(0, 1).optional(),
  rate: choice(4800, 9600).optional(),
  parity: choice('none', 'odd').optional(),
  echo: yesOrNo().optional(),
  floorDate: floorDate().optional(),
  lines: z.array(table({ text: z.string('a text') }), 'a list of tables').optional(),
})

function complaints(input: unknown): readonly string[] {
  const checked = checkOptions(schema, input, 'options')
  if (checked.ok) return []
  assert.equal(checked.fault.code, 'config.value')
  return checked.fault.message.split('\n').map((line) => line.replace(/^options/, '…'))
}

test('each piece says what it expected and what came', () => {
  for (const [input, expected] of [
    [{ count: 4 }, '….count: expected an integer from 1 to 3, got 4'],
    [{ count: 1.5 }, '….count: expected an integer from 1 to 3, got 1.5'],
    [{ count: Number.POSITIVE_INFINITY }, '….count: expected an integer from 1 to 3, got Infinity'],
    [{ count: '2' }, '….count: expected an integer from 1 to 3, got "2"'],
    [{ share: Number.NaN }, '….share: expected a number from 0 to 1, got NaN'],
    [{ share: 10n }, '….share: expected a number from 0 to 1, got 10'],
    [{ rate: 9601 }, '….rate: expected one of 4800, 9600, got 9601'],
    [{ rate: '9600' }, '….rate: expected one of 4800, 9600, got "9600"'],
    [{ parity: 'even' }, '….parity: expected one of none, odd, got "even"'],
    [{ echo: 1 }, '….echo: expected true or false, got 1'],
    [{ floorDate: '2025-02-30' }, '….floorDate: expected a date like 2025-01-01, or null, got "2025-02-30"'],
    [
      { floorDate: '1979-12-31' },
      '….floorDate: expected a date since 1980-01-06, where GPS time begins, or null, got "1979-12-31"',
    ],
    [{ lines: {} }, '….lines: expected a list of tables, got {}'],
    [{ lines: [{ text: 'a' }, {}] }, '….lines[1].text: expected a text, got nothing'],
    [{ lines: [null] }, '….lines[0]: expected a table, got null'],
    [{ lines: { deep: [1n] } }, '….lines: expected a list of tables, got {"deep":[1]}'],
    [7, '…: expected a table, got 7'],
  ] as const) {
    assert.deepEqual(complaints(input), [expected])
  }
})

test('all mistakes are told, unknown keys each with those that are known', () => {
  assert.deepEqual(complaints({ count: 0, lines: [{ text: 1, colour: 'red', size: 2 }] }), [
    '….count: expected an integer from 1 to 3, got 0',
    '….lines[0].text: expected a text, got 1',
    '….lines[0].colour: expected one of text, got an unknown key',
    '….lines[0].size: expected one of text, got an unknown key',
  ])
})

test('what came is told in one short line', () => {
  const [sentence] = complaints({ lines: 'x\n'.repeat(1_000) })
  assert.equal(sentence?.endsWith('…'), true)
  assert.ok((sentence ?? '').length < 120, sentence)
})

test('what is right comes back typed', () => {
  const checked = checkOptions(schema, { count: 2, floorDate: null }, 'options')
  assert.deepEqual(checked, { ok: true, value: { count: 2, floorDate: null } })
})
