import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lineAt, maskSource } from './mask-source.ts'
import { codeFiles, ROOT } from './project-files.ts'

/** Each input, and what must be left of it: blanks for everything that is not code. */
const CASES: readonly (readonly [name: string, text: string, code: string])[] = [
  ['a line comment', 'a // b\nc', 'a     \nc'],
  ['a block comment over two lines', 'a /* b\n*/ c', 'a     \n   c'],
  ['a string with an escaped quote', "a('b\\'c')", "a('    ')"],
  ['a comment sign in a string', "a('//b')", "a('   ')"],
  ['a quote in a comment', "a // don't\nb", 'a         \nb'],
  ['a template with code inside', '`a ${b} c`', '`   {b}  `'],
  ['a template within a template', '`${a ? `x${b}` : {c: 1}}y`', '` {a ? `  {b}` : {c: 1}} `'],
  ['an escaped substitution', '`\\${a}`', '`     `'],
  ['a regular expression with a quote', "a = /'[/]\\//g.test(b)", 'a =          .test(b)'],
  ['a division', "a / b / c // 'd'", 'a / b / c       '],
  ['a regular expression after return', "return /'/", 'return    '],
  ['a division after a call', "f(a) / 2 + g('/')", "f(a) / 2 + g(' ')"],
]

for (const [name, text, code] of CASES) {
  test(`the scanner understands ${name}`, () => {
    assert.equal(maskSource(text).code, code)
  })
}

test('the scanner reports where comments and literals stand', () => {
  const text = "a('b') // c"
  const { comments, literals } = maskSource(text)
  assert.deepEqual(
    comments.map(({ start, end }) => text.slice(start, end)),
    ['// c'],
  )
  assert.deepEqual(
    literals.map(({ start, end }) => text.slice(start, end)),
    ["'b'"],
  )
})

test('a line number counts the line ends before a position', () => {
  assert.deepEqual([lineAt('a\nb\nc', 0), lineAt('a\nb\nc', 2), lineAt('a\nb\nc', 4)], [1, 2, 3])
})

test('brackets balance in every file of the project once literals are blanked', (t) => {
  const pairs = new Map([
    [')', '('],
    [']', '['],
    ['}', '{'],
  ])
  const files = codeFiles(ROOT)
  for (const file of files) {
    const open: string[] = []
    for (const [bracket] of maskSource(readFileSync(join(ROOT, file), 'utf8')).code.matchAll(/[()[\]{}]/g)) {
      const opening = pairs.get(bracket)
      if (opening === undefined) open.push(bracket)
      else assert.equal(open.pop(), opening, `${file}: the scanner lost its way before a ${bracket}`)
    }
    assert.deepEqual(open, [], file)
  }
  assert.ok(files.length > 0)
  t.diagnostic(`${files.length} files scanned`)
})
