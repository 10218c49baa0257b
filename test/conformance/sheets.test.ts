import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { families } from '../../drivers/index.ts'

const FOLDER = new URL('../../hardware-docs/', import.meta.url)

function read(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8')
}

test('the index of the sheets has every family, with how sure it is', () => {
  const rows = read('README.md').split('\n')
  const missing = families.filter(({ kind }) => {
    const row = rows.find((each) => each.startsWith('|') && each.includes(`[${kind}](${kind}.md)`))
    return row === undefined || !/\b(?:recorded|manual|emulated)\b/.test(row)
  })
  assert.deepEqual(
    missing.map(({ kind }) => `hardware-docs/README.md: expected a row with [${kind}](${kind}.md) and its level`),
    [],
  )
})

test('every sheet says what was validated against what, and how its line is set', () => {
  for (const { kind, serial } of families) {
    const sheet = read(`${kind}.md`)
    assert.match(sheet, /^## .*[Vv]alidated/m, `${kind}.md`)
    if (serial !== undefined) assert.match(sheet, new RegExp(String(serial.baudRate)), `${kind}.md: its speed`)
  }
})
