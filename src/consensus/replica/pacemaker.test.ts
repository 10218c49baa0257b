import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPacemaker, type Pacemaker } from './pacemaker.ts'

const MS = 1_000_000n
const BASE = 50n * MS
const CAP = 2_000n * MS

function nullify(pacemaker: Pacemaker, ...leaders: readonly number[]): void {
  for (const leader of leaders) pacemaker.viewNullified(leader)
}

test('Δ starts at its base and stays there while views are finalized', () => {
  const pacemaker = createPacemaker(1)
  assert.equal(pacemaker.deltaNs(), BASE)
  for (let turn = 0; turn < 100; turn++) pacemaker.viewFinalized(turn % 4)
  assert.equal(pacemaker.deltaNs(), BASE)
})

test('one dead member of four never lengthens Δ, however often it should lead', () => {
  const pacemaker = createPacemaker(1)
  for (let turn = 0; turn < 100; turn++) {
    nullify(pacemaker, 3)
    for (const leader of [0, 1, 2]) pacemaker.viewFinalized(leader)
    assert.equal(pacemaker.deltaNs(), BASE)
  }
})

test('Δ doubles with every nullified view while more than f members have failed in turn, up to its cap', () => {
  const pacemaker = createPacemaker(1)
  nullify(pacemaker, 3)
  assert.equal(pacemaker.deltaNs(), BASE)
  nullify(pacemaker, 0)
  assert.equal(pacemaker.deltaNs(), 2n * BASE)
  nullify(pacemaker, 1)
  assert.equal(pacemaker.deltaNs(), 4n * BASE)
  nullify(pacemaker, 2, 3, 0, 1, 2, 3)
  assert.equal(pacemaker.deltaNs(), CAP)
})

test('where nobody may fail, the first nullified view doubles Δ', () => {
  const pacemaker = createPacemaker(0)
  nullify(pacemaker, 0)
  assert.equal(pacemaker.deltaNs(), 2n * BASE)
})

test('a member that leads a view to its end has not failed any more', () => {
  const pacemaker = createPacemaker(1)
  nullify(pacemaker, 0)
  pacemaker.viewFinalized(0)
  nullify(pacemaker, 3)
  assert.equal(pacemaker.deltaNs(), BASE)
})

test('Δ decays by an eighth per finalization, down to its base', () => {
  const pacemaker = createPacemaker(0)
  nullify(pacemaker, 0, 0)
  assert.equal(pacemaker.deltaNs(), 200n * MS)
  pacemaker.viewFinalized(0)
  assert.equal(pacemaker.deltaNs(), 175n * MS)
  for (let turn = 0; turn < 40; turn++) pacemaker.viewFinalized(0)
  assert.equal(pacemaker.deltaNs(), BASE)
})

test('Δ is never below twice the time to receive and verify, as far as an epoch allows', () => {
  const pacemaker = createPacemaker(0)
  pacemaker.setReceiveP99(40n * MS)
  assert.equal(pacemaker.deltaNs(), 80n * MS)
  nullify(pacemaker, 0)
  assert.equal(pacemaker.deltaNs(), 160n * MS)
  pacemaker.setReceiveP99(5_000n * MS)
  assert.equal(pacemaker.deltaNs(), 160n * MS, 'what doubling has raised stays')
  assert.equal(longestFloor(), 125n * MS)
})

test('what is repeated is repeated after Δ, but no later than after half a second', () => {
  const pacemaker = createPacemaker(0)
  assert.equal(pacemaker.retryNs(), BASE)
  nullify(pacemaker, 0, 0, 0)
  assert.equal(pacemaker.retryNs(), 400n * MS)
  nullify(pacemaker, 0, 0, 0)
  assert.deepEqual([pacemaker.deltaNs(), pacemaker.retryNs()], [CAP, 500n * MS])
})

function longestFloor(): bigint {
  const pacemaker = createPacemaker(0)
  pacemaker.setReceiveP99(5_000n * MS)
  return pacemaker.deltaNs()
}
