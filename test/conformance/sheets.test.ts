import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { families, packetFamilies } from '../../drivers/index.ts'

const FOLDER = new URL('../../hardware-docs/', import.meta.url)

function read(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8')
}

test('the index of the sheets has every family, with how sure it is', () => {
  const rows = read('README.md').split('\n')
  const missing = [...families, ...packetFamilies].filter(({ kind }) => {
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

test('the sheet of a family that is reached by packets says the same, and its ports', () => {
  for (const family of packetFamilies) {
    const sheet = read(`${family.kind}.md`)
    assert.match(sheet, /^## .*[Vv]alidated/m, `${family.kind}.md`)
    const options = family.parseOptions({}, 'options')
    assert.ok(options.ok)
    const { eventPort, generalPort } = family.linkOf(options.value)
    for (const port of [eventPort, generalPort]) assert.match(sheet, new RegExp(String(port)), `${family.kind}.md`)
  }
})
