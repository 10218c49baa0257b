import assert from 'node:assert/strict'
import { test } from 'node:test'
import { around, interval } from '../core/interval.ts'
import { monoNs, taiNs } from '../core/time.ts'
import type { NodeClockReading } from './node-clock.ts'
import type { ServedReading } from './served-clock.ts'
import { type SteeredStatus, whyNotSteer } from './steering-trust.ts'

const NOW = monoNs(5n)

function node(changes: Partial<NodeClockReading> = {}): NodeClockReading {
  const said = { ageNs: 0n, lock: 'locked', alarms: [], reason: undefined } as const
  const source = { domain: 'gnss', letter: '*', offsetNs: 0n, boundNs: 100n, ...said } as const
  return {
    monoNs: NOW,
    estimate: { taiNs: taiNs(1_000n), boundNs: 100n, interval: around(1_000n, 100n) },
    mode: 'locked',
    clockClass: 6,
    flags: [],
    alarms: [],
    sources: [
      { ...source, name: 'gnss0', class: 'gnss', state: 'selected' },
      { ...source, name: 'rb0', class: 'rubidium', state: 'frequency' },
    ],
    ...changes,
  }
}

function served(changes: Partial<ServedReading> = {}): ServedReading {
  return {
    monoNs: NOW,
    taiNs: taiNs(1_000n),
    targetTaiNs: taiNs(1_000n),
    interval: interval(900n, 1_100n),
    boundNs: 100n,
    origin: 'certified',
    flags: [],
    ...changes,
  }
}

const STATUS: SteeredStatus = { quality: 'locked', dependsOn: 'own', alarms: [], steeredE15: 0 }

test('a free-running source in lock, a locked undisputed node clock and a certificate that meets it: it may', () => {
  assert.equal(whyNotSteer('rb0', STATUS, node(), served()), undefined)
  assert.equal(whyNotSteer('rb0', STATUS, node({ flags: ['single-domain'] }), served()), undefined)
})

const DOUBTS: readonly (readonly [
  RegExp,
  Parameters<typeof whyNotSteer>[1],
  NodeClockReading,
  ServedReading | undefined,
])[] = [
  [/no node clock/, STATUS, node({ estimate: undefined }), served()],
  [/not locked but holdover/, STATUS, node({ mode: 'holdover' }), served()],
  [/contested: domains-disagree/, STATUS, node({ flags: ['domains-disagree'] }), served()],
  [/contested: no-majority/, STATUS, node({ flags: ['no-majority'] }), served()],
  [/contested: domain-split/, STATUS, node({ flags: ['domain-split'] }), served()],
  [/alarm: fusion\.x/, STATUS, node({ alarms: [{ code: 'fusion.x', message: '' }] }), served()],
  [/no other source/, STATUS, node({ sources: node().sources.slice(1) }), served()],
  [/no certificate/, STATUS, node(), undefined],
  [/no certificate/, STATUS, node(), served({ origin: 'own-hardware' })],
  [/do not meet/, STATUS, node(), served({ flags: ['own-hardware-misses-region'] })],
  [/misses/, STATUS, node(), served({ interval: interval(2_000n, 2_100n) })],
  [/has not said/, undefined, node(), served()],
  [/alarm: sa5x\.pll/, { ...STATUS, alarms: ['sa5x.pll'] }, node(), served()],
  [/not locked but holdover/, { ...STATUS, quality: 'holdover' }, node(), served()],
  [/not locked but unknown/, { ...STATUS, quality: 'unknown' }, node(), served()],
  [/own input/, { ...STATUS, dependsOn: 'sky' }, node(), served()],
  [/what it is steered to/, { ...STATUS, steeredE15: undefined }, node(), served()],
]

for (const [reason, status, reading, certified] of DOUBTS) {
  test(`a doubt: ${reason.source}`, () => {
    assert.match(whyNotSteer('rb0', status, reading, certified) ?? 'none', reason)
  })
}

test('a source that votes must be selected, and not alone', () => {
  const own = { ...node().sources[1], name: 'cs0' }
  const withState = (state: string, others = true) =>
    node({ sources: [...(others ? node().sources : []), { ...own, state, reason: '9 µs outside' }] } as never)
  assert.match(whyNotSteer('cs0', STATUS, withState('falseticker'), served()) ?? '', /not selected: 9 µs outside/)
  assert.match(whyNotSteer('cs0', STATUS, withState('abstaining'), served()) ?? '', /not heard/)
  assert.equal(whyNotSteer('cs0', STATUS, withState('selected'), served()), undefined)
  assert.match(whyNotSteer('cs0', STATUS, withState('selected', false), served()) ?? '', /no other source/)
})
