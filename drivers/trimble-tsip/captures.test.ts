import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatUtc, taiToUtc } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import {
  capturesPresent,
  countByCode,
  gpsdSeconds,
  replayCapture,
  withoutCaptures,
} from '../../test/support/captures.ts'
import { unwrap } from '../../test/support/results.ts'
import { trimbleTsip } from './index.ts'

/** The recorded bytes of two receivers; gpsd's reading of the same bytes is a second opinion. */

function replay(name: string) {
  return replayCapture(trimbleTsip, name)
}

function utcSecond({ taiNs }: LabelSample): string {
  return formatUtc(unwrap(taiToUtc(EMBEDDED_LEAP_TABLE, taiNs))).slice(0, 'yyyy-mm-ddThh:mm:ss'.length)
}

// A suite that is skipped counts as no test at all.
if (!capturesPresent) test('reads recorded bytes', { skip: withoutCaptures }, () => undefined)

describe('Trimble TSIP on recorded bytes', { skip: withoutCaptures }, () => {
  test('names every second of a Resolution SMTx as gpsd does, with its quantization error', () => {
    const { labels, faults } = replay('trimble-smtx')
    assert.deepEqual(countByCode(faults), { 'tsip.noise': 1 }, 'the line feed at the end of the file')
    assert.ok(labels.every(({ valid, quality }) => valid && quality === 'locked'))
    assert.deepEqual(labels.map(utcSecond), gpsdSeconds('trimble-smtx'))
    const errorsPs = labels.map(({ pulseLatePs }) => pulseLatePs)
    assert.deepEqual(errorsPs.slice(0, 3), [10_109n, -10_627n, 1_763n])
    assert.ok(errorsPs.every((ps) => ps !== undefined && ps >= -15_000n && ps <= 15_000n))
  })

  test('sees a RES SMT 360 lose its satellites and find them again', () => {
    const { labels, faults, statuses } = replay('trimble-ressmt360-dr')
    assert.deepEqual(countByCode(faults), { 'tsip.cut': 1 }, 'the last packet, which the end of the file cuts')
    assert.ok(labels.every(({ valid, pulseLatePs }) => valid && pulseLatePs === undefined))
    // gpsd also dates the answer to a poll of its own, packet 41, which names no pulse: 22:35:16.
    assert.deepEqual(['2024-03-05T22:35:16', ...labels.map(utcSecond)], gpsdSeconds('trimble-ressmt360-dr'))
    const alone = labels.filter(({ quality }) => quality === 'holdover').map(utcSecond)
    assert.deepEqual(
      alone,
      [31, 32, 33, 34].map((second) => `2024-03-05T22:35:${second}`),
    )
    assert.ok(labels.every(({ quality }) => quality !== 'unlocked'))
    const lost = statuses.find(({ quality }) => quality === 'holdover')
    assert.deepEqual(lost?.alarms, ['tsip.antenna-open', 'tsip.not-tracking', 'tsip.holdover'])
    assert.equal(lost?.dependsOn, 'own')
    assert.match(lost?.reasons?.['tsip.holdover'] ?? '', /decoding status no usable satellite/)
    assert.match(lost?.identity ?? '', /^ResSMT 360, firmware 1\.5\.0 2018-04-03, hardware 3023/)
    assert.equal(lost?.taiMinusUtcSeconds, 37)
  })
})
