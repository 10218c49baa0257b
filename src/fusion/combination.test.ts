import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvariantError } from '../core/assert.ts'
import { abs } from '../core/integer.ts'
import { contains, interval } from '../core/interval.ts'
import { taiNs } from '../core/time.ts'
import { combine, type WeighedWord } from './combination.ts'

const FAR = interval(-(1n << 62n), 1n << 62n)

function word(tai: bigint, boundNs = 100n, authorityMilli = 1_000n): WeighedWord {
  return { taiNs: taiNs(tai), boundNs, authorityMilli }
}

const anyWord = fc
  .tuple(
    fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }),
    fc.bigInt({ min: 0n, max: 10n ** 8n }),
    fc.bigInt({ min: 1n, max: 1_000n }),
  )
  .map(([offset, boundNs, authority]) => word(1_760_000_000_000_000_000n + offset, boundNs, authority))

describe('the combination of selected sources', () => {
  it('is the mean of equals, rounded down', () => {
    assert.equal(combine([word(-1n), word(-2n)], FAR).taiNs, -2n)
    assert.equal(combine([word(10n), word(30n)], FAR).taiNs, 20n)
  })

  it('weighs a source by its authority, and by how narrow its bound is', () => {
    assert.equal(combine([word(0n, 100n, 900n), word(1_000n, 100n, 100n)], FAR).taiNs, 100n)
    assert.equal(combine([word(0n, 100n), word(1_000n, 400n)], FAR).taiNs, 200n)
  })

  it('takes a bound of 0 and one beyond all weight for what they are', () => {
    assert.equal(combine([word(0n, 0n), word(1_000_000n, 10n ** 18n)], FAR).taiNs, 0n)
    assert.equal(combine([word(5n, 10n ** 18n), word(15n, 10n ** 18n)], FAR).taiNs, 10n)
  })

  it('stays in the agreed interval, and its bound covers the whole of it', () => {
    assert.deepEqual(combine([word(500n)], interval(-30n, 10n)), {
      taiNs: 10n,
      boundNs: 40n,
      interval: interval(-30n, 10n),
    })
    fc.assert(
      fc.property(
        fc.array(anyWord, { minLength: 1, maxLength: 6 }),
        fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }),
        fc.bigInt({ min: 0n, max: 10n ** 9n }),
        (words, offset, widthNs) => {
          const lo = 1_760_000_000_000_000_000n + offset
          const within = interval(lo, lo + widthNs)
          const combined = combine(words, within)
          assert.ok(contains(within, combined.taiNs))
          for (const end of [within.lo, within.hi]) assert.ok(abs(end - combined.taiNs) <= combined.boundNs)
          assert.ok(combined.boundNs <= widthNs)
        },
      ),
    )
  })

  it('lies between the words and does not depend on their order', () => {
    fc.assert(
      fc.property(
        fc
          .array(anyWord, { minLength: 1, maxLength: 6 })
          .chain((words) => fc.tuple(fc.constant(words), fc.shuffledSubarray(words, { minLength: words.length }))),
        ([words, shuffled]) => {
          const { taiNs: mean } = combine(words, FAR)
          assert.equal(combine(shuffled, FAR).taiNs, mean)
          assert.ok(words.some((each) => each.taiNs <= mean) && words.some((each) => each.taiNs >= mean))
        },
      ),
    )
  })

  it('dies of no source at all: whoever selected none has nothing to combine', () => {
    assert.throws(() => combine([], FAR), InvariantError)
  })
})
