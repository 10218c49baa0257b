import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkCddl } from './cddl-check.ts'
import { parseCddl } from './cddl-grammar.ts'
import { type Item, writeCbor } from './strict-cbor.ts'

describe('the CDDL checker', () => {
  const planted = parseCddl(`
    thing = [id: 0..9, pair, tail: [1*2 tstr .regexp "[a-c]{1,2}"]]
    pair = (left: bstr .size 2, right: bstr .size (0..1) / null)
    boxed = [bstr .cbor small]
    small = -1 / "x"
  `)
  const good: readonly Item[] = [9n, Uint8Array.of(1, 2), null, ['ab']]

  it('accepts what is described', () => {
    assert.equal(checkCddl(planted, 'thing', good), undefined)
    assert.equal(checkCddl(planted, 'thing', good.with(2, Uint8Array.of(1))), undefined)
    assert.equal(checkCddl(planted, 'boxed', [writeCbor(-1n)]), undefined)
    assert.equal(checkCddl(planted, 'boxed', [writeCbor('x')]), undefined)
  })

  for (const [what, item, problem] of [
    ['an integer below its range', good.with(0, -1n), /^thing\.id: expected 0\.\.9, got -1$/],
    ['an integer above its range', good.with(0, 10n), /^thing\.id/],
    ['text for an integer', good.with(0, '9'), /^thing\.id/],
    ['bytes of another length', good.with(1, new Uint8Array(3)), /^thing\.left: expected 2 bytes, got 3 bytes$/],
    ['bytes above their range of lengths', good.with(2, new Uint8Array(2)), /^thing\.right/],
    ['a boolean for a null', good.with(2, false), /^thing\.right/],
    ['text of other characters', good.with(3, ['d']), /^thing\.tail\.0/],
    ['text that is too long', good.with(3, ['aaa']), /^thing\.tail\.0/],
    ['an array below its occurrences', good.with(3, []), /expected 1 to 2 elements, got 0/],
    ['an array above its occurrences', good.with(3, ['a', 'a', 'a']), /expected 1 to 2 elements, got 3/],
    ['an element too few', good.slice(0, 3), /expected an element, got none/],
    ['an element too many', [...good, 0n], /expected 4 elements, got 5/],
    ['no array', 0n, /expected an array/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.match(checkCddl(planted, 'thing', item) ?? 'accepted', problem)
    })
  }

  it('opens strings that hold CBOR', () => {
    assert.match(checkCddl(planted, 'boxed', [writeCbor(0n)]) ?? 'accepted', /expected -1, got 0 or .* expected x/)
    assert.match(checkCddl(planted, 'boxed', [Uint8Array.of(0x18, 0x01)]) ?? 'accepted', /expected CBOR/)
    assert.match(checkCddl(planted, 'boxed', [0n]) ?? 'accepted', /expected bstr/)
  })

  it('throws on what it does not know, rather than let it pass', () => {
    for (const text of [
      'a = {x: 1}',
      'a = b<int>',
      'a = bstr .gt 3',
      'a = [* int]',
      'a = [? int]',
      'a = (1..2',
      'a = 1 a = 2',
      'a = "\\n"',
      'a = 0...3',
      'a /= 1',
    ]) {
      assert.throws(() => parseCddl(text), SyntaxError, text)
    }
    assert.throws(() => checkCddl(parseCddl('a = b'), 'a', 0n), /b: expected a type of that name/)
    assert.throws(() => checkCddl(parseCddl('a = bool .size 3'), 'a', true), /where it has a meaning/)
  })
})
