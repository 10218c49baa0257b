import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LineSettings } from '../../drivers/driver.ts'
import { monoNs, NS_PER_SECOND } from '../core/time.ts'
import { createLineProbe, DOUBT_NS, type LineProbe, probeLine, TRY_NS } from './line-probe.ts'
import type { WireHandlers } from './wire.ts'

const at = (ns: bigint) => monoNs(ns)
const A: LineSettings = { baudRate: 9600, parity: 'none', dataBits: 8 }
const B: LineSettings = { baudRate: 19_200, parity: 'odd', dataBits: 7 }
const C: LineSettings = { baudRate: 19_200, parity: 'none', dataBits: 8 }

/** Opens the line, and opens it afresh as often as the probe asks for it until `untilNs`; what was tried. */
function search(probe: LineProbe, fromNs: bigint, untilNs: bigint, hears: boolean): readonly LineSettings[] {
  const tried = [probe.settings()]
  probe.opened(at(fromNs))
  for (let due = probe.nextAt(); due !== undefined && due <= untilNs; due = probe.nextAt()) {
    if (hears) probe.heard(due)
    if (!probe.wake(due)) continue
    probe.closed()
    tried.push(probe.settings())
    probe.opened(due)
  }
  return tried
}

test('settings are tried in turn, and again from the first', () => {
  assert.deepEqual(search(createLineProbe([A, B, C]), 0n, 4n * TRY_NS, false), [A, B, C, A, B])
})

test('one setting alone is never doubted', () => {
  const probe = createLineProbe([B])
  assert.deepEqual(search(probe, 0n, 100n * DOUBT_NS, true), [B])
  assert.equal(probe.nextAt(), undefined)
})

test('what was understood stays, through silence and through a link opened afresh', () => {
  const probe = createLineProbe([A, B, C])
  search(probe, 0n, TRY_NS, false)
  probe.understood()
  assert.equal(probe.nextAt(), undefined)
  assert.deepEqual(search(probe, 100n * DOUBT_NS, 200n * DOUBT_NS, false), [B])
})

test('after the link was opened afresh, bytes that nobody understands begin the search again', () => {
  const probe = createLineProbe([A, B, C])
  probe.opened(at(0n))
  probe.understood()
  probe.closed()
  const tried = search(probe, NS_PER_SECOND, NS_PER_SECOND + DOUBT_NS + 2n * TRY_NS, true)
  assert.deepEqual(tried, [A, B, C, A])
})

test('a wake that was not asked for changes nothing', () => {
  const probe = createLineProbe([A, B])
  assert.equal(probe.wake(at(5n)), false)
  probe.opened(at(0n))
  assert.equal(probe.wake(at(TRY_NS - 1n)), false)
  assert.equal(probe.settings(), A)
})

test('a wire is opened with the settings of the day, reopened with the next, and left alone once it is understood', (t) => {
  const reopened: string[] = []
  const opened: LineSettings[] = []
  let handlers: WireHandlers | undefined
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const probed = probeLine([A, B], (settings, given) => {
    handlers = given
    opened.push(settings())
    return {
      write: () => ({ ok: true, value: undefined }),
      reopen: (reason, pause) => reopened.push(`${pause}: ${reason}`),
      close: async () => undefined,
    }
  })
  const events: string[] = []
  const wire = probed.openWire({ onBytes: () => undefined, onState: (event) => events.push(event.type) })
  // Long ago by the oscillator that the timer asks: the search is due at once.
  handlers?.onState({ type: 'up', at: at(0n), reason: 'open' })
  t.mock.timers.tick(1)
  assert.deepEqual(reopened, ['shortest: nothing was understood at 9600 8N1, 19200 7O1 is next'])
  handlers?.onState({ type: 'down', at: at(1n), fault: { code: 'wire.restarted', message: '' } })
  handlers?.onState({ type: 'up', at: at(2n), reason: 'open' })
  probed.onUnderstood()
  t.mock.timers.tick(100_000)
  assert.equal(reopened.length, 1)
  assert.deepEqual(events, ['up', 'down', 'up'])
  return wire.close()
})
