import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LabelSample } from '../core/sample.ts'
import { monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, taiNs } from '../core/time.ts'
import { createLabelClock } from './label-clock.ts'

const TAI_NS = 1_760_000_000n * NS_PER_SECOND

function label(firstByteMs: bigint, changes: Partial<LabelSample> = {}): LabelSample {
  return {
    kind: 'label',
    source: 'serial0',
    firstByteAt: monoNs(firstByteMs * NS_PER_MILLISECOND),
    lastByteAt: monoNs((firstByteMs + 70n) * NS_PER_MILLISECOND),
    taiNs: taiNs(TAI_NS),
    names: 'preceding-pulse',
    valid: true,
    quality: 'holdover',
    ...changes,
  }
}

describe('label clock', () => {
  it('takes the first byte for the second plus the latency', () => {
    const clock = createLabelClock({ source: 'serial0', latencyNs: 150n * NS_PER_MILLISECOND })
    const [sample, ...more] = clock.label(label(1_000n)).samples
    assert.deepEqual(more, [])
    assert.equal(sample?.monoNs, 1_000n * NS_PER_MILLISECOND)
    assert.equal(sample?.taiNs, TAI_NS + 150n * NS_PER_MILLISECOND)
    assert.equal(sample?.accuracyNs, 100n * NS_PER_MILLISECOND)
    assert.equal(sample?.quality, 'holdover')
  })

  it('takes the last byte of an announcement for the second less the latency', () => {
    const clock = createLabelClock({ source: 'serial0', latencyNs: 30n * NS_PER_MILLISECOND, accuracyNs: 7n })
    const [sample] = clock.label(label(1_000n, { names: 'following-pulse' })).samples
    assert.equal(sample?.monoNs, 1_070n * NS_PER_MILLISECOND)
    assert.equal(sample?.taiNs, TAI_NS - 30n * NS_PER_MILLISECOND)
    assert.equal(sample?.accuracyNs, 7n)
  })

  it('gives one sample for the labels of one second, and hands on a label that stands still', () => {
    const clock = createLabelClock({ source: 'serial0' })
    const counts = [1_000n, 1_100n, 2_000n].map((ms) => clock.label(label(ms)).samples.length)
    assert.deepEqual(counts, [1, 0, 1])
  })

  it('gives nothing for a label that is not valid, and a fault for one within a second', () => {
    const clock = createLabelClock({ source: 'serial0' })
    assert.deepEqual(clock.label(label(1_000n, { valid: false })), { samples: [], faults: [] })
    const { samples, faults } = clock.label(label(1_000n, { taiNs: taiNs(TAI_NS + 1n) }))
    assert.deepEqual(samples, [])
    assert.equal(faults[0]?.code, 'label.fraction')
  })
})
