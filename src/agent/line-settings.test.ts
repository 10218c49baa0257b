import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LineSettings } from '../../drivers/driver.ts'
import { lineSettings } from './line-settings.ts'

const OTHERS: readonly LineSettings[] = [
  { baudRate: 9600, parity: 'odd', dataBits: 8 },
  { baudRate: 19_200, parity: 'odd', dataBits: 7 },
]
const family = { serial: { baudRate: 9600, parity: 'none', dataBits: 8, probe: OTHERS } } as const

test('a source that says nothing of its line is tried with all settings of its family', () => {
  assert.deepEqual(lineSettings({}, family), [{ baudRate: 9600, parity: 'none', dataBits: 8 }, ...OTHERS])
})

test('whatever it says pins the line, and the rest is of the first settings', () => {
  assert.deepEqual(lineSettings({ baudRate: 4800 }, family), [{ baudRate: 4800, parity: 'none', dataBits: 8 }])
  assert.deepEqual(lineSettings({ parity: 'even' }, family), [{ baudRate: 9600, parity: 'even', dataBits: 8 }])
  assert.deepEqual(lineSettings({ dataBits: 7 }, family), [{ baudRate: 9600, parity: 'none', dataBits: 7 }])
})

test('a family without settings to try has one, and one without a serial line has some', () => {
  const alone = { serial: { baudRate: 1200, parity: 'even', dataBits: 7 } } as const
  assert.deepEqual(lineSettings({}, alone), [{ baudRate: 1200, parity: 'even', dataBits: 7 }])
  assert.equal(lineSettings({}, {}).length, 1)
})
