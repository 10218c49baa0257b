import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesHeader } from './header.ts'

test('each node is written short or whole, in any case, with or without the first colon', () => {
  for (const header of [':SYNC:STAT?', 'SYNChronization:STATe?', ':sync:state?', 'SYNCHRONIZATION:STAT?']) {
    assert.ok(matchesHeader('SYNChronization:STATe?', header), header)
  }
})

test('nothing between short and whole will do', () => {
  for (const header of [
    ':SYNCH:STAT?',
    ':SYN:STAT?',
    ':SYNC:STAT',
    ':SYNC?',
    ':SYNC:STAT:X?',
    '',
    ':',
    ':SYNC::STAT?',
  ]) {
    assert.ok(!matchesHeader('SYNChronization:STATe?', header), header)
  }
})

test('a root in brackets may be left out', () => {
  for (const header of [':PTIM:TCOD?', ':SOUR:PTIM:TCOD?', 'source:ptime:tcode?']) {
    assert.ok(matchesHeader('[SOURce:]PTIMe:TCODe?', header), header)
  }
  assert.ok(!matchesHeader('[SOURce:]PTIMe:TCODe?', ':SOURC:PTIM:TCOD?'))
})

test('common commands have a star', () => {
  assert.ok(matchesHeader('*IDN?', '*idn?'))
  assert.ok(!matchesHeader('*IDN?', 'IDN?'))
})
