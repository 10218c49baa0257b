import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { formatUtc, taiToUtc } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverAction } from '../driver.ts'
import { jacksonLabs } from './index.ts'

/** The recorded bytes of two instruments on their NMEA ports, as `quorumtime replay` sends them. */

const captures = process.env['QUORUMTIME_CAPTURES'] ?? join(import.meta.dirname, '../../../shared/captures')
const folder = join(captures, 'gnss')
const present = existsSync(folder)
const skip = present ? false : `no recorded data at ${folder}`

// A suite that is skipped counts as no test at all.
if (!present) test('reads recorded bytes', { skip }, () => undefined)

describe('Jackson Labs instruments on recorded bytes', { skip }, () => {
  for (const [name, expected] of [
    // Every GGA has a checksum that is off by 02, as if the lock state had gone out as a raw byte.
    ['firefly-II', { labels: 46, first: '2010-07-08T00:59:47', faults: 23, loop: undefined }],
    ['jl-micro-jlt', { labels: 8, first: '2021-08-12T01:22:38', faults: 0, loop: 'locked' }],
  ] as const) {
    test(`reads ${name}`, () => {
      const actions = replay(name)
      const labels = actions.flatMap((it) => (it.type === 'sample' && it.sample.kind === 'label' ? [it.sample] : []))
      assert.equal(labels.length, expected.labels)
      assert.ok(labels.every(({ valid, quality }) => valid && quality === 'locked'))
      const utc = taiToUtc(EMBEDDED_LEAP_TABLE, labels[0]?.taiNs ?? assert.fail('expected a label'))
      assert.ok(utc.ok)
      assert.equal(formatUtc(utc.value).slice(0, 19), expected.first)
      const faults = actions.flatMap((it) => (it.type === 'fault' ? [it.fault.code] : []))
      assert.equal(faults.length, expected.faults)
      assert.deepEqual([...new Set(faults)], expected.faults === 0 ? [] : ['nmea.checksum'])
      const status = actions.findLast((it) => it.type === 'status')
      assert.equal(status?.status.details['loopState'], expected.loop)
    })
  }
})

/** A burst a second, 64 bytes at a time at the pace of 115200 baud. */
function replay(name: string): readonly DriverAction[] {
  const options = jacksonLabs.parseOptions(jacksonLabs.recordingOptions, 'options')
  assert.ok(options.ok)
  const driver = jacksonLabs.create(options.value, { source: name, leapTable: EMBEDDED_LEAP_TABLE })
  const text = readFileSync(join(folder, `${name}.log`), 'latin1').replace(/^(?:#[^\n]*\n)*/, '')
  const bursts = text.split(/(?=\$G[PN]RMC|\$GPGGA(?=[^$]*\$GPRMC))/)
  const actions: DriverAction[] = []
  let now: MonoNs = monoNs(NS_PER_SECOND)
  for (const burst of bursts) {
    const bytes = Buffer.from(burst, 'latin1')
    const isNew = burst.startsWith('$GPGGA') || burst.startsWith('$GNRMC')
    if (isNew) now = plus(now, NS_PER_SECOND)
    for (let start = 0; start < bytes.length; start += 64) {
      const at = plus(now, (BigInt(start) * 10n * NS_PER_SECOND) / 115_200n)
      actions.push(...driver.receive(bytes.subarray(start, start + 64), at))
    }
  }
  return actions
}
