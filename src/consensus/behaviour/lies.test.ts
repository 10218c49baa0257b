import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watch } from '../../../test/support/behaviour-watch.ts'
import type { Lies } from '../../../test/support/behaviour-world.ts'

/** From which epoch on the lies are told: the records are learnt by then. */
const FROM = 400
const LIAR = 3

function since(epoch: number, value: number): number {
  return epoch >= FROM ? value : 0
}

/** A clock that walks away from `FROM` on. */
function drifting(rates: Readonly<Record<number, number>>): Lies {
  return { clockNs: (member, epoch) => Math.max(0, epoch - FROM) * (rates[member] ?? 0) }
}

for (const n of [4, 7, 10]) {
  test(`n = ${n}: a clock that is wrong by 5 ms deviates at once`, () => {
    const lies: Lies = { clockNs: (member, epoch) => (member === LIAR ? since(epoch, 5_000_000) : 0) }
    const watched = watch({ n, seed: 1, epochs: FROM + 20, lies })
    assert.equal(watched.first('deviation', LIAR), FROM)
    assert.deepEqual(watched.suspected, [`bias ${LIAR}`, `deviation ${LIAR}`])
  })

  test(`n = ${n}: a clock that walks 20 ns a second is caught while its interval still meets every region`, () => {
    const watched = watch({ n, seed: 2, epochs: FROM + 800, lies: drifting({ [LIAR]: 20 }) })
    const caught = watched.first('bias', LIAR) ?? 0
    assert.ok(caught > FROM && caught < FROM + 500)
    assert.deepEqual(watched.suspected, [`bias ${LIAR}`])
    assert.deepEqual(watched.outliers, [])
  })

  test(`n = ${n}: a row that is wrong about everybody is named, about one only reported`, () => {
    const everybody: Lies = { rowNs: (member, _peer, epoch) => (member === LIAR ? since(epoch, 10_000_000) : 0) }
    assert.equal(watch({ n, seed: 3, epochs: FROM + 20, lies: everybody }).first('pair', LIAR), FROM)
    const one: Lies = { rowNs: (member, peer, epoch) => (member === LIAR && peer === 0 ? since(epoch, 10_000_000) : 0) }
    const watched = watch({ n, seed: 3, epochs: FROM + 20, lies: one })
    assert.deepEqual(watched.suspected, [])
    assert.ok(watched.inconsistencies.some((members) => members.join() === `0,${LIAR}`))
  })

  test(`n = ${n}: a bound that becomes 150 times that of the others while locked is inflated`, () => {
    const lies: Lies = { boundNs: (member, epoch) => (member === LIAR && epoch >= FROM ? 30_000 : undefined) }
    const watched = watch({ n, seed: 4, epochs: FROM + 20, lies })
    assert.deepEqual(watched.suspected, [`inflation ${LIAR}`])
    assert.equal(watched.first('inflation', LIAR), FROM + 4)
  })

  test(`n = ${n}: whoever holds back all packets to it for eight epochs is suspected of delay`, () => {
    const lies: Lies = { heldNs: (member, _observer, epoch) => (member === LIAR ? since(epoch, 30_000_000) : 0) }
    const watched = watch({ n, seed: 5, epochs: FROM + 20, lies })
    assert.deepEqual(watched.suspected, [`delay ${LIAR}`])
    assert.equal(watched.first('delay', LIAR), FROM + 7)
  })
}

/**
 * One clock for the lower half, another for the rest; its own row tells each the same, so that no pair contradicts
 * itself.
 */
function twoFaces(n: number): Lies {
  const shown = (observer: number, epoch: number): number => (observer < n / 2 ? since(epoch, 8_000_000) : 0)
  return {
    shownNs: (member, observer, epoch) => (member === LIAR ? shown(observer, epoch) : 0),
    rowNs: (member, peer, epoch) => (member === LIAR ? -shown(peer, epoch) : 0),
  }
}

test('two faces are named where f + 1 others see the one and f + 1 the other', () => {
  for (const n of [7, 10]) {
    const watched = watch({ n, seed: 6, epochs: FROM + 20, lies: twoFaces(n) })
    assert.equal(watched.first('two-faced', LIAR), FROM)
    assert.ok(watched.suspected.every((suspicion) => suspicion.endsWith(`${LIAR}`)))
  }
})

test('with four members two faces are a triangle that is reported, and nobody is named for it', () => {
  const watched = watch({ n: 4, seed: 6, epochs: FROM + 20, lies: twoFaces(4) })
  assert.ok(watched.inconsistencies.some((members) => members.length === 3 && members.includes(LIAR)))
  assert.equal(watched.first('two-faced', LIAR), undefined)
  assert.equal(watched.first('pair', LIAR), undefined)
})

test('two that walk together are seen to; two that walk apart are not', () => {
  const together = watch({ n: 7, seed: 7, epochs: FROM + 800, lies: drifting({ 2: 20, 5: 20 }) })
  assert.deepEqual(together.suspected, ['bias 2', 'bias 5', 'coordination 2', 'coordination 5'])
  const apart = watch({ n: 7, seed: 7, epochs: FROM + 800, lies: drifting({ 2: 20, 5: -20 }) })
  assert.deepEqual(apart.suspected, ['bias 2', 'bias 5'])
})
