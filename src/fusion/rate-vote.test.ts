import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { agreedRate, type RateWord } from './rate-vote.ts'

function word(name: string, domain: string, ppb: number, uncertaintyPpb: number): RateWord {
  return { name, domain, rate: { ppb, uncertaintyPpb, baselineNs: 64_000_000_000n } }
}

describe('the vote on the rate', () => {
  it('takes a single source at its word', () => {
    assert.deepEqual(agreedRate([word('a', 'gnss', -30_000, 250)]), {
      ppb: -30_000,
      uncertaintyPpb: 250,
      baselineNs: 64_000_000_000n,
    })
  })

  it('covers two domains that agree, and of more what the majority covers, never sharper than the sharpest word', () => {
    const pair = [word('a', 'gnss', 30_000, 250), word('b', 'caesium', 30_400, 200)]
    const two = agreedRate(pair)
    assert.deepEqual([two?.ppb, two?.uncertaintyPpb], [30_175, 425])
    const three = agreedRate([...pair, word('c', 'ptp', 30_225, 5_000)])
    assert.deepEqual([three?.ppb, three?.uncertaintyPpb], [30_175, 425])
    const lucky = agreedRate([word('a', 'a', 0, 100), word('b', 'b', 190, 100), word('c', 'c', 95, 10)])
    assert.deepEqual([lucky?.ppb, lucky?.uncertaintyPpb], [95, 10])
  })

  it('is deaf to a sharp liar among three domains', () => {
    const right = [word('b', 'caesium', 30_000, 210), word('c', 'ptp', 30_100, 300)]
    for (const lie of [50_000, 29_850]) {
      const rate = agreedRate([word('liar', 'gnss', lie, 1), ...right])
      assert.ok(rate !== undefined && Math.abs(rate.ppb - 30_100) <= rate.uncertaintyPpb, `${lie}`)
    }
  })

  it('says nothing of two domains, or two sources of one, that contradict each other, nor of none', () => {
    assert.equal(agreedRate([word('a', 'gnss', 0, 10), word('b', 'caesium', 100, 10)]), undefined)
    assert.equal(agreedRate([word('a', 'gnss', 0, 10), word('b', 'gnss', 100, 10)]), undefined)
    assert.equal(agreedRate([]), undefined)
  })

  it('waits for more than half of the domains, so that the first to know does not decide', () => {
    const unknowing = ['b', 'c'].map((name) => ({ name, domain: name, rate: undefined }))
    const [second, third] = [word('b', 'b', 5, 250), word('c', 'c', 9, 250)]
    assert.equal(agreedRate([word('a', 'a', 0, 250), ...unknowing]), undefined)
    assert.equal(agreedRate([word('a', 'a', 0, 250), ...unknowing.slice(1)]), undefined)
    assert.notEqual(agreedRate([second, third, { name: 'a', domain: 'a', rate: undefined }]), undefined)
    assert.notEqual(agreedRate([second, { name: 'b1', domain: 'b', rate: undefined }]), undefined)
  })

  it('is honest while fewer than half of the domains lie, in any order', () => {
    const truth = fc.double({ min: -50_000, max: 50_000, noNaN: true })
    const error = fc.double({ min: -1, max: 1, noNaN: true })
    const sharpness = fc.double({ min: 1, max: 5_000, noNaN: true })
    fc.assert(
      fc.property(
        truth,
        fc.array(fc.tuple(error, sharpness), { minLength: 3, maxLength: 5 }),
        fc.array(fc.tuple(error, sharpness, sharpness), { maxLength: 2 }),
        (truePpb, honest, liars) => {
          const words = [
            ...liars.map(([off, far, sharp], index) => word(`l${index}`, `l${index}`, truePpb + 2 * off * far, sharp)),
            ...honest.map(([off, sharp], index) => word(`h${index}`, `h${index}`, truePpb + off * sharp, sharp)),
          ]
          const rate = agreedRate(words)
          assert.ok(rate !== undefined)
          assert.deepEqual(agreedRate([...words].reverse()), rate)
          assert.ok(Math.abs(rate.ppb - truePpb) <= rate.uncertaintyPpb + 0.01)
        },
      ),
    )
  })
})
