import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { STAMP_KINDS } from '../core/stamp.ts'
import { INSTANT_LIMIT_NS, monoNs, rangingNs } from '../core/time.ts'
import { type LinkNews, NEWS_BYTES, readNews, writeNews } from './link-news.ts'

const OWN_BOOT_ID = new Uint8Array(16).fill(7)
const segment = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const peerSegment = fc.record(
  { bootId: fc.uint8Array({ minLength: 16, maxLength: 16 }), segment },
  { noNullPrototype: true },
)
const instant = fc.bigInt(-INSTANT_LIMIT_NS, INSTANT_LIMIT_NS)
const duration = fc.bigInt(0n, INSTANT_LIMIT_NS)
const sample = fc.record(
  {
    at: instant.map(rangingNs),
    phiNs: instant,
    uncertaintyNs: duration,
    roundTripNs: duration,
    stampKind: fc.constantFrom(...STAMP_KINDS),
    own: segment.map((own) => ({ bootId: OWN_BOOT_ID, segment: own })),
    peer: peerSegment,
    peerRatePpb: fc.bigInt(0n, 1_000_000_000n),
  },
  { noNullPrototype: true },
)
const news: fc.Arbitrary<LinkNews> = fc.oneof(
  sample.map((each) => ({ type: 'sample' as const, sample: each })),
  duration.map((at) => ({ type: 'answered' as const, at: monoNs(at) })),
  fc.nat().map((count) => ({ type: 'lost' as const, count })),
  peerSegment.map((peer) => ({ type: 'segment' as const, peer })),
)

test('what is read is what was written, whatever was there before', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 0xffff }), news), { minLength: 2, maxLength: 4 }), (all) => {
      const view = new DataView(new SharedArrayBuffer(NEWS_BYTES))
      for (const [peer, each] of all) {
        writeNews(view, { peer, news: each })
        assert.deepEqual(readNews(view, OWN_BOOT_ID), { peer, news: each })
      }
    }),
  )
})

test('of half-written memory something is read: its reader drops it, and must not fail on it', () => {
  const few = fc.tuple(news, news, fc.nat({ max: NEWS_BYTES }))
  fc.assert(
    fc.property(few, ([one, other, cut]) => {
      const [before, after] = [new Uint8Array(NEWS_BYTES), new Uint8Array(NEWS_BYTES)]
      writeNews(new DataView(before.buffer), { peer: 1, news: one })
      writeNews(new DataView(after.buffer), { peer: 2, news: other })
      before.set(after.subarray(0, cut))
      readNews(new DataView(before.buffer), OWN_BOOT_ID)
    }),
  )
})
