import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LabelSample } from '../core/sample.ts'
import { monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, taiNs } from '../core/time.ts'
import { createLabelClock } from './label-clock.ts'

const TAI_NS = 1_760_000_000n * NS_PER_SECOND

/** One that has heard how labels come, a second before `firstByteMs`. */
function heard(options: Partial<Parameters<typeof createLabelClock>[0]> = {}, firstByteMs = 1_000n) {
  const clock = createLabelClock({ source: 'serial0', ...options })
  const before = label(firstByteMs - 1_000n, { taiNs: taiNs(TAI_NS - NS_PER_SECOND) })
  assert.deepEqual(clock.label(before), { samples: [], faults: [] })
  return clock
}

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
    const clock = heard({ latencyNs: 150n * NS_PER_MILLISECOND })
    const [sample, ...more] = clock.label(label(1_000n)).samples
    assert.deepEqual(more, [])
    assert.equal(sample?.monoNs, 1_000n * NS_PER_MILLISECOND)
    assert.equal(sample?.taiNs, TAI_NS + 150n * NS_PER_MILLISECOND)
    assert.equal(sample?.accuracyNs, 100n * NS_PER_MILLISECOND)
    assert.equal(sample?.quality, 'holdover')
  })

  it('takes the last byte of an announcement for the second less the latency', () => {
    const clock = heard({ latencyNs: 30n * NS_PER_MILLISECOND, accuracyNs: 7n })
    const [sample] = clock.label(label(1_000n, { names: 'following-pulse' })).samples
    assert.equal(sample?.monoNs, 1_070n * NS_PER_MILLISECOND)
    assert.equal(sample?.taiNs, TAI_NS - 30n * NS_PER_MILLISECOND)
    assert.equal(sample?.accuracyNs, 7n)
  })

  it('gives one sample for the labels of one second, and hands on a label that stands still', () => {
    const clock = heard()
    const counts = [1_000n, 1_100n, 2_000n].map((ms) => clock.label(label(ms)).samples.length)
    assert.deepEqual(counts, [1, 0, 1])
  })

  it('takes no label whose fellows of its second may have come before it', () => {
    const clock = createLabelClock({ source: 'serial0' })
    const at = (ms: bigint, second: bigint): number =>
      clock.label(label(ms, { taiNs: taiNs(TAI_NS + second * NS_PER_SECOND) })).samples.length
    // The line was opened in the midst of a second; in the fourth the first label was lost.
    assert.deepEqual([at(1_440n, 1n), at(2_050n, 2n), at(3_060n, 3n), at(4_440n, 4n)], [0, 0, 1, 0])
    assert.deepEqual([at(5_050n, 5n), at(6_050n, 6n)], [0, 1])
    // After a long silence nobody knows where in a second it begins.
    assert.deepEqual([at(96_050n, 96n), at(97_050n, 97n)], [0, 1])
  })

  it('widens by what a label may have waited, and takes none that waited long, though its second has begun', () => {
    const clock = heard()
    const [sample] = clock.label(label(1_000n), 120n * NS_PER_MILLISECOND).samples
    assert.equal(sample?.precisionNs, 130n * NS_PER_MILLISECOND)
    const next = (ms: bigint, waitedMs: bigint) =>
      clock.label(label(ms, { taiNs: taiNs(TAI_NS + NS_PER_SECOND) }), waitedMs * NS_PER_MILLISECOND).samples
    assert.deepEqual(next(2_050n, 300n), [])
    assert.deepEqual(next(2_440n, 0n), [])
  })

  it('gives nothing for a label that is not valid, and a fault for one within a second', () => {
    const clock = createLabelClock({ source: 'serial0' })
    assert.deepEqual(clock.label(label(1_000n, { valid: false })), { samples: [], faults: [] })
    const { samples, faults } = clock.label(label(1_000n, { taiNs: taiNs(TAI_NS + 1n) }))
    assert.deepEqual(samples, [])
    assert.equal(faults[0]?.code, 'label.fraction')
  })
})
