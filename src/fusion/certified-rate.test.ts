import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPrng } from '../core/prng.ts'
import { monoNs, taiNs } from '../core/time.ts'
import { createCertifiedRate } from './certified-rate.ts'

const SECOND = 1_000_000_000n

test('regions that hold the truth never exclude the true rate, and narrow with the baseline', () => {
  for (let seed = 0; seed < 50; seed++) {
    const prng = createPrng(seed)
    const truePpb = BigInt(prng.nextBelow(100_000)) - 50_000n
    const rate = createCertifiedRate(0n)
    for (let second = 0n; second < 200n; second++) {
      const at = monoNs(second * SECOND)
      const tai = second * SECOND + second * truePpb
      rate.add(at, taiNs(tai - BigInt(prng.nextBelow(100_000))), taiNs(tai + BigInt(prng.nextBelow(100_000))))
      const open = rate.read()
      if (second < 4n) assert.equal(open, undefined)
      else assert.ok(open !== undefined && open.loPpb <= truePpb && truePpb <= open.hiPpb, `seed ${seed}, ${second} s`)
    }
    const open = rate.read()
    assert.ok(open !== undefined && open.hiPpb - open.loPpb < 2_000n, `seed ${seed}: ${open?.loPpb}…${open?.hiPpb}`)
  }
})

test('regions that no steady rate explains say nothing', () => {
  const rate = createCertifiedRate(0n)
  for (let second = 0n; second < 10n; second++) {
    const tai = second * SECOND + (second >= 8n ? 1_000_000n : 0n)
    rate.add(monoNs(second * SECOND), taiNs(tai - 10n), taiNs(tai + 10n))
  }
  assert.equal(rate.read(), undefined)
})

test('what is kept is bounded', () => {
  const rate = createCertifiedRate(200n)
  for (let second = 0n; second < 5_000n; second++)
    rate.add(monoNs(second * SECOND), taiNs(second * SECOND), taiNs(second * SECOND))
  assert.deepEqual(rate.read(), { loPpb: -200n, hiPpb: 200n })
})
