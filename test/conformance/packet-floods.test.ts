import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createPrng } from '../../src/core/prng.ts'
import { heapBytes } from '../support/heap.ts'
import { openPacketBench } from './packet-bench.ts'
import { problemsOfPacketHealth } from './packet-trial.ts'
import { packetUses } from './packet-uses.ts'

/** A driver keeps nothing of a flood, of whatever and from wherever it comes. */

const PACKETS = 20_000
/** As much again after the first round may not be kept; the noise of the measurement is far below. */
const GROWTH_BYTES_MAX = 1024 * 1024

for (const { family, use } of packetUses()) {
  describe(`${use.name} in a flood`, () => {
    test('keeps nothing, complains little, and recovers', () => {
      const bench = openPacketBench(family, { options: use.options })
      bench.run(10)
      const prng = createPrng(1)
      const corpus = bench.record.sent.filter(({ by }) => by === 'emulator').map(({ packet }) => packet)
      bench.forget()
      // Real packets with a few bytes changed: those of whom it listens to, of others, answers to nobody, old numbers.
      const pour = (): void => {
        for (let count = 0; count < PACKETS; count++) {
          const { bytes, channel } = corpus[prng.nextBelow(corpus.length)] ?? assert.fail('expected a packet')
          const changed = bytes.slice()
          for (let edit = prng.nextBelow(4); edit > 0; edit--) {
            const at = 5 + prng.nextBelow(changed.length - 5)
            changed[at] = prng.nextBelow(256)
          }
          bench.network.disturb({ channel, bytes: changed, from: `198.51.100.${prng.nextBelow(200)}` })
          if (count % 200 === 0) bench.run(0.1)
        }
        bench.record.clear()
      }
      pour()
      const before = heapBytes()
      pour()
      const grown = heapBytes() - before
      assert.ok(grown <= GROWTH_BYTES_MAX, `expected memory to stay flat, got ${grown} bytes more`)
      assert.ok(bench.faultsInASecondMax() <= 110, `${bench.faultsInASecondMax()} faults in a second`)
      bench.run(120)
      bench.forget()
      bench.run(60)
      assert.deepEqual(problemsOfPacketHealth(bench), [])
    })
  })
}
