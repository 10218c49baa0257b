import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { createSatellitesInView } from './satellites-in-view.ts'

const AT = monoNs(100n * NS_PER_SECOND)

function gsv(message: number, messages: number, inView: number, cn0DbHz: readonly number[], signal = '1') {
  return { message, messages, inView, cn0DbHz, signal }
}

describe('satellites in view', () => {
  test('count each satellite once, though every signal of it is listed', () => {
    const view = createSatellitesInView()
    view.note('GP', gsv(1, 2, 6, [40, 42, 44]), AT)
    view.note('GP', gsv(2, 2, 6, [46]), AT)
    view.note('GP', gsv(1, 1, 2, [30, 32], '8'), AT)
    view.note('GA', gsv(1, 1, 3, [36], '7'), AT)
    assert.deepEqual(view.details(AT), { satellitesVisible: 9, cn0BestDbHz: 46, cn0MeanDbHz: 38.6 })
  })

  test('keep the earlier view when a message of a group is lost', () => {
    const view = createSatellitesInView()
    view.note('GP', gsv(1, 1, 4, [40]), AT)
    view.note('GP', gsv(1, 3, 9, [20]), AT)
    view.note('GP', gsv(3, 3, 9, [20]), AT)
    assert.deepEqual(view.details(AT), { satellitesVisible: 4, cn0BestDbHz: 40, cn0MeanDbHz: 40 })
  })

  test('forget a view after ten seconds', () => {
    const view = createSatellitesInView()
    view.note('GP', gsv(1, 1, 4, [40]), AT)
    assert.deepEqual(view.details(monoNs(AT + 10n * NS_PER_SECOND + 1n)), {})
  })

  test('hold no more than their limits under endless messages', () => {
    const view = createSatellitesInView()
    for (let system = 0; system < 1000; system++) view.note(String(system), gsv(1, 1, 1, [40]), AT)
    assert.equal(view.details(AT)['satellitesVisible'], 64)
    const endless = createSatellitesInView()
    for (let message = 1; message < 1000; message++) endless.note('GL', gsv(message, 999, 1, [message, 1]), AT)
    assert.equal(endless.details(AT)['cn0BestDbHz'], 32, 'of the first 64')
  })
})
