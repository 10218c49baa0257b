import assert from 'node:assert/strict'
import { test } from 'node:test'
import { remembered } from './remembered.ts'

test('computes once for each value, told apart by identity', () => {
  let computed = 0
  const doubled = remembered(({ n }: { readonly n: number }) => {
    computed += 1
    return { twice: 2 * n }
  })
  const [one, two] = [{ n: 1 }, { n: 1 }]
  assert.deepEqual([doubled(one), doubled(two), doubled(one)], [{ twice: 2 }, { twice: 2 }, { twice: 2 }])
  assert.equal(computed, 2)
  assert.equal(doubled(one), doubled(one))
})

test('does not compute what it was told', () => {
  const doubled = remembered((): { readonly twice: number } => assert.fail('expected nothing to be computed'))
  const three = { n: 3 }
  doubled.tell(three, { twice: 6 })
  assert.deepEqual(doubled(three), { twice: 6 })
})
