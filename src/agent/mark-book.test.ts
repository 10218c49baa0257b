import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs } from '../core/time.ts'
import { createMarkBook, type Mark } from './mark-book.ts'

function mark(epoch: number): Mark {
  return {
    epoch,
    monoNs: monoNs(BigInt(epoch)),
    ratePpb: 0n,
    measurement: {} as Mark['measurement'],
    served: undefined,
  }
}

test('the last 32 epochs have their marks, also when some were left out', () => {
  const book = createMarkBook()
  for (let epoch = 1; epoch <= 40; epoch++) book.add(mark(epoch))
  assert.equal(book.find(8), undefined)
  assert.equal(book.find(9)?.epoch, 9)
  assert.equal(book.find(41), undefined)
  book.add(mark(70))
  assert.equal(book.find(38), undefined)
  assert.equal(book.find(39)?.epoch, 39)
  assert.equal(book.find(70)?.monoNs, 70n)
})
